package io.twinlog.replication.core;

import io.netty.buffer.ByteBuf;
import io.twinlog.blockdev.BlockRequest.Command;

/**
 * One established connection to the peer, as the core sends on it. Frames arrive in order, whole
 * and checked, or the connection ends. Called on the resource's event loop; nothing blocks; what is
 * sent leaves at the latest at the end of the loop's turn.
 *
 * <p>WRITE, BARRIER, BLOCKS and DIGESTS frames are counted by both sides from 1 on each connection;
 * {@link #confirm} carries the receiver's count.
 */
public interface PeerOut {

  /**
   * A client's write.
   *
   * @param payload the bytes of a WRITE, null for WRITE_ZEROES and TRIM; the callee retains what it
   *     needs beyond the call and moves no index
   */
  void write(long view, long number, Command command, long offset, long length, ByteBuf payload);

  /**
   * Content of a range in a resync, or of one found to differ, as of the last write sent before it.
   *
   * @param data {@code length} bytes, ownership passes; null when the range is all zeros
   */
  void blocks(long view, long offset, long length, ByteBuf data);

  /**
   * What blocks of a resync are, as of the last write sent before: the receiver may have them from
   * elsewhere. Sent only to one that has said that it takes them ({@link PeerControl.SyncReady}).
   *
   * @param offset of the first of them
   * @param digests 16 bytes for each of them, 64 at most; ownership passes
   */
  void digests(long view, long offset, ByteBuf digests);

  /** Asks for a confirmation of everything sent so far. */
  void barrier(long view);

  /**
   * Cumulative confirmation.
   *
   * @param view the sender's view; a receiver in another view ignores {@code number}
   * @param number last contiguous write number applied
   * @param received how many counted frames of this connection have been taken in
   */
  void confirm(long view, long number, long received);

  /** Says that the sender is alive. */
  void heartbeat();

  void control(PeerControl message);

  /** Bytes accepted for sending and not yet given to the kernel. */
  long queuedBytes();

  /** Ends the connection; the core hears {@code linkDown} for it no more. */
  void close(String reason);
}
