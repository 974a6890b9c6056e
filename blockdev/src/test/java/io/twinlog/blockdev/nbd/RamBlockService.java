package io.twinlog.blockdev.nbd;

import io.twinlog.blockdev.BlockError;
import io.twinlog.blockdev.BlockRequest;
import io.twinlog.blockdev.BlockService;
import io.twinlog.blockdev.RamDevice;
import io.twinlog.blockdev.ram.MappedRam;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * A device that is only RAM; answers inside {@link #submit}, or when told to. Everything on its
 * loop.
 */
final class RamBlockService implements BlockService, AutoCloseable {

  private final String name;
  private final MappedRam ram;
  private final List<ClientListener> listeners = new ArrayList<>();
  private final ArrayDeque<BlockRequest> held = new ArrayDeque<>();
  private boolean holding;
  private boolean primary = true;
  private BlockError failure;
  private int submitted;

  RamBlockService(String name, int sizeBytes) {
    this.name = name;
    this.ram = MappedRam.unlocked(sizeBytes);
  }

  RamDevice ram() {
    return ram;
  }

  /** Requests submitted so far. */
  int submitted() {
    return submitted;
  }

  /** Requests that wait for {@link #answerHeld}. */
  int heldRequests() {
    return held.size();
  }

  List<BlockRequest> held() {
    return new ArrayList<>(held);
  }

  boolean hasListener() {
    return !listeners.isEmpty();
  }

  /** From now on requests wait. */
  void hold() {
    holding = true;
  }

  /** Answers what waits, in order, and whatever comes later at once. */
  void answerHeld() {
    holding = false;
    while (!held.isEmpty()) {
      answer(held.poll());
    }
  }

  /** From now on requests fail. */
  void failWith(BlockError error) {
    failure = error;
  }

  /** Gives up what waits, as a primary does that is no longer one. */
  void leavePrimary() {
    primary = false;
    while (!held.isEmpty()) {
      BlockRequest request = held.poll();
      request.releasePayload();
      request.dropped();
    }
    listeners.forEach(ClientListener::leftPrimary);
  }

  /** Leaves the role and says so, while what waits goes on waiting. */
  void announceLeaving() {
    primary = false;
    listeners.forEach(ClientListener::leftPrimary);
  }

  void becomePrimary() {
    primary = true;
    listeners.forEach(ClientListener::becamePrimary);
  }

  @Override
  public String name() {
    return name;
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
    return "not primary here; the primary is beta";
  }

  @Override
  public void submit(BlockRequest request) {
    submitted++;
    if (holding) {
      held.add(request);
    } else {
      answer(request);
    }
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

  private void answer(BlockRequest request) {
    if (failure != null) {
      request.releasePayload();
      request.failed(failure);
      return;
    }
    switch (request.command()) {
      case WRITE -> ram.write(request.offsetBytes(), request.payload());
      case WRITE_ZEROES, TRIM -> ram.zero(request.offsetBytes(), request.lengthBytes());
      case READ, FLUSH -> {}
    }
    request.releasePayload();
    request.completed(ram);
  }
}
