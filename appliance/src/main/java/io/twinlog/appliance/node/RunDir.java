package io.twinlog.appliance.node;

import io.twinlog.blockdev.sys.LockFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * A node's run directory while the node holds it: a kernel lock keeps a second process of the same
 * node out (design, section 3, "Identity"). The lock ends with the process, however that ends.
 */
public final class RunDir implements AutoCloseable {

  private static final String LOCK_FILE = "lock";

  private final Path directory;
  private final LockFile lock;

  private RunDir(Path directory, LockFile lock) {
    this.directory = directory;
    this.lock = lock;
  }

  /**
   * Makes the directory when it is not there, open to its user only, and takes it.
   *
   * @throws StartException when another process holds it, or it cannot be made
   */
  public static RunDir take(Path directory) throws StartException {
    Path file = directory.resolve(LOCK_FILE);
    try {
      Files.createDirectories(
          directory,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      LockFile lock = LockFile.tryLock(file);
      if (lock == null) {
        String pid = readPid(file);
        throw new StartException(
            "run directory "
                + directory
                + " belongs to a running node"
                + (pid.isEmpty() ? "" : " (pid " + pid + ")")
                + "; stop that one first, or give another --run-dir");
      }
      Files.writeString(file, ProcessHandle.current().pid() + "\n", StandardCharsets.US_ASCII);
      return new RunDir(directory, lock);
    } catch (IOException e) {
      String why =
          e instanceof AccessDeniedException ? "permission denied" : String.valueOf(e.getMessage());
      throw new StartException(
          "cannot use run directory " + directory + ": " + why + "; give another with --run-dir",
          e);
    }
  }

  /** The pid of the process that holds the directory, or empty when none is known to. */
  public static String holder(Path directory) {
    Path file = directory.resolve(LOCK_FILE);
    if (!Files.exists(file)) {
      return "";
    }
    try (LockFile lock = LockFile.tryLock(file)) {
      return lock == null ? readPid(file) : "";
    } catch (IOException e) {
      // Not ours to look into.
      return "";
    }
  }

  public Path path() {
    return directory;
  }

  /** Gives the directory up; its files stay. Idempotent. */
  @Override
  public void close() throws IOException {
    lock.close();
  }

  private static String readPid(Path file) throws IOException {
    return Files.readString(file, StandardCharsets.US_ASCII).strip();
  }
}
