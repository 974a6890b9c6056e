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

  /** Where answers go. */
  interface Answers {
    void answer(AoeHeader request, AoeError error, AoeMessage message);

    /** Answers a read with what the device has now, which is copied into the frame. */
    void answerRead(AoeHeader request, Ata message, RamDevice ram, long offsetBytes, int bytes);
  }

  private final TargetSettings settings;
  private final BlockService device;
  private final ByteBufAllocator buffers;
  private final int mostRequests;
  private final Answers answers;
  private final long sectors;
  private LateWrites lateWrites;
  private int requests;

  TargetAta(
      TargetSettings settings,
      BlockService device,
      ByteBufAllocator buffers,
      int mostRequests,
      Answers answers) {
    this.settings = settings;
    this.device = device;
    this.buffers = buffers;
    this.mostRequests = mostRequests;
    this.answers = answers;
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

  void carryOut(AoeHeader header, Ata request, int sectorsPerFrame, long nowNanos) {
    switch (request.operation()) {
      case Ata.READ, Ata.READ_EXTENDED -> transfer(header, request, sectorsPerFrame, nowNanos);
      case Ata.WRITE, Ata.WRITE_EXTENDED -> transfer(header, request, sectorsPerFrame, nowNanos);
      case Ata.FLUSH, Ata.FLUSH_EXTENDED ->
          submit(new Request(header, request, Command.FLUSH, 0, 0, null));
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

  private void transfer(AoeHeader header, Ata request, int sectorsPerFrame, long nowNanos) {
    boolean write = request.operation() == Ata.WRITE || request.operation() == Ata.WRITE_EXTENDED;
    int count = request.sectors();
    int bytes = count * Ata.SECTOR_BYTES;
    if (count == 0 || count > sectorsPerFrame || (write && request.data().remaining() < bytes)) {
      answers.answer(header, AoeError.BAD_ARGUMENT, withoutData(request));
      return;
    }
    if (request.sector() > sectors - count) {
      failed(header, request, Ata.ERROR_NO_SUCH_SECTOR);
      return;
    }
    if (requests >= mostRequests) {
      return;
    }
    ByteBuf payload = null;
    if (write) {
      long millis = nowNanos / 1_000_000;
      if (lateWrites.isLate(header.source(), header.tag(), request.sector(), count, millis)) {
        return;
      }
      payload = buffers.directBuffer(bytes);
      payload.writeBytes(request.data().slice().limit(bytes));
    }
    long offset = request.sector() * Ata.SECTOR_BYTES;
    Command command = write ? Command.WRITE : Command.READ;
    submit(new Request(header, withoutData(request), command, offset, bytes, payload));
  }

  private void submit(Request request) {
    requests++;
    device.submit(request);
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
    private final Ata request;

    Request(
        AoeHeader header, Ata request, Command command, long offset, int bytes, ByteBuf payload) {
      super(command, offset, bytes, true, payload);
      this.header = header;
      this.request = request;
    }

    @Override
    public void completed(RamDevice ram) {
      requests--;
      Ata done = answerTo(request, 0, Ata.STATUS_READY, 0, Ata.NO_DATA);
      if (command() == Command.READ) {
        answers.answerRead(header, done, ram, offsetBytes(), (int) lengthBytes());
      } else {
        answers.answer(header, null, done);
      }
    }

    @Override
    public void failed(BlockError error) {
      requests--;
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
      requests--;
    }
  }
}
