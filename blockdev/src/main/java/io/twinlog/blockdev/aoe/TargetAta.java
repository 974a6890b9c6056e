package io.twinlog.blockdev.aoe;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.twinlog.blockdev.BlockError;
import io.twinlog.blockdev.BlockRequest;
import io.twinlog.blockdev.BlockRequest.Command;
import io.twinlog.blockdev.BlockService;
import io.twinlog.blockdev.RamDevice;
import io.twinlog.blockdev.aoe.AoeMessage.Ata;
import java.nio.ByteBuffer;
import java.util.Locale;

/**
 * The ATA commands of a target. Every write is as safe as the resource's flush setting says before
 * it is answered (force unit access), since Linux' driver never flushes. That driver also drops
 * answers with AoE's error flag, so what goes wrong with the data is told in ATA's status.
 */
final class TargetAta {

  /** How many requests one client may have under way: what it is told, and as many sent again. */
  private static final int MOST_OF_ONE = 2 * Target.BUFFER_COUNT;

  /** How many it may have whatever the others have. */
  private static final int ALWAYS_OF_ONE = 4;

  /** Where answers go. */
  interface Answers {

    /** Whether the client may be answered something that costs the device nothing. */
    boolean mayAnswer(AoeHeader request, Clients.Client client, long nowNanos);

    void answer(AoeHeader request, AoeError error, AoeMessage message);

    /** Answers a read with what the device has now, which is copied into the frame. */
    void answerRead(AoeHeader request, Ata message, RamDevice ram, long offsetBytes, int bytes);
  }

  private final TargetSettings settings;
  private final BlockService device;
  private final ByteBufAllocator buffers;
  private final int mostRequests;
  private final Answers answers;
  private final TargetCounters counters;
  private final long sectors;
  private LateWrites lateWrites;
  private int requests;

  TargetAta(
      TargetSettings settings,
      BlockService device,
      ByteBufAllocator buffers,
      int mostRequests,
      Answers answers,
      TargetCounters counters) {
    this.settings = settings;
    this.device = device;
    this.buffers = buffers;
    this.mostRequests = mostRequests;
    this.answers = answers;
    this.counters = counters;
    this.sectors = device.sizeBytes() / Ata.SECTOR_BYTES;
    this.lateWrites = new LateWrites(sectors);
  }

  /** Begins anew with nothing written. */
  void forget() {
    lateWrites = new LateWrites(sectors);
  }

  int requests() {
    return requests;
  }

  /**
   * Carries a request out, or refuses it, or drops it when its client asks for too much.
   *
   * @param client null for one more than are told apart: it has nothing carried out
   */
  void carryOut(
      AoeHeader header, Clients.Client client, Ata request, int sectorsPerFrame, long nowNanos) {
    if (isTransfer(request)) {
      AoeError error = wrongWith(request, sectorsPerFrame);
      if (error == null && request.sector() <= sectors - request.sectors()) {
        transfer(header, client, request, nowNanos);
      } else if (answers.mayAnswer(header, client, nowNanos)) {
        if (error != null) {
          answers.answer(header, error, withoutData(request));
        } else {
          failed(header, request, Ata.ERROR_NO_SUCH_SECTOR);
        }
      }
    } else if (isFlush(request)) {
      if (isAdmitted(client)) {
        submit(new Request(header, client, request, Command.FLUSH, 0, 0, null));
      }
    } else if (answers.mayAnswer(header, client, nowNanos)) {
      describe(header, request);
    }
  }

  private static boolean isTransfer(Ata request) {
    return switch (request.operation()) {
      case Ata.READ, Ata.READ_EXTENDED, Ata.WRITE, Ata.WRITE_EXTENDED -> true;
      default -> false;
    };
  }

  private static boolean isFlush(Ata request) {
    return request.operation() == Ata.FLUSH || request.operation() == Ata.FLUSH_EXTENDED;
  }

  private static boolean writes(Ata request) {
    return request.operation() == Ata.WRITE || request.operation() == Ata.WRITE_EXTENDED;
  }

  private static AoeError wrongWith(Ata request, int sectorsPerFrame) {
    int count = request.sectors();
    boolean cut = writes(request) && request.data().remaining() < count * Ata.SECTOR_BYTES;
    return count == 0 || count > sectorsPerFrame || cut ? AoeError.BAD_ARGUMENT : null;
  }

