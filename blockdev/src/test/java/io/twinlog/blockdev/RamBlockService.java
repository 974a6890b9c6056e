package io.twinlog.blockdev;

import io.twinlog.blockdev.ram.MappedRam;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * A device that is only RAM, without a peer or a backing, for what serves it: answers inside {@link
 * #submit}, or when told to. Everything on its loop.
 */
public final class RamBlockService implements BlockService, AutoCloseable {

  private final String name;
  private final MappedRam ram;
  private final List<ClientListener> listeners = new ArrayList<>();
  private final ArrayDeque<BlockRequest> held = new ArrayDeque<>();
  private boolean holding;
  private volatile boolean primary = true;
  private BlockError failure;
  private int submitted;

  /** The first ones that were submitted. */
  private final List<BlockRequest> seen = new ArrayList<>();

  public RamBlockService(String name, int sizeBytes) {
    this.name = name;
    this.ram = MappedRam.unlocked(sizeBytes);
  }

  public RamDevice ram() {
    return ram;
  }

  /** Requests submitted so far. */
  public int submitted() {
    return submitted;
  }

  /** The first hundred of them; their payloads are gone once they are answered. */
  public List<BlockRequest> seen() {
    return seen;
  }

  /** Requests that wait for {@link #answerHeld}. */
  public int heldRequests() {
    return held.size();
  }

  public List<BlockRequest> held() {
    return new ArrayList<>(held);
  }

  public boolean hasListener() {
    return !listeners.isEmpty();
  }

  /** From now on requests wait. */
  public void hold() {
    holding = true;
  }

  /** Answers what waits, in order, and whatever comes later at once. */
  public void answerHeld() {
    holding = false;
    while (!held.isEmpty()) {
      answer(held.poll());
    }
  }

  /** From now on requests fail. */
  public void failWith(BlockError error) {
    failure = error;
  }

  /** Gives up what waits, as a primary does that is no longer one. */
  public void leavePrimary() {
    primary = false;
    while (!held.isEmpty()) {
      dropFirstHeld();
    }
    listeners.forEach(ClientListener::leftPrimary);
  }

  /** Gives up the request that has waited longest. */
  public void dropFirstHeld() {
    BlockRequest request = held.remove();
    request.releasePayload();
    request.dropped();
  }

  /** Leaves the role and says so, while what waits goes on waiting. */
  public void announceLeaving() {
    primary = false;
    listeners.forEach(ClientListener::leftPrimary);
  }

  public void becomePrimary() {
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
    if (seen.size() < 100) {
      seen.add(request);
    }
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
