package io.twinlog.blockdev.shelf;

import io.twinlog.blockdev.sys.DirectFile;
import io.twinlog.blockdev.sys.SystemCallException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the file of a {@code file:} shelf, with its space reserved: later writes cannot run out.
 */
final class FileShelfCreation {

  private static final Logger log = LoggerFactory.getLogger(FileShelfCreation.class);

  private FileShelfCreation() {}

  static boolean createIfMissing(ShelfSpec.FileSpec spec, long sizeBytes) throws IOException {
    Path path = spec.path();
    if (Files.exists(path)) {
      return false;
    }
    try (DirectFile file = DirectFile.create(path)) {
      try {
        reserve(spec, file, sizeBytes);
        file.sync();
      } catch (IOException e) {
        Files.deleteIfExists(path);
        throw e;
      }
    } catch (SystemCallException e) {
      throw new IOException(
          "cannot create shelf " + spec.text() + " of " + sizeBytes + " bytes: " + e.getMessage(),
          e);
    }
    // The name is to survive a crash, too.
    try (FileChannel directory =
        FileChannel.open(path.toAbsolutePath().getParent(), StandardOpenOption.READ)) {
      directory.force(true);
    }
    return true;
  }

  private static void reserve(ShelfSpec.FileSpec spec, DirectFile file, long sizeBytes)
      throws SystemCallException {
    try {
      file.allocate(sizeBytes);
    } catch (SystemCallException e) {
      if (!e.isUnsupported()) {
        throw e;
      }
      log.warn(
          "{}: its file system cannot reserve space, so writes may run out of it", spec.text());
      file.truncate(sizeBytes);
    }
  }
}