  /** Whether the client may have one more request under way. */
  private boolean isAdmitted(Clients.Client client) {
    boolean admitted =
        client != null
            && client.underWay < MOST_OF_ONE
            && (requests < mostRequests || client.underWay < ALWAYS_OF_ONE);
    if (!admitted) {
      counters.tooMany.incrementAndGet();
    }
    return admitted;
  }

  private void describe(AoeHeader header, Ata request) {
    switch (request.operation()) {
      case Ata.IDENTIFY -> identify(header, request);
      case Ata.CHECK_POWER_MODE ->
          // Active or idle.
          answer(header, request, 0xff, Ata.STATUS_READY, 0, Ata.NO_DATA);
      default -> failed(header, request, Ata.ERROR_ABORTED);
    }
  }

  private void identify(AoeHeader header, Ata request) {
    if (request.sectors() != 1) {
      answers.answer(header, AoeError.BAD_ARGUMENT, withoutData(request));
      return;
    }
    String model = String.format(Locale.ROOT, "Twinlog %s", device.name());
    TargetIdentity identity =
        new TargetIdentity(sectors, settings.serial(), "1", model, TargetIdentity.Flush.EXTENDED);
    ByteBuffer data = ByteBuffer.allocate(TargetIdentity.BYTES);
    identity.put(data);
    answer(header, request, 0, Ata.STATUS_READY, 0, data.flip());
  }

  private void transfer(AoeHeader header, Clients.Client client, Ata request, long nowNanos) {
    if (!isAdmitted(client)) {
      return;
    }
    int count = request.sectors();
    int bytes = count * Ata.SECTOR_BYTES;
    ByteBuf payload = null;
    if (writes(request)) {
      long millis = nowNanos / 1_000_000;
      if (lateWrites.isLate(client.number, header.tag(), request.sector(), count, millis)) {
        counters.late.incrementAndGet();
        return;
      }
      client.writes(nowNanos);
      payload = buffers.directBuffer(bytes);
      payload.writeBytes(request.data().slice().limit(bytes));
    }
    long offset = request.sector() * Ata.SECTOR_BYTES;
    Command command = writes(request) ? Command.WRITE : Command.READ;
    submit(new Request(header, client, withoutData(request), command, offset, bytes, payload));
  }

  private void submit(Request request) {
    requests++;
    request.client.underWay++;
    counters.requests.incrementAndGet();
    device.submit(request);
  }

  private void ended(Request request) {
    requests--;
    request.client.underWay--;
  }

  Ata withoutData(Ata request) {
    return new Ata(
        request.flags(),
        request.feature(),
        request.sectors(),
        request.operation(),
        request.lba(),
        Ata.NO_DATA);
  }

  private void failed(AoeHeader header, Ata request, int error) {
    int status = Ata.STATUS_READY | Ata.STATUS_ERROR;
    answer(header, request, request.sectors(), status, error, Ata.NO_DATA);
  }

  private void answer(
      AoeHeader header, Ata request, int sectorsLeft, int status, int error, ByteBuffer data) {
    answers.answer(header, null, answerTo(request, sectorsLeft, status, error, data));
  }

  private static Ata answerTo(
      Ata request, int sectorsLeft, int status, int error, ByteBuffer data) {
    return new Ata(request.flags(), error, sectorsLeft, status, request.lba(), data);
  }

  /** A request on its way through the device. */
  private final class Request extends BlockRequest {
    private final AoeHeader header;
    private final Clients.Client client;
    private final Ata request;

    Request(
        AoeHeader header,
        Clients.Client client,
        Ata request,
        Command command,
        long offset,
        int bytes,
        ByteBuf payload) {
      super(command, offset, bytes, true, payload);
      this.header = header;
      this.client = client;
      this.request = request;
    }

    @Override
    public void completed(RamDevice ram) {
      ended(this);
      Ata done = answerTo(request, 0, Ata.STATUS_READY, 0, Ata.NO_DATA);
      if (command() == Command.READ) {
        answers.answerRead(header, done, ram, offsetBytes(), (int) lengthBytes());
      } else {
        answers.answer(header, null, done);
      }
    }

    @Override
    public void failed(BlockError error) {
      ended(this);
      switch (error) {
        case OUT_OF_RANGE -> TargetAta.this.failed(header, request, Ata.ERROR_NO_SUCH_SECTOR);
        case INVALID -> TargetAta.this.failed(header, request, Ata.ERROR_ABORTED);
        case IO -> TargetAta.this.failed(header, request, Ata.ERROR_UNCORRECTABLE);
        // The other node may soon answer what this one does not.
        case SHUTDOWN -> {}
      }
    }

    @Override
    public void dropped() {
      ended(this);
    }
  }
}
