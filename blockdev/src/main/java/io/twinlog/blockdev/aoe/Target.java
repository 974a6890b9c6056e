package io.twinlog.blockdev.aoe;

import io.netty.buffer.ByteBufAllocator;
import io.twinlog.blockdev.BlockService;
import io.twinlog.blockdev.RamDevice;
import io.twinlog.blockdev.aoe.AoeMessage.Ata;
import io.twinlog.blockdev.aoe.AoeMessage.Config;
import io.twinlog.blockdev.aoe.AoeMessage.Mask;
import io.twinlog.blockdev.aoe.AoeMessage.Reserve;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;

/**
 * Answers the frames of clients: who is there, what the device is, reads and writes. Without
 * threads, sockets or clocks; used on the device's event loop. While the node is not primary it
 * says nothing at all, since a client takes whoever answers for a path to the device.
 */
final class Target {

  /** How many requests a client may have under way; it is told so. */
  static final int BUFFER_COUNT = 64;

  /** Under way together; what comes above is dropped, and its client sends it again. */
  private static final int MOST_REQUESTS = 256;

  /** Answers a second that cost the device nothing, to all clients together. */
  private static final int MOST_ANSWERS = 1000;

  /** So that made-up sources do not flood the operator either, in a minute. */
  private static final int MOST_ALARMS = 10;

  private static final long SECOND_NANOS = 1_000_000_000L;
  private static final int ETHERNET_HEADER_BYTES = 14;
  private static final int MASK_FIXED_BYTES = 14;
  private static final int MASK_ENTRY_BYTES = 8;

  private static final int FIRMWARE = 1;
  private static final long RIVAL_NANOS = 60_000_000_000L;

  private final TargetSettings settings;
  private final TargetSink sink;
  private final AccessLists access;
  private final TargetAta ata;
  private final TargetCounters counters;
  private final Budget answers = new Budget(MOST_ANSWERS, SECOND_NANOS);
  private final Budget alarms = new Budget(MOST_ALARMS, 60 * SECOND_NANOS);
  private final Map<MacAddress, Long> rivals = new HashMap<>();
  private Clients clients = new Clients();
  private String configString;
  private MacAddress mac;
  private int mtuBytes;
  private int sectorsPerFrame;
  private boolean serving;

  Target(
      TargetSettings settings,
      BlockService device,
      ByteBufAllocator buffers,
      TargetSink sink,
      TargetCounters counters) {
    this.settings = settings;
    this.sink = sink;
    this.counters = counters;
    this.access = new AccessLists(settings.allowed(), settings.editable());
    this.configString = settings.configString();
    this.ata = new TargetAta(settings, device, buffers, MOST_REQUESTS, new Answers(), counters);
  }

  /** From now on clients are answered, as having this address. */
  void serve(MacAddress address, int mtu) {
    access.reset();
    clients = new Clients();
    configString = settings.configString();
    ata.forget();
    mac = address;
    serving = true;
    mtu(mtu);
  }

  /** From now on nobody is answered. */
  void mute() {
    serving = false;
  }

  boolean isServing() {
    return serving;
  }

  /** Requests under way in the device. */
  int requests() {
    return ata.requests();
  }

  /** The interface's MTU is, or has become, this. */
  void mtu(int bytes) {
    mtuBytes = bytes;
    int room = Math.min(bytes, 16_000) - AoeHeader.BYTES - Ata.FIXED_BYTES;
    sectorsPerFrame = Math.max(0, Math.min(255, room / Ata.SECTOR_BYTES));
  }

  /** Says to everybody that the device is here. */
  void announce() {
    if (serving) {
      AoeHeader header =
          new AoeHeader(
              MacAddress.BROADCAST,
              mac,
              AoeHeader.VERSION,
              true,
              null,
              settings.address(),
              AoeHeader.COMMAND_CONFIG,
              0);
      put(header, config(Config.READ));
    }
  }

  /** Asks whether somebody else answers for our shelf and slot. */
  void lookForRivals() {
    if (serving) {
      put(
          AoeHeader.request(
              MacAddress.BROADCAST, mac, settings.address(), AoeHeader.COMMAND_CONFIG, 0x8000_0000),
          Config.query());
    }
  }

  /** A frame came. */
  void received(ByteBuffer bytes, long nowNanos) {
    if (!serving) {
      return;
    }
    try {
      ByteBuffer from = bytes.duplicate();
      AoeHeader header = AoeHeader.get(from);
      if (header.source().equals(mac) || header.source().isMulticast()) {
        return;
      }
      if (header.response()) {
        watch(header, nowNanos);
      } else if (isForUs(header)) {
        heard(header, from, nowNanos);
      }
    } catch (MalformedFrameException e) {
      counters.malformed.incrementAndGet();
    }
  }

  /** What is not answered costs as little as can be: whoever floods is the last to be read. */
  private void heard(AoeHeader header, ByteBuffer from, long nowNanos)
      throws MalformedFrameException {
    if (!access.isHeard(header.source())) {
      counters.notAllowed.incrementAndGet();
      return;
    }
    Clients.Client client = clients.heard(header.source(), nowNanos);
    counters.clients.set(clients.count());
    boolean isAta =
        header.command() == AoeHeader.COMMAND_ATA && header.version() == AoeHeader.VERSION;
    if (isAta || mayAnswer(header, client, nowNanos)) {
      request(AoeFrame.decode(header, from), client, nowNanos);
    }
  }

