package io.twinlog.appliance.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunDirTest {

  @TempDir Path parent;
  private Path directory;

  @BeforeEach
  void setUp() {
    directory = parent.resolve("twinlog/alpha");
  }

  @Test
  void shouldMakeTheDirectoryForItsUserOnlyWhenItIsNotThere() throws Exception {
    try (RunDir taken = RunDir.take(directory)) {
      assertEquals(directory, taken.path());
      assertEquals(
          "rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(directory)));
    }
  }

  @Test
  void shouldNameTheHolderWhenItIsTakenTwice() throws Exception {
    String pid = Long.toString(ProcessHandle.current().pid());
    assertEquals("", RunDir.holder(directory));
    try (RunDir taken = RunDir.take(directory)) {
      assertEquals(pid, RunDir.holder(taken.path()));
      StartException refusal = assertThrows(StartException.class, () -> RunDir.take(directory));
      assertEquals(
          "run directory "
              + directory
              + " belongs to a running node (pid "
              + pid
              + "); stop that one first, or give another --run-dir",
          refusal.getMessage());
    }
  }

  @Test
  void shouldBeFreeAgainWhenTheHolderHasLetGo() throws Exception {
    RunDir.take(directory).close();
    assertEquals("", RunDir.holder(directory));
    RunDir.take(directory).close();
  }

  @Test
  void shouldSayWhyWhenTheDirectoryCannotBeMade() throws Exception {
    Files.writeString(parent.resolve("twinlog"), "a file");
    StartException refusal = assertThrows(StartException.class, () -> RunDir.take(directory));
    assertEquals(
        "cannot use run directory " + directory,
        refusal.getMessage().substring(0, refusal.getMessage().indexOf(": ")));
  }
}
