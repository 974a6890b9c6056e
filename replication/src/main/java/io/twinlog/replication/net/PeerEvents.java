package io.twinlog.replication.net;

import io.netty.buffer.ByteBuf;
import io.twinlog.blockdev.BlockRequest.Command;
import io.twinlog.replication.core.PeerControl;
import io.twinlog.replication.core.PeerHello;
import io.twinlog.replication.core.PeerOut;

/** What the peer link needs of a replica; see {@link io.twinlog.replication.core.Replica}. */
interface PeerEvents {

  boolean wantsLink();

  PeerHello hello();

  void linkUp(PeerOut out, PeerHello peer);

  void linkDown(PeerOut out, String reason);

  /** {@code payload} stays the caller's. */
  void write(
      PeerOut from,
      long view,
      long number,
      Command command,
      long offset,
      long length,
      ByteBuf payload);

  /** {@code dataOrNull} stays the caller's. */
  void blocks(PeerOut from, long view, long offset, long length, ByteBuf dataOrNull);

  /** {@code digests} stays the caller's. */
  void digests(PeerOut from, long view, long offset, ByteBuf digests);

  void barrier(PeerOut from, long view);

  void confirm(PeerOut from, long view, long number, long received);

  void heartbeat(PeerOut from);

  void control(PeerOut from, PeerControl message);
}
