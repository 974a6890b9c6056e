package io.twinlog.blockdev.ram;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A hugetlbfs, and four huge pages for it that the machine did not have reserved before. A test is
 * skipped, and says so, where that cannot be had.
 *
 * @param bytes of a page
 */
record HugePages(Path mount, long reserved, long bytes) implements AutoCloseable {
  private static final Path RESERVED = Path.of("/proc/sys/vm/nr_hugepages");
  private static final int PAGES = 4;

  static HugePages mounted(Path mount) throws IOException, InterruptedException {
    assumeTrue(Files.isWritable(RESERVED), "SKIPPED: huge pages cannot be reserved here");
    assumeTrue(
        isDone("mount", "-t", "hugetlbfs", "hugetlbfs", mount.toString()),
        "SKIPPED: cannot mount a hugetlbfs here");
    long before = pagesReserved();
    HugePages pages = new HugePages(mount, before, Files.getFileStore(mount).getBlockSize());
    Files.writeString(RESERVED, Long.toString(before + PAGES));
    if (pagesReserved() < before + PAGES) {
      pages.close();
      assumeTrue(false, "SKIPPED: this machine has no room for " + PAGES + " huge pages");
    }
    return pages;
  }

  private static long pagesReserved() throws IOException {
    return Long.parseLong(Files.readString(RESERVED).strip());
  }

  private static boolean isDone(String... command) throws IOException, InterruptedException {
    return new ProcessBuilder(command).redirectErrorStream(true).start().waitFor() == 0;
  }

  @Override
  public void close() throws IOException {
    try {
      isDone("umount", mount.toString());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    Files.writeString(RESERVED, Long.toString(reserved));
  }
}
