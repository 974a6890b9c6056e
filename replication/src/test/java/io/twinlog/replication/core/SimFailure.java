package io.twinlog.replication.core;

/** The simulator has seen the promise broken. */
final class SimFailure extends RuntimeException {
  private static final long serialVersionUID = 1;

  SimFailure(String what) {
    super(what);
  }
}
