package io.twinlog.deploy.commits;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * The commits that a workload was told of: a line {@code WRITER NUMBER MICROS} each, in a file that
 * is not on the file system under test. A line is written after the fsync has returned, and before
 * anything else is done.
 */
final class CommitRecord implements AutoCloseable {

  /**
   * One acknowledged commit.
   *
   * @param micros how long its write and fsync took
   */
  record Entry(int writer, int number, long micros) {}

  private final FileChannel channel;

  private CommitRecord(FileChannel channel) {
    this.channel = channel;
  }

  static CommitRecord append(Path file) throws IOException {
    return new CommitRecord(
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND));
  }

  /** Safe from any thread. */
  synchronized void add(Entry entry) throws IOException {
    String line = entry.writer() + " " + entry.number() + " " + entry.micros() + "\n";
    ByteBuffer bytes = ByteBuffer.wrap(line.getBytes(StandardCharsets.US_ASCII));
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  static List<Entry> read(Path file) throws IOException {
    List<Entry> entries = new ArrayList<>();
    for (String line : Files.readAllLines(file, StandardCharsets.US_ASCII)) {
      String[] words = line.split(" ", -1);
      entries.add(
          new Entry(
              Integer.parseInt(words[0]), Integer.parseInt(words[1]), Long.parseLong(words[2])));
    }
    return entries;
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
