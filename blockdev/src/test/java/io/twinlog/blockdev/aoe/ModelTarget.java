package io.twinlog.blockdev.aoe;

import io.twinlog.blockdev.aoe.AoeMessage.Ata;
import io.twinlog.blockdev.aoe.AoeMessage.Config;
import io.twinlog.blockdev.aoe.AoeMessage.Reserve;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;

/**
 * A target as simple as vblade: it carries every frame out that reaches it, duplicates included,
 * and keeps nothing in mind.
 */
final class ModelTarget {

  static final MacAddress MAC = new MacAddress(0x02005e100002L);

  final byte[] content;
  final AoeAddress address;
  final AccessLists lists = new AccessLists(List.of(), true);
  String serial = "model";
  TargetIdentity.Flush flush = TargetIdentity.Flush.EXTENDED;
  int sectorsPerFrame;
  boolean answers = true;

  /** Answers ATA commands with it instead of doing them, unless null. */
  AoeError refusal;

  /** Reads and writes of this sector fail; -1 is none. */
  long badSector = -1;

  int flushes;
  int writes;

  ModelTarget(AoeAddress address, int sectors, int sectorsPerFrame) {
    this.address = address;
    this.content = new byte[sectors * 512];
    this.sectorsPerFrame = sectorsPerFrame;
  }

  /** Carries a request out; the answer, or null. */
  byte[] handle(byte[] request) {
    AoeFrame frame;
    try {
      frame = AoeFrame.decode(ByteBuffer.wrap(request));
    } catch (MalformedFrameException e) {
      return null;
    }
    AoeHeader header = frame.header();
    if (!answers || header.response() || !header.address().covers(address)) {
      return null;
    }
    if (frame.message() instanceof Config) {
      return bytes(header, null, new Config(16, 0x4000, sectorsPerFrame, 0, "a model"));
    }
    if (frame.message() instanceof Reserve reserve) {
      AoeError error = lists.reserve(header.source(), reserve);
      return bytes(header, error, lists.reservation(reserve.code()));
    }
    if (frame.message() instanceof Ata ata) {
      return ata(header, ata);
    }
    return null;
  }

  private byte[] ata(AoeHeader header, Ata ata) {
    if (ata.operation() == Ata.IDENTIFY) {
      ByteBuffer data = ByteBuffer.allocate(512);
      new TargetIdentity(content.length / 512, serial, "1", "model target", flush).put(data);
      return bytes(header, null, new Ata(0, 0, 0, Ata.STATUS_READY, 0, data.flip()));
    }
    AoeError error = lists.mayUse(header.source()) ? refusal : AoeError.RESERVED;
    if (error != null) {
      return bytes(header, error, new Ata(0, 0, 0, 0, 0, Ata.NO_DATA));
    }
    if (ata.operation() == Ata.FLUSH_EXTENDED) {
      flushes++;
      return bytes(header, null, new Ata(0, 0, 0, Ata.STATUS_READY, 0, Ata.NO_DATA));
    }
    if (ata.sectors() > sectorsPerFrame) {
      return bytes(header, AoeError.BAD_ARGUMENT, new Ata(0, 0, 0, 0, 0, Ata.NO_DATA));
    }
    boolean bad = badSector >= ata.lba() && badSector < ata.lba() + ata.sectors();
    if (bad || ata.lba() + ata.sectors() > content.length / 512) {
      int why = bad ? Ata.ERROR_UNCORRECTABLE : Ata.ERROR_NO_SUCH_SECTOR;
      int status = Ata.STATUS_READY | Ata.STATUS_ERROR;
      return bytes(header, null, new Ata(0, why, 0, status, 0, Ata.NO_DATA));
    }
    int at = (int) ata.lba() * 512;
    int length = ata.sectors() * 512;
    ByteBuffer data = Ata.NO_DATA;
    if (ata.operation() == Ata.WRITE_EXTENDED) {
      writes++;
      ata.data().get(ata.data().position(), content, at, length);
    } else {
      data = ByteBuffer.wrap(Arrays.copyOfRange(content, at, at + length));
    }
    return bytes(header, null, new Ata(0, 0, 0, Ata.STATUS_READY, 0, data));
  }

  byte[] bytes(AoeHeader request, AoeError error, AoeMessage message) {
    ByteBuffer frame = ByteBuffer.allocate(16 * 1024);
    new AoeFrame(request.answer(MAC, address, error), message).put(frame);
    return Arrays.copyOf(frame.array(), frame.position());
  }
}
