package io.twinlog.replication.net;

import io.netty.buffer.ByteBuf;
import io.twinlog.blockdev.BlockRequest.Command;
import io.twinlog.replication.core.PeerControl;
import io.twinlog.replication.core.PeerHello;
import io.twinlog.replication.core.PeerOut;
import io.twinlog.replication.core.Replica;

/** Hands what the link hears to the replica. */
final class ReplicaPeerEvents implements PeerEvents {

  private final Replica replica;

  ReplicaPeerEvents(Replica replica) {
    this.replica = replica;
  }

  @Override
  public boolean wantsLink() {
    return replica.wantsLink();
  }

  @Override
  public PeerHello hello() {
    return replica.hello();
  }

  @Override
  public void linkUp(PeerOut out, PeerHello peer) {
    replica.linkUp(out, peer);
  }

  @Override
  public void linkDown(PeerOut out, String reason) {
    replica.linkDown(out, reason);
  }

  @Override
  public void write(
      PeerOut from,
      long view,
      long number,
      Command command,
      long offset,
      long length,
      ByteBuf payload) {
    replica.peerWrite(from, view, number, command, offset, length, payload);
  }

  @Override
  public void blocks(PeerOut from, long view, long offset, long length, ByteBuf dataOrNull) {
    replica.peerBlocks(from, view, offset, length, dataOrNull);
  }

  @Override
  public void digests(PeerOut from, long view, long offset, ByteBuf digests) {
    replica.peerDigests(from, view, offset, digests);
  }

  @Override
  public void barrier(PeerOut from, long view) {
    replica.peerBarrier(from, view);
  }

  @Override
  public void confirm(PeerOut from, long view, long number, long received) {
    replica.peerConfirm(from, view, number, received);
  }

  @Override
  public void heartbeat(PeerOut from) {
    replica.peerHeartbeat(from);
  }

  @Override
  public void control(PeerOut from, PeerControl message) {
    replica.peerControl(from, message);
  }
}
