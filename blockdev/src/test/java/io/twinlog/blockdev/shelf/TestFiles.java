package io.twinlog.blockdev.shelf;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/** Files, devices and buffers for shelf tests. */
final class TestFiles {

  private TestFiles() {}

  static Path sparse(Path path, long sizeBytes) throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
      file.setLength(sizeBytes);
    }
    return path;
  }

  /** Opens a shelf whose death would fail the test's thread group loudly. */
  static Shelf open(String spec) throws IOException {
    return ShelfSpec.parse(spec)
        .open(
            "test",
            (thread, death) -> {
              throw new AssertionError(thread.getName() + " died", death);
            });
  }

  /** An aligned buffer full of one value. */
  static ByteBuffer filled(int length, int value) {
    ByteBuffer buffer = AlignedBuffers.allocate(length);
    for (int i = 0; i < length; i++) {
      buffer.put(i, (byte) value);
    }
    return buffer;
  }

  /** What a command says on standard output, without the line's end; null when it fails. */
  static String run(String... command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(List.of(command)).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return process.waitFor() == 0 ? said.trim() : null;
  }
}
