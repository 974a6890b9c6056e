package io.twinlog.deploy.commits;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.Callable;

/** One writer: creates a file, writes it, syncs it, notes it; and again, until that fails. */
final class CommitWriter implements Callable<String> {

  private final Path root;
  private final CommitRecord record;
  private final int writer;
  private final int count;

  CommitWriter(Path root, CommitRecord record, int writer, int count) {
    this.root = root;
    this.record = record;
    this.writer = writer;
    this.count = count;
  }

  /** What stopped the writer; empty when it has made all its commits. */
  @Override
  public String call() throws IOException {
    for (int number = 0; number < count; number++) {
      long start = System.nanoTime();
      try {
        commit(number);
      } catch (IOException e) {
        return String.valueOf(e.getMessage());
      }
      long micros = (System.nanoTime() - start) / 1000;
      // Outside the try: a record that cannot be written is no failure of the device.
      record.add(new CommitRecord.Entry(writer, number, micros));
    }
    return "";
  }

  private void commit(int number) throws IOException {
    Path file = CommitContent.file(root, writer, number);
    if (number == 0) {
      Files.createDirectories(file.getParent());
    }
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      ByteBuffer content = CommitContent.of(writer, number);
      while (content.hasRemaining()) {
        channel.write(content);
      }
      // On ext4 this makes the new name durable too: both are in one transaction.
      channel.force(true);
    }
  }
}