  private boolean mayAnswer(AoeHeader header, Clients.Client client, long nowNanos) {
    boolean asksTooOften = client != null && !client.answers.take(nowNanos);
    if (!asksTooOften && answers.take(nowNanos)) {
      return true;
    }
    counters.tooFast.incrementAndGet();
    if (asksTooOften && client.alarms.take(nowNanos) && alarms.take(nowNanos)) {
      sink.flood(header.source());
    }
    return false;
  }

  private boolean isForUs(AoeHeader header) {
    return header.address().covers(settings.address())
        && (header.destination().equals(mac) || header.destination().equals(MacAddress.BROADCAST));
  }

  private void watch(AoeHeader header, long nowNanos) {
    if (!header.address().equals(settings.address())) {
      return;
    }
    Long before = rivals.get(header.source());
    if (before == null || nowNanos - before >= RIVAL_NANOS) {
      // Sources are easily made up.
      if (rivals.size() >= 100) {
        rivals.clear();
      }
      rivals.put(header.source(), nowNanos);
      if (alarms.take(nowNanos)) {
        sink.rival(header.source());
      }
    }
  }

  private void request(AoeFrame frame, Clients.Client client, long nowNanos) {
    AoeHeader header = frame.header();
    if (header.version() != AoeHeader.VERSION) {
      answer(header, AoeError.BAD_VERSION, frame.message());
    } else if (frame.message() instanceof Ata request) {
      if (!header.address().equals(settings.address())) {
        // One frame is not to read or write every device there is.
        counters.malformed.incrementAndGet();
      } else if (request.operation() == Ata.IDENTIFY || access.mayUse(header.source())) {
        ata.carryOut(header, client, request, sectorsPerFrame, nowNanos);
      } else if (mayAnswer(header, client, nowNanos)) {
        answer(header, AoeError.RESERVED, ata.withoutData(request));
      }
    } else if (frame.message() instanceof Config request) {
      configure(header, request);
    } else if (frame.message() instanceof Mask request) {
      Mask edited = access.edit(request, (mtuBytes - MASK_FIXED_BYTES) / MASK_ENTRY_BYTES);
      answer(
          header, edited == null ? AoeError.BAD_ARGUMENT : null, edited == null ? request : edited);
    } else if (frame.message() instanceof Reserve request) {
      AoeError error = access.reserve(header.source(), request);
      answer(header, error, access.reservation(request.code()));
    } else {
      answer(header, AoeError.BAD_COMMAND, frame.message());
    }
  }

  private void configure(AoeHeader header, Config request) {
    String string = request.string();
    AoeError error = null;
    boolean edits = request.code() == Config.SET || request.code() == Config.FORCE_SET;
    switch (edits && !settings.editable() ? -1 : request.code()) {
      case Config.READ -> {}
      case Config.TEST -> {
        if (!configString.equals(string)) {
          return;
        }
      }
      case Config.TEST_PREFIX -> {
        if (!configString.startsWith(string)) {
          return;
        }
      }
      case Config.SET -> {
        if (configString.isEmpty()) {
          configString = string;
        } else if (!configString.equals(string)) {
          error = AoeError.CONFIG_STRING_PRESENT;
        }
      }
      case Config.FORCE_SET -> configString = string;
      default -> error = AoeError.BAD_ARGUMENT;
    }
    answer(header, error, config(request.code()));
  }

  private Config config(int code) {
    return new Config(BUFFER_COUNT, FIRMWARE, sectorsPerFrame, code, configString);
  }

  /** Answers a request; not when the node has ceased to be primary meanwhile. */
  private void answer(AoeHeader request, AoeError error, AoeMessage message) {
    if (serving) {
      put(request.answer(mac, settings.address(), error), message);
    }
  }

  private void put(AoeHeader header, AoeMessage message) {
    ByteBuffer frame = sink.frame();
    // The kernel would refuse a longer one, and all that is queued behind it.
    int longest = Math.min(mtuBytes + ETHERNET_HEADER_BYTES, frame.remaining());
    if (AoeHeader.BYTES + message.lengthBytes() <= longest) {
      new AoeFrame(header, message).put(frame);
      sink.send(frame);
    }
  }

  private final class Answers implements TargetAta.Answers {
    @Override
    public boolean mayAnswer(AoeHeader request, Clients.Client client, long nowNanos) {
      return Target.this.mayAnswer(request, client, nowNanos);
    }

    @Override
    public void answer(AoeHeader request, AoeError error, AoeMessage message) {
      Target.this.answer(request, error, message);
    }

    @Override
    public void answerRead(
        AoeHeader request, Ata message, RamDevice ram, long offsetBytes, int bytes) {
      if (!serving) {
        return;
      }
      ByteBuffer frame = sink.frame();
      int longest = Math.min(mtuBytes + ETHERNET_HEADER_BYTES, frame.remaining());
      if (AoeHeader.BYTES + Ata.FIXED_BYTES + bytes <= longest) {
        request.answer(mac, settings.address(), null).put(frame);
        message.putFixed(frame);
        ram.read(offsetBytes, frame.limit(frame.position() + bytes));
        sink.send(frame);
      }
    }
  }
}
