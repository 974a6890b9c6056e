package io.twinlog.deploy.commits;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.SplittableRandom;

/** What a commit writes: a file whose content follows from its name. */
final class CommitContent {

  /** One block of the file system. */
  static final int BYTES = 4096;

  private CommitContent() {}

  /** Where commit {@code number} of a writer is. */
  static Path file(Path root, int writer, int number) {
    return root.resolve("writer" + writer).resolve(Integer.toString(number));
  }

  static ByteBuffer of(int writer, int number) {
    SplittableRandom random = new SplittableRandom(((long) writer << 32) | number);
    ByteBuffer content = ByteBuffer.allocate(BYTES);
    while (content.hasRemaining()) {
      content.putLong(random.nextLong());
    }
    return content.flip();
  }
}
