package io.twinlog.appliance.admin;

import java.nio.file.Path;

/** What both ends of the administration socket agree on; see {@code admin.proto}. */
public final class AdminWire {

  /** Bytes of the length before each message: unsigned, 32 bits, big-endian. */
  public static final int LENGTH_BYTES = 4;

  /** Largest request: a few names and numbers. */
  public static final int MAX_REQUEST_BYTES = 4 * 1024;

  /** Largest reply: the status of a node with many resources. */
  public static final int MAX_REPLY_BYTES = 1024 * 1024;

  private static final String SOCKET = "admin.sock";

  private AdminWire() {}

  /** Where the node that runs in {@code runDir} listens. */
  public static Path socket(Path runDir) {
    return runDir.resolve(SOCKET);
  }
}
