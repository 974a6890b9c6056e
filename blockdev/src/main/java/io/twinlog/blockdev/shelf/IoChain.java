package io.twinlog.blockdev.shelf;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * A sequence of raw operations on one shelf, carried out strictly one after the other; the first
 * failure ends it. A chain is submitted once. Two chains under way are not ordered with respect to
 * each other.
 *
 * <p>Ownership: the buffers belong to the shelf from submission until the outcome is reported, and
 * their positions and limits do not move (one buffer may be on its way to two shelves at once);
 * they are direct, and for a file shelf aligned to 4096 bytes in address, offset and length (slot
 * records: to the shelf's sector size).
 */
public final class IoChain {

  /** Which queue of the shelf: a slot read must not wait behind a long append. */
  public enum Lane {
    /** View slots and other single-sector records. */
    SLOT,
    /** Log appends. */
    LOG,
    /** Checkpoint writes and reads of the data area and the rings. */
    DATA
  }

  /** Told the outcome on the owner's event loop. */
  @FunctionalInterface
  public interface Completion {
    /** {@code error} is null when every step was carried out. */
    void done(IOException error);
  }

  /** One operation. */
  public sealed interface Step permits Write, Read, Sync {}

  /** Writes the buffer's remaining bytes at the offset; may be torn at any sector by a crash. */
  public record Write(long offsetBytes, ByteBuffer data) implements Step {}

  /** Fills the buffer's remaining space from the offset. */
  public record Read(long offsetBytes, ByteBuffer into) implements Step {}

  /**
   * Every write of this lane that completed before this step is durable when it is done, and what
   * the lane has read since its last Sync is, whoever wrote it. When it fails, every write of the
   * lane since its last Sync that succeeded may be gone, though it can still be read; a later Sync
   * does not cover them, so whoever needs them writes them again.
   */
  public record Sync() implements Step {}

  private final String name;
  private final Lane lane;
  private final Completion completion;
  private final List<Step> steps = new ArrayList<>(4);

  /** {@code name} says what it is for, in error messages and traces. */
  public IoChain(String name, Lane lane, Completion completion) {
    this.name = name;
    this.lane = lane;
    this.completion = completion;
  }

  public IoChain write(long offsetBytes, ByteBuffer data) {
    steps.add(new Write(offsetBytes, data));
    return this;
  }

  public IoChain read(long offsetBytes, ByteBuffer into) {
    steps.add(new Read(offsetBytes, into));
    return this;
  }

  public IoChain sync() {
    steps.add(new Sync());
    return this;
  }

  public String name() {
    return name;
  }

  public Lane lane() {
    return lane;
  }

  public List<Step> steps() {
    return steps;
  }

  /** Reports the outcome; called by the owner's event loop only. */
  public void complete(IOException error) {
    completion.done(error);
  }
}
