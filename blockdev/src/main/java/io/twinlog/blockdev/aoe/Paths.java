package io.twinlog.blockdev.aoe;

import io.twinlog.blockdev.aoe.AoeMessage.Ata;
import io.twinlog.blockdev.aoe.AoeMessage.Config;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Finds the target: asks on every interface who is there, and asks whoever answers what it is. Only
 * an answer to a query of ours counts, and a device that is not the one found first is refused.
 */
final class Paths {

  private static final int MOST_PATHS = 16;

  /** How long an IDENTIFY is waited for. */
  private static final long IDENTIFY_NANOS = 500_000_000L;

  /** A path that has been silent for so long is forgotten. */
  private static final long FORGET_NANOS = 60_000_000_000L;

  private final String name;
  private final AoeAddress address;
  private final List<Port> ports;
  private final Copies copies;
  private final FrameSink sink;
  private final InitiatorEvents events;
  private final ByteBuffer scratch = ByteBuffer.allocate(64);
  private final List<TargetPath> paths = new ArrayList<>();
  private TargetIdentity identity;

  Paths(
      String name,
      AoeAddress address,
      List<Port> ports,
      Copies copies,
      FrameSink sink,
      InitiatorEvents events) {
    this.name = name;
    this.address = address;
    this.ports = ports;
    this.copies = copies;
    this.sink = sink;
    this.events = events;
  }

  /** Null until the target was found. */
  TargetIdentity identity() {
    return identity;
  }

  List<TargetPath> all() {
    return paths;
  }

  /** The freest path that takes a frame now; a sick one only where there is no other. */
  TargetPath free() {
    TargetPath best = null;
    boolean anyHealthy = isAnyUsable();
    for (TargetPath path : paths) {
      if (path.hasRoom()
          && (!anyHealthy || !path.isSick())
          && (best == null || path.load() < best.load())) {
        best = path;
      }
    }
    return best;
  }

  /** A path for something small that is not counted; a sick one only where there is no other. */
  TargetPath any() {
    TargetPath best = null;
    for (TargetPath path : paths) {
      if (path.proven && path.port.up && (best == null || best.isSick())) {
        best = path;
      }
    }
    return best;
  }

  private boolean isAnyUsable() {
    for (TargetPath path : paths) {
      if (path.isUsable()) {
        return true;
      }
    }
    return false;
  }

  /** The path that a frame came on; null when nobody answered there yet. */
  TargetPath find(Port port, MacAddress target) {
    for (TargetPath path : paths) {
      if (path.port == port && path.target.equals(target)) {
        return path;
      }
    }
    return null;
  }

  /** Asks whatever is to be asked by now. */
  void tick(long now) {
    paths.removeIf(path -> path.isSick() && now - path.configuredAt >= FORGET_NANOS);
    for (Port port : ports) {
      if (port.isQueryDue(needsSearch(port), now)) {
        query(port, now);
      }
    }
    for (TargetPath path : paths) {
      boolean waiting = path.identifying && now - path.identifiedAt < IDENTIFY_NANOS;
      if (!path.proven && !path.foreign && !waiting && path.port.up) {
        identify(path, now);
      }
    }
  }

  /** Searched for quickly while a path of the interface, or all of it, is missing. */
  private boolean needsSearch(Port port) {
    boolean any = false;
    for (TargetPath path : paths) {
      if (path.port == port) {
        if (path.isSick() || (!path.proven && !path.foreign)) {
          return true;
        }
        any |= path.proven;
      }
    }
    return !any && !isAnyUsable();
  }

  /** Asks anew at once, where that has not just been done. */
  void queryNow(Port port, long now) {
    if (port.mayQueryNow(now)) {
      query(port, now);
    }
  }

  private void query(Port port, long now) {
    int tag = copies.newTag();
    port.queried(tag, now);
    AoeHeader header =
        AoeHeader.request(
            MacAddress.BROADCAST, port.address, address, AoeHeader.COMMAND_CONFIG, tag);
    send(port, new AoeFrame(header, Config.query()));
  }

  private void identify(TargetPath path, long now) {
    path.identifying = true;
    path.identifiedAt = now;
    path.identifyTag = copies.newTag();
    AoeHeader header =
        AoeHeader.request(
            path.target, path.port.address, address, AoeHeader.COMMAND_ATA, path.identifyTag);
    send(path.port, new AoeFrame(header, new Ata(0, 0, 1, Ata.IDENTIFY, 0, Ata.NO_DATA)));
  }

  private void send(Port port, AoeFrame frame) {
    scratch.clear();
    frame.put(scratch);
    sink.send(port, scratch.flip(), null, 0, 0);
  }

  /** Somebody says that the target is there. */
  void configured(Port port, AoeHeader header, Config config, long now) {
    if (header.source().isMulticast() || header.error() != null) {
      return;
    }
    if (header.tag() != port.queryTag && header.tag() != port.earlierQueryTag) {
      // An announcement, as of a target that has just started: worth questions, but not to be
      // believed.
      TargetPath known = find(port, header.source());
      if (known != null && port.mayQueryNow(now)) {
        known.backFromSilence();
      }
      queryNow(port, now);
      return;
    }
    TargetPath path = find(port, header.source());
    if (path == null) {
      if (paths.size() == MOST_PATHS) {
        return;
      }
      path = new TargetPath(port, header.source());
      paths.add(path);
    } else if (path.isSick()) {
      path.backFromSilence();
    }
    path.configured(config.bufferCount(), config.sectorsPerFrame(), now);
    tick(now);
  }

  /** Takes an answer to IDENTIFY; false when it is none. */
  boolean identified(TargetPath path, AoeHeader header, Ata answer) {
    if (!path.identifying || header.tag() != path.identifyTag) {
      return false;
    }
    if (header.error() != null || (answer.operation() & Ata.STATUS_FAILED) != 0) {
      return true;
    }
    TargetIdentity found;
    try {
      found = TargetIdentity.decode(answer.data());
    } catch (MalformedFrameException e) {
      return true;
    }
    path.identifying = false;
    if (identity == null && found.sectors() > 0) {
      identity = found;
      path.proven = true;
      events.found(found);
    } else if (found.equals(identity)) {
      path.proven = true;
    } else {
      path.foreign = true;
      events.notice(
          name
              + ": "
              + path
              + " is another device and is not used: "
              + found
              + ", but the shelf is "
              + identity);
    }
    return true;
  }
}
