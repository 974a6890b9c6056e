package io.twinlog.deploy.process;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Assumptions;

/** The memory of another process, for what hardware does to it now and then. */
final class ProcessMemory {

  private record Mapping(long start, long end) {}

  private final Path memory;
  private final List<Mapping> mappings = new ArrayList<>();

  private ProcessMemory(long pid) throws IOException {
    memory = Path.of("/proc/" + pid + "/mem");
    for (String line : Files.readAllLines(Path.of("/proc/" + pid + "/maps"))) {
      String[] fields = line.split(" +", 6);
      if (fields[1].startsWith("rw")) {
        String[] range = fields[0].split("-", 2);
        mappings.add(
            new Mapping(
                Long.parseUnsignedLong(range[0], 16), Long.parseUnsignedLong(range[1], 16)));
      }
    }
  }

  /** Skips the test, and says so, where the kernel does not let it. */
  static ProcessMemory of(long pid) throws IOException {
    if (!Files.isWritable(Path.of("/proc/" + pid + "/mem"))) {
      Assumptions.abort("skipped: /proc/PID/mem cannot be written here");
    }
    return new ProcessMemory(pid);
  }

  /** Where a page with this content is, in a mapping of at least that size. */
  long find(byte[] page, long sizeBytes) throws IOException {
    byte[] found = new byte[page.length];
    try (RandomAccessFile file = new RandomAccessFile(memory.toFile(), "r")) {
      for (Mapping mapping : mappings) {
        if (mapping.end() - mapping.start() < sizeBytes) {
          continue;
        }
        long end = mapping.end();
        for (long at = mapping.start(); at < end && read(file, at, found); at += page.length) {
          if (Arrays.equals(found, page)) {
            return at;
          }
        }
      }
    }
    throw new AssertionError("the page is nowhere in " + memory);
  }

  private static boolean read(RandomAccessFile file, long at, byte[] into) {
    try {
      file.seek(at);
      file.readFully(into);
      return true;
    } catch (IOException e) {
      // A mapping that is reserved only.
      return false;
    }
  }

  byte[] read(long address, int length) throws IOException {
    byte[] bytes = new byte[length];
    try (RandomAccessFile file = new RandomAccessFile(memory.toFile(), "r")) {
      if (!read(file, address, bytes)) {
        throw new IOException("cannot read " + memory);
      }
    }
    return bytes;
  }

  void flipBit(long address) throws IOException {
    byte before = read(address, 1)[0];
    try (RandomAccessFile file = new RandomAccessFile(memory.toFile(), "rw")) {
      file.seek(address);
      file.write(before ^ 4);
    }
  }
}
