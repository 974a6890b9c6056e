package io.twinlog.blockdev.log;

import java.io.IOException;

/** A shelf that is not used, or not formatted; the message says why and what to do. */
public final class BackingRefusedException extends IOException {

  private static final long serialVersionUID = 1;

  /** The kinds of refusal. */
  public enum Reason {
    /** Zeros where the superblocks should be. */
    BLANK,
    /** Something else than a backing of Twinlog. */
    FOREIGN,
    /** A superblock that is damaged, or whose copy is. */
    DAMAGED,
    /** Formatted when the shelf was larger. */
    TRUNCATED,
    /** Formatted when the shelf was smaller. */
    GROWN,
    /** Of a format that a later version introduced. */
    NEWER_FORMAT,
    /** Of another resource. */
    OTHER_RESOURCE,
    /** Of a device of another size. */
    OTHER_SIZE,
    /** Of other nodes, or of these in another order. */
    OTHER_NODES,
    /** Another of several shelves, or of another number of them. */
    OTHER_SHELF,
    /** Sectors larger than the records are spaced. */
    OTHER_SECTORS,
    /** Not to be formatted, because it holds something. */
    IN_USE,
    /** Not to be formatted, because it is too small. */
    TOO_SMALL
  }

  private final Reason reason;

  BackingRefusedException(Reason reason, String message) {
    super(message);
    this.reason = reason;
  }

  public Reason reason() {
    return reason;
  }
}
