package io.twinlog.blockdev.log;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.UUID;
import java.util.zip.CRC32C;

/**
 * Superblocks as bytes: 4096 of them, numbers big-endian.
 *
 * <pre>
 *    0   8  magic "TWINLOGS"
 *    8   4  format version: 1 of a single shelf, 2 of staggered ones
 *   12   4  length of the record
 *   16      record: a protobuf message (backing.proto), then zeros
 * 4092   4  CRC32C of bytes 0 to 4091
 * </pre>
 *
 * <p>Every format version, also of the future, has its magic, version and checksum in these places:
 * so an older program can tell a newer superblock from a damaged one.
 */
final class SuperblockCodec {

  static final int BYTES = Layout.BLOCK_BYTES;

  /** The newest that is known. */
  static final int FORMAT_VERSION = 2;

  private static final int SINGLE = 1;

  private static final long MAGIC = 0x5457494E4C4F4753L; // "TWINLOGS"
  private static final int VERSION_AT = 8;
  private static final int LENGTH_AT = 12;
  private static final int RECORD_AT = 16;
  private static final int CRC_AT = BYTES - Integer.BYTES;

  private SuperblockCodec() {}

  /** What a block turned out to be. */
  sealed interface Reading permits Intact, NewerFormat, Damaged, Absent {}

  /** A superblock that can be trusted. */
  record Intact(Superblock superblock) implements Reading {}

  /** Undamaged, and of a format that this program does not know. */
  record NewerFormat(int version) implements Reading {}

  /** It begins as a superblock does, and is none. */
  record Damaged(String why) implements Reading {}

  /** No superblock: {@code blank} when the block is zeros. */
  record Absent(boolean blank) implements Reading {}

  /** Fills the buffer's first 4096 bytes; position 0 and limit 4096 afterwards. */
  static void encode(Superblock superblock, ByteBuffer block) {
    byte[] bytes = toRecord(superblock).toByteArray();
    if (bytes.length > CRC_AT - RECORD_AT) {
      throw new IllegalArgumentException("the superblock's names are too long: " + superblock);
    }
    block.limit(BYTES).position(0);
    Fields.clear(block, 0, BYTES);
    Fields.putLong(block, 0, MAGIC);
    int version = superblock.shelfCount() == 1 ? SINGLE : FORMAT_VERSION;
    Fields.putInt(block, VERSION_AT, version);
    Fields.putInt(block, LENGTH_AT, bytes.length);
    block.put(RECORD_AT, bytes);
    Fields.putInt(block, CRC_AT, Fields.crc32c(new CRC32C(), block, 0, CRC_AT));
  }

  /** Judges the buffer's first 4096 bytes. */
  static Reading decode(ByteBuffer block) {
    if (Fields.getLong(block, 0) != MAGIC) {
      return new Absent(Fields.isZero(block, 0, BYTES));
    }
    if (Fields.getInt(block, CRC_AT) != Fields.crc32c(new CRC32C(), block, 0, CRC_AT)) {
      return new Damaged("its checksum is wrong");
    }
    int version = Fields.getInt(block, VERSION_AT);
    if (version != SINGLE && version != FORMAT_VERSION) {
      return Integer.compareUnsigned(version, FORMAT_VERSION) > 0
          ? new NewerFormat(version)
          : new Damaged("there is no format version " + version);
    }
    int length = Fields.getInt(block, LENGTH_AT);
    if (length < 0 || length > CRC_AT - RECORD_AT) {
      return new Damaged("it cannot hold a record of " + length + " bytes");
    }
    try {
      return new Intact(
          fromRecord(
              io.twinlog.proto.backing.Superblock.parseFrom(block.slice(RECORD_AT, length))));
    } catch (InvalidProtocolBufferException | IllegalArgumentException e) {
      return new Damaged(e.getMessage());
    }
  }

  private static io.twinlog.proto.backing.Superblock toRecord(Superblock superblock) {
    Layout layout = superblock.layout();
    ByteBuffer uuid = ByteBuffer.allocate(2 * Long.BYTES);
    uuid.putLong(superblock.resource().getMostSignificantBits());
    uuid.putLong(superblock.resource().getLeastSignificantBits());
    return io.twinlog.proto.backing.Superblock.newBuilder()
        .setResourceUuid(ByteString.copyFrom(uuid.flip()))
        .setResourceName(superblock.resourceName())
        .setDeviceBytes(layout.deviceBytes())
        .setSectorBytes(layout.sectorBytes())
        .setRingBytes(layout.ringBytes())
        .addAllNodeNames(superblock.nodeNames())
        .setShelfIndex(superblock.shelfIndex())
        .setShelfCount(superblock.shelfCount())
        .setChunkBytes(superblock.shelfCount() == 1 ? 0 : superblock.chunkBytes())
        .setShelfBytes(superblock.shelfBytes())
        .setMedium(superblock.medium())
        .setCreatedMillis(superblock.created().toEpochMilli())
        .build();
  }

  private static Superblock fromRecord(io.twinlog.proto.backing.Superblock proto) {
    ByteBuffer uuid = proto.getResourceUuid().asReadOnlyByteBuffer();
    if (uuid.remaining() != 2 * Long.BYTES) {
      throw new IllegalArgumentException("a UUID of " + uuid.remaining() + " bytes");
    }
    return new Superblock(
        new UUID(uuid.getLong(), uuid.getLong()),
        proto.getResourceName(),
        new Layout(proto.getDeviceBytes(), proto.getSectorBytes(), proto.getRingBytes()),
        proto.getNodeNamesList(),
        proto.getShelfIndex(),
        proto.getShelfCount(),
        proto.getChunkBytes() == 0 ? Stagger.DEFAULT_CHUNK_BYTES : proto.getChunkBytes(),
        proto.getShelfBytes(),
        proto.getMedium(),
        Instant.ofEpochMilli(proto.getCreatedMillis()));
  }
}
