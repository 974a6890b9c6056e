package io.twinlog.deploy.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A pair on three files, in whose place others are put while clients write. */
@Tag("process")
final class ShelfReplaceTest {
  private final List<Path> shelves = new ArrayList<>();
  private Path directory;
  private Pair pair;

  @BeforeEach
  void start() throws Exception {
    directory = Files.createTempDirectory("twinlog-shelves");
    StringBuilder text = new StringBuilder("backing { shelves = [");
    for (int i = 1; i <= 3; i++) {
      shelves.add(directory.resolve("shelf" + i));
      text.append("\"file:").append(shelves.get(i - 1)).append("\", ");
    }
    pair = Pair.start(text.append("] }").toString());
  }

  @AfterEach
  void stop() throws Exception {
    pair.close();
    for (Path shelf : shelves) {
      Files.deleteIfExists(shelf);
    }
    Files.delete(directory);
  }

  @Test
  void shouldKeepEveryWriteWhenShelvesAreReplacedOneAfterTheOther() throws Exception {
    try (Recorder recorder = Recorder.start(pair)) {
      recorder.awaitMore(100);
      refused("is live", "replace", "r0", "2");
      pair.alpha.twinlog("shelf", "fail", "r0", "2").orFail();
      Pair.awaitShelf(pair.alpha, 2, "stale");
      // The nodes still have the old file open.
      putEmpty(2);
      pair.alpha.twinlog("shelf", "replace", "r0", "2").orFail();
      Pair.awaitShelf(pair.alpha, 2, "live");

      pair.alpha.twinlog("shelf", "fail", "r0", "3").orFail();
      Pair.awaitShelf(pair.alpha, 3, "stale");
      putEmpty(3);
      write(3, 4096, "somebody's data".getBytes(StandardCharsets.UTF_8));
      refused("is not empty", "replace", "r0", "3");
      pair.alpha.twinlog("shelf", "replace", "r0", "3", "--force").orFail();
      Pair.awaitShelf(pair.alpha, 3, "live");

      // Whoever takes over reads from the new ones, and then from nothing else.
      recorder.awaitMore(100);
      pair.alpha.kill();
      Pair.takeOver(pair.beta);
      recorder.awaitMore(100);
      pair.beta.kill();
      Files.delete(shelves.get(0));
      pair.beta.start();
      Pair.takeOver(pair.beta);
      recorder.awaitMore(100);
      recorder.stop().verify(pair.beta);
    }
  }

  @Test
  void shouldNoticeAndFillWhenALiveShelfIsEmptied() throws Exception {
    try (Recorder recorder = Recorder.start(pair)) {
      recorder.awaitMore(100);
      long size = Files.size(shelves.get(1));
      try (RandomAccessFile file = new RandomAccessFile(shelves.get(1).toFile(), "rw")) {
        file.setLength(0);
        file.setLength(size);
      }
      Pair.awaitShelf(pair.alpha, 2, "stale");
      pair.alpha.await(
          "the reason why the shelf is not used",
          status -> status.getBacking().getShelves(1).getError().contains("create"),
          Pair.SHELF_LIMIT);
      pair.alpha.twinlog("shelf", "replace", "r0", "2", "--force").orFail();
      Pair.awaitShelf(pair.alpha, 2, "live");
      recorder.awaitMore(100);
      pair.alpha.kill();
      Pair.takeOver(pair.beta);
      recorder.awaitMore(100);
      recorder.stop().verify(pair.beta);
    }
  }

  private void refused(String why, String... arguments) throws Exception {
    List<String> all = new ArrayList<>(List.of("shelf"));
    all.addAll(List.of(arguments));
    Launcher.Result result = pair.alpha.twinlog(all.toArray(String[]::new));
    assertEquals(1, result.exitCode(), result::toString);
    assertTrue(result.err().contains(why), result::toString);
  }

  /** Another file, in the old one's place. */
  private void putEmpty(int shelf) throws IOException {
    Path path = shelves.get(shelf - 1);
    long size = Files.size(path);
    Files.delete(path);
    try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
      file.setLength(size);
    }
  }

  private void write(int shelf, long offset, byte[] content) throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(shelves.get(shelf - 1).toFile(), "rw")) {
      file.seek(offset);
      file.write(content);
    }
  }
}
