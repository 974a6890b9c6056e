package io.twinlog.appliance.cli;

/** An option without a value. */
enum Flag {
  FORCE("--force"),
  ACCEPT_LOSS("--accept-loss"),
  JSON("--json"),
  WATCH("--watch"),
  FOLLOW("--follow"),
  ONCE("--once"),
  PAUSE("--pause"),
  RESUME("--resume"),
  BACKING("--backing"),
  STOP("--stop"),
  NO_MLOCK("--no-mlock");

  final String word;

  Flag(String word) {
    this.word = word;
  }
}
