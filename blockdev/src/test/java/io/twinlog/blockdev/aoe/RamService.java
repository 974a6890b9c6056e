package io.twinlog.blockdev.aoe;

import io.twinlog.blockdev.BlockError;
import io.twinlog.blockdev.BlockRequest;
import io.twinlog.blockdev.BlockService;
import io.twinlog.blockdev.ram.MappedRam;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/** A device in RAM without a peer or a backing, whose role and failures the test decides. */
final class RamService implements BlockService, AutoCloseable {

  final MappedRam ram;
  final List<BlockRequest> seen = new ArrayList<>();
  final ArrayDeque<BlockRequest> held = new ArrayDeque<>();
  volatile boolean primary = true;
  boolean holding;
  BlockError failure;
  private final List<ClientListener> listeners = new ArrayList<>();

  RamService(int sizeBytes) {
    ram = MappedRam.unlocked(sizeBytes);
  }

  @Override
  public String name() {
    return "r0";
  }

  @Override
  public long sizeBytes() {
    return ram.sizeBytes();
  }

  @Override
  public boolean isPrimary() {
    return primary;
  }

  @Override
  public String refusal() {
    return "not primary here";
  }

  @Override
  public void submit(BlockRequest request) {
    if (seen.size() < 100) {
      seen.add(request);
    }
    if (holding) {
      held.add(request);
    } else {
      answer(request);
    }
  }

  private void answer(BlockRequest request) {
    if (failure != null) {
      request.releasePayload();
      request.failed(failure);
      return;
    }
    if (request.command() == BlockRequest.Command.WRITE) {
      ram.write(request.offsetBytes(), request.payload());
    }
    request.releasePayload();
    request.completed(ram);
  }

  void answerHeld() {
    holding = false;
    while (!held.isEmpty()) {
      answer(held.poll());
    }
  }

  /** As a primary does that is none any more. */
  void leavePrimary() {
    primary = false;
    while (!held.isEmpty()) {
      BlockRequest request = held.poll();
      request.releasePayload();
      request.dropped();
    }
    listeners.forEach(ClientListener::leftPrimary);
  }

  void becomePrimary() {
    primary = true;
    listeners.forEach(ClientListener::becamePrimary);
  }

  @Override
  public void addListener(ClientListener listener) {
    listeners.add(listener);
  }

  @Override
  public void removeListener(ClientListener listener) {
    listeners.remove(listener);
  }

  @Override
  public void close() {
    ram.close();
  }
}
