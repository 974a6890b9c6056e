package io.twinlog.deploy.nemesis.fuse;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * The protocol of {@code /dev/fuse} (linux/fuse.h, version 7.31) for a directory of regular files
 * that are there and stay: look up, read, write, flush. Everything else is not supported. Layouts
 * are in the byte order of the machine.
 */
final class FuseFiles {

  /** As much as a request may carry besides its header: longer writes come in parts. */
  private static final int MAX_WRITE_BYTES = 128 << 10;

  /** Room for the longest request (fuse(4)). */
  static final int BUFFER_BYTES = MAX_WRITE_BYTES + 4096;

  private static final int MAJOR = 7;
  private static final int MINOR = 31;
  private static final int IN_HEADER_BYTES = 40;
  private static final int OUT_HEADER_BYTES = 16;
  private static final int ATTR_BYTES = 88;

  // enum fuse_opcode
  private static final int LOOKUP = 1;
  private static final int FORGET = 2;
  private static final int GETATTR = 3;
  private static final int OPEN = 14;
  private static final int READ = 15;
  private static final int WRITE = 16;
  private static final int STATFS = 17;
  private static final int RELEASE = 18;
  private static final int FSYNC = 20;
  private static final int FLUSH = 25;
  private static final int INIT = 26;
  private static final int BATCH_FORGET = 42;

  private static final int INIT_BIG_WRITES = 1 << 5;
  private static final int OPEN_DIRECT_IO = 1;
  private static final int OPEN_PARALLEL_DIRECT_WRITES = 1 << 6;

  private static final int ENOENT = 2;
  private static final int ENOSYS = 38;

  private static final long ROOT = 1;
  private static final int DIRECTORY_MODE = 040755;
  private static final int FILE_MODE = 0100600;

  private final List<String> names;
  private final List<StoragePath> paths;

  FuseFiles(List<String> names, List<StoragePath> paths) {
    this.names = names;
    this.paths = paths;
  }

  /** Carries a request out, however long that takes; null where none is expected. */
  byte[] answer(ByteBuffer request) {
    request.getInt();
    int opcode = request.getInt();
    long unique = request.getLong();
    long node = request.getLong();
    request.position(IN_HEADER_BYTES);
    if (opcode == FORGET || opcode == BATCH_FORGET) {
      return null;
    }
    try {
      return finish(unique, 0, carryOut(opcode, node, request));
    } catch (StoragePath.Failed e) {
      return finish(unique, e.errno(), reply(0));
    } catch (IOException e) {
      return finish(unique, StoragePath.EIO, reply(0));
    }
  }

  private ByteBuffer carryOut(int opcode, long node, ByteBuffer request) throws IOException {
    return switch (opcode) {
      case INIT -> init(request);
      case LOOKUP -> lookup(request);
      case GETATTR -> attributes(reply(16 + ATTR_BYTES).putLong(0).putLong(0), node);
      case OPEN -> reply(16).putLong(0).putInt(OPEN_DIRECT_IO | OPEN_PARALLEL_DIRECT_WRITES);
      case READ -> read(path(node), request);
      case WRITE -> write(path(node), request);
      case FSYNC -> {
        path(node).sync();
        yield reply(0);
      }
      case RELEASE, FLUSH -> reply(0);
      case STATFS -> reply(80);
      // That of INTERRUPT keeps the kernel from sending more of them.
      default -> throw new StoragePath.Failed(ENOSYS);
    };
  }

  private static ByteBuffer init(ByteBuffer request) {
    request.position(IN_HEADER_BYTES + 8);
    int readAhead = request.getInt();
    return reply(64)
        .putInt(MAJOR)
        .putInt(MINOR)
        .putInt(readAhead)
        .putInt(INIT_BIG_WRITES)
        .putShort((short) 64)
        .putShort((short) 48)
        .putInt(MAX_WRITE_BYTES);
  }

  private ByteBuffer lookup(ByteBuffer request) throws IOException {
    byte[] name = new byte[request.remaining() - 1];
    request.get(name);
    int index = names.indexOf(new String(name, StandardCharsets.UTF_8));
    if (index < 0) {
      throw new StoragePath.Failed(ENOENT);
    }
    long node = ROOT + 1 + index;
    ByteBuffer entry = reply(40 + ATTR_BYTES);
    entry.putLong(node).putLong(0).putLong(0).putLong(0).putLong(0);
    return attributes(entry, node);
  }

  private ByteBuffer attributes(ByteBuffer into, long node) throws IOException {
    long size = node == ROOT ? 0 : path(node).sizeBytes();
    into.putLong(node).putLong(size).putLong(size / Storage.SECTOR_BYTES);
    // Times.
    into.putLong(0).putLong(0).putLong(0).putInt(0).putInt(0).putInt(0);
    into.putInt(node == ROOT ? DIRECTORY_MODE : FILE_MODE).putInt(1);
    into.putInt(0).putInt(0).putInt(0);
    return into.putInt(Storage.SECTOR_BYTES).putInt(0);
  }

  private StoragePath path(long node) throws IOException {
    long index = node - ROOT - 1;
    if (index < 0 || index >= paths.size()) {
      throw new StoragePath.Failed(ENOENT);
    }
    return paths.get((int) index);
  }

  private static ByteBuffer read(StoragePath path, ByteBuffer request) throws IOException {
    request.getLong();
    long offset = request.getLong();
    int size = request.getInt();
    ByteBuffer data = ByteBuffer.allocate(size);
    path.read(data, offset);
    return reply(data.remaining()).put(data);
  }

  private static ByteBuffer write(StoragePath path, ByteBuffer request) throws IOException {
    request.getLong();
    long offset = request.getLong();
    int size = request.getInt();
    request.position(IN_HEADER_BYTES + 40);
    request.limit(request.position() + size);
    path.write(request, offset);
    return reply(8).putInt(size);
  }

  private static ByteBuffer reply(int bytes) {
    return ByteBuffer.allocate(OUT_HEADER_BYTES + bytes)
        .order(ByteOrder.nativeOrder())
        .position(OUT_HEADER_BYTES);
  }

  private static byte[] finish(long unique, int errno, ByteBuffer reply) {
    reply.putInt(0, reply.capacity()).putInt(4, -errno).putLong(8, unique);
    byte[] bytes = new byte[reply.capacity()];
    reply.get(0, bytes);
    return bytes;
  }
}
