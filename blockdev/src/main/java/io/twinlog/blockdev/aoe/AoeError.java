package io.twinlog.blockdev.aoe;

/** Why a request was refused; the error byte of a response whose error flag is set. */
enum AoeError {
  BAD_COMMAND(1, "unrecognized command code"),
  BAD_ARGUMENT(2, "bad argument parameter"),
  DEVICE_UNAVAILABLE(3, "device unavailable"),
  CONFIG_STRING_PRESENT(4, "a config string is set already"),
  BAD_VERSION(5, "unsupported version"),
  RESERVED(6, "the target is reserved for others, such as a node that has taken over"),
  /** Any code that AoEr11 does not name. */
  UNKNOWN(0xff, "an error code that AoE does not define");

  private static final AoeError[] BY_CODE = {
    UNKNOWN,
    BAD_COMMAND,
    BAD_ARGUMENT,
    DEVICE_UNAVAILABLE,
    CONFIG_STRING_PRESENT,
    BAD_VERSION,
    RESERVED
  };

  private final int code;
  private final String text;

  AoeError(int code, String text) {
    this.code = code;
    this.text = text;
  }

  static AoeError of(int code) {
    return code < BY_CODE.length ? BY_CODE[code] : UNKNOWN;
  }

  int code() {
    return code;
  }

  /** For the operator. */
  String text() {
    return text;
  }
}
