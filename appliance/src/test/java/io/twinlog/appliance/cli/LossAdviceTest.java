package io.twinlog.appliance.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What an operator is told to do is done to the letter, to file systems of this machine's kernel
 * whose journals have gone back to an earlier state: everything that was in place is there
 * afterwards, and nothing comes from the journal.
 */
final class LossAdviceTest {

  /** What the file system lies on, and what the journal lies on, at first and in the end. */
  private static final String DEVICES =
      """
      set -e
      mkdir mnt
      devices() {
        FS=$(losetup -f --show fs.img)
        DEVICE=$(losetup -f --show journal.img)
      }
      let_go() {
        ! mountpoint -q mnt || umount mnt
        for device in $FS $DEVICE; do losetup -d $device; done
        FS= DEVICE=
      }
      trap let_go EXIT
      """;

  /** A journal from the middle of the work, and a file system that crashed later. */
  private static final String GO_BACK =
      """
      for i in 1 2 3; do mkdir mnt/d$i; echo $i >mnt/d$i/f; done
      sync
      cp journal.img older.img
      for i in 4 5 6 7 8; do mkdir mnt/d$i; echo $i >mnt/d$i/f; done
      rm -r mnt/d1
      umount mnt
      do_mount
      sync
      cp fs.img crashed.img
      let_go
      mv crashed.img fs.img
      mv older.img journal.img
      devices
      """;

  private static final List<String> WHOLE = List.of("d2", "d3", "d4", "d5", "d6", "d7", "d8");

  @TempDir Path directory;

  @Test
  void shouldSaveAnExt4FileSystemWhoseJournalIsOlder() throws Exception {
    need("ext4", "mke2fs", "tune2fs", "e2fsck", "debugfs");
    String said =
        run(
            DEVICES
                + """
                BLOCKSIZE=4096
                truncate -s 64M fs.img
                truncate -s 8M journal.img
                devices
                do_mount() { mount "$FS" mnt; }
                mke2fs -q -O journal_dev -b 4096 "$DEVICE"
                mke2fs -q -t ext4 -b 4096 -J device="$DEVICE" "$FS"
                do_mount
                """
                + GO_BACK
                + advice("ext3, ext4")
                + """
                do_mount
                ls mnt >found
                umount mnt
                e2fsck -f -n "$FS"
                """);
    assertFound("lost+found", said);
    assertTrue(!said.contains("Recovering journal"), said);
  }

  @Test
  void shouldSaveAnXfsFileSystemWhoseLogIsOlder() throws Exception {
    need("xfs", "mkfs.xfs", "xfs_repair");
    String said =
        run(
            DEVICES
                + """
                truncate -s 320M fs.img
                truncate -s 64M journal.img
                devices
                do_mount() { mount -o logdev="$DEVICE" "$FS" mnt; }
                mkfs.xfs -q -l logdev="$DEVICE" "$FS"
                do_mount
                """
                + GO_BACK
                + """
                ! do_mount || { echo "the mount is not refused"; exit 1; }
                """
                + advice("XFS")
                + """
                do_mount
                ls mnt >found
                umount mnt
                xfs_repair -n -l "$DEVICE" "$FS"
                """);
    assertFound("", said);
  }

  /** The commands that are printed for this kind of consumer, as a script. */
  private static String advice(String kind) {
    List<String> lines = LossAdvice.text().lines().toList();
    int first = 0;
    while (!lines.get(first).startsWith(kind)) {
      first++;
    }
    List<String> about =
        lines.subList(first + 1, lines.size()).stream()
            .takeWhile(line -> line.startsWith(" "))
            .toList();
    String commands =
        about.stream()
            .filter(line -> line.startsWith(" ".repeat(29)))
            .map(line -> line.strip().replaceAll("\\b(FS|DEVICE|BLOCKSIZE)\\b", "\\$$1"))
            .collect(Collectors.joining("\n", "", "\n"));
    assertTrue(commands.contains("$FS"), LossAdvice::text);
    return commands;
  }

  private void assertFound(String also, String said) throws IOException {
    List<String> found = Files.readAllLines(directory.resolve("found"));
    assertEquals(WHOLE, found.stream().filter(name -> !name.equals(also)).toList(), said);
  }

  private void need(String fileSystem, String... programs)
      throws IOException, InterruptedException {
    assumeTrue(
        Files.exists(Path.of("/dev/loop-control")) && start("[ $(id -u) = 0 ]").waitFor() == 0,
        "SKIPPED: needs root and loop devices");
    assumeTrue(
        start("grep -qw " + fileSystem + " /proc/filesystems || modprobe -q " + fileSystem)
                .waitFor()
            == 0,
        () -> "SKIPPED: this kernel has no " + fileSystem);
    for (String program : programs) {
      assumeTrue(
          start("command -v " + program).waitFor() == 0,
          () -> "SKIPPED: " + program + " is not installed here");
    }
  }

  private String run(String script) throws IOException, InterruptedException {
    Process process = start(script);
    if (!process.waitFor(120, TimeUnit.SECONDS)) {
      process.destroy();
      throw new AssertionError("it does not end: " + said());
    }
    assertEquals(0, process.exitValue(), this::said);
    return said();
  }

  private Process start(String script) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder("bash", "-c", script)
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectInput(Path.of("/dev/null").toFile())
            .redirectOutput(directory.resolve("said").toFile());
    builder.environment().merge("PATH", "/usr/sbin:/sbin", (path, more) -> path + ":" + more);
    return builder.start();
  }

  private String said() {
    try {
      return Files.readString(directory.resolve("said"));
    } catch (IOException e) {
      return e.toString();
    }
  }
}
