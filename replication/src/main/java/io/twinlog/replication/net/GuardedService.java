package io.twinlog.replication.net;

import io.twinlog.blockdev.BlockError;
import io.twinlog.blockdev.BlockRequest;
import io.twinlog.blockdev.BlockService;

/** A device whose failure is not only its client's: what it throws stops the node. */
final class GuardedService implements BlockService {

  private final BlockService device;
  private final Turns turns;

  GuardedService(BlockService device, Turns turns) {
    this.device = device;
    this.turns = turns;
  }

  @Override
  public String name() {
    return device.name();
  }

  @Override
  public long sizeBytes() {
    return device.sizeBytes();
  }

  @Override
  public boolean isPrimary() {
    return !turns.isOver() && device.isPrimary();
  }

  @Override
  public String refusal() {
    return turns.isOver() ? "resource " + name() + " is stopped on this node" : device.refusal();
  }

  @Override
  public void submit(BlockRequest request) {
    if (turns.isOver()) {
      request.releasePayload();
      request.failed(BlockError.SHUTDOWN);
      return;
    }
    try {
      device.submit(request);
    } catch (RuntimeException | Error e) {
      turns.replicaFailed(e);
    }
  }

  @Override
  public void addListener(ClientListener listener) {
    device.addListener(listener);
  }

  @Override
  public void removeListener(ClientListener listener) {
    device.removeListener(listener);
  }
}
