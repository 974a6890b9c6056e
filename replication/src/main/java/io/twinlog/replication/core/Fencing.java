package io.twinlog.replication.core;

/**
 * How a node that has taken over is guarded against what the one before it may still write.
 *
 * @param reserve whether shelves are reserved ({@code fencing = reserve}); else masked blocks in
 *     the log guard alone
 * @param kept shelves, as bits, that keep their reservation over their own restart and power loss
 */
public record Fencing(boolean reserve, int kept) {

  /** Masked blocks guard alone. */
  public static final Fencing MASKS = new Fencing(false, 0);

  boolean isKept(int shelf) {
    return (kept & 1 << shelf) != 0;
  }

  /** As the configuration says it; both nodes must say the same. */
  @Override
  public String toString() {
    return reserve ? "reserve, kept by shelves " + Integer.toBinaryString(kept) : "masks";
  }
}
