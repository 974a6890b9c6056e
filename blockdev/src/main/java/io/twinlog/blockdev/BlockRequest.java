package io.twinlog.blockdev;

import io.netty.buffer.ByteBuf;

/**
 * One client request on its way through a device. A front end (NBD, AoE) subclasses it to carry
 * what its reply needs; the device calls exactly one of {@link #completed}, {@link #failed} and
 * {@link #dropped}, once, on the device's event loop, and keeps no reference to the request after
 * that.
 *
 * <p>Ownership: the request owns one reference of its payload from construction until the device
 * calls {@link #releasePayload}, which it does before the outcome is reported.
 */
public abstract class BlockRequest {

  /** What is asked. */
  public enum Command {
    /** Give the bytes of the range. */
    READ,
    /** Replace the bytes of the range by the payload. */
    WRITE,
    /** Make the range read as zeros. */
    WRITE_ZEROES,
    /** The client needs the range no longer; it reads as zeros from then on. */
    TRIM,
    /**
     * Everything completed before is to be as safe as the resource's {@code flush} setting says.
     */
    FLUSH;

    /** Whether this command changes the content of the device. */
    public boolean isWrite() {
      return this == WRITE || this == WRITE_ZEROES || this == TRIM;
    }
  }

  private Command command;
  private long offsetBytes;
  private long lengthBytes;
  private boolean forceUnitAccess;
  private ByteBuf payload;

  /**
   * Makes a request; the front end has checked the range against the size of the device.
   *
   * @param offsetBytes 0 for FLUSH
   * @param lengthBytes up to 32 MiB, 0 for FLUSH; a front end cuts what is longer into parts
   * @param forceUnitAccess NBD's FUA flag
   * @param payload exactly {@code lengthBytes} readable bytes for WRITE (ownership passes to the
   *     request), null for every other command
   */
  protected BlockRequest(
      Command command,
      long offsetBytes,
      long lengthBytes,
      boolean forceUnitAccess,
      ByteBuf payload) {
    reuse(command, offsetBytes, lengthBytes, forceUnitAccess, payload);
  }

  /** Makes an object for {@link #reuse}. */
  protected BlockRequest() {}

  /**
   * Makes this object the next request, so that a front end need not make a new one each time; the
   * parameters are the constructor's. Only once the outcome of the request before was reported.
   */
  protected final void reuse(
      Command command,
      long offsetBytes,
      long lengthBytes,
      boolean forceUnitAccess,
      ByteBuf payload) {
    this.command = command;
    this.offsetBytes = offsetBytes;
    this.lengthBytes = lengthBytes;
    this.forceUnitAccess = forceUnitAccess;
    this.payload = payload;
  }

  public final Command command() {
    return command;
  }

  public final long offsetBytes() {
    return offsetBytes;
  }

  public final long lengthBytes() {
    return lengthBytes;
  }

  public final boolean forceUnitAccess() {
    return forceUnitAccess;
  }

  /** The bytes of a WRITE; null otherwise, and after {@link #releasePayload}. */
  public final ByteBuf payload() {
    return payload;
  }

  /** Gives the payload back; idempotent. */
  public final void releasePayload() {
    if (payload != null) {
      payload.release();
      payload = null;
    }
  }

  /**
   * The request took effect.
   *
   * @param ram the device's content; a READ copies its range out of it before it returns and keeps
   *     no reference
   */
  public abstract void completed(RamDevice ram);

  /** The request was refused or cannot be done; it has had and will have no effect. */
  public abstract void failed(BlockError error);

  /**
   * The device gives the request up without an answer because this node leaves the primary role: a
   * write may or may not have happened. The front end closes the client's connection and never
   * replies.
   */
  public abstract void dropped();
}
