package io.twinlog.deploy.commits;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;

/**
 * What became of acknowledged commits.
 *
 * @param acknowledged how many there are on record
 * @param missing how many of these are not there
 * @param damaged how many are there with another content
 */
record CommitCheck(int acknowledged, int missing, int damaged) {

  static CommitCheck of(Path root, List<CommitRecord.Entry> acknowledged) throws IOException {
    int missing = 0;
    int damaged = 0;
    for (CommitRecord.Entry entry : acknowledged) {
      try {
        byte[] found = Files.readAllBytes(CommitContent.file(root, entry.writer(), entry.number()));
        if (!ByteBuffer.wrap(found).equals(CommitContent.of(entry.writer(), entry.number()))) {
          damaged++;
        }
      } catch (NoSuchFileException e) {
        missing++;
      } catch (FileSystemException e) {
        // The file system itself cannot make sense of the file.
        damaged++;
      }
    }
    return new CommitCheck(acknowledged.size(), missing, damaged);
  }

  boolean isGood() {
    return missing == 0 && damaged == 0;
  }
}
