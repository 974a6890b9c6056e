package io.twinlog.appliance.config;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Optional;
import java.util.Set;

/** What the two nodes of a resource know and nobody else does. */
public final class SecretFile {

  /** Far more than a secret needs; guards against a wrong path. */
  private static final int MAX_BYTES = 4096;

  private SecretFile() {}

  /** What is wrong with the file, in words that follow the key; empty when it can be used. */
  static Optional<String> problem(Path file) {
    try {
      if (!Files.isRegularFile(file)) {
        return Optional.of(
            file
                + (Files.exists(file) ? " is no regular file" : " does not exist")
                + "; allowed: a file with the same secret on both nodes, such as from: openssl rand"
                + " -hex 32");
      }
      Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(file);
      if (permissions.contains(PosixFilePermission.OTHERS_READ)
          || permissions.contains(PosixFilePermission.OTHERS_WRITE)) {
        return Optional.of(file + " is open to every user; do: chmod 600 " + file);
      }
      if (Files.size(file) > MAX_BYTES) {
        return Optional.of(
            file + " is longer than a secret; allowed: up to " + MAX_BYTES + " bytes");
      }
      if (read(file).length == 0) {
        return Optional.of(file + " is empty; put the same secret in it on both nodes");
      }
      return Optional.empty();
    } catch (IOException e) {
      return Optional.of(file + " cannot be read: " + e.getMessage());
    }
  }

  /** The secret, without white space around it: editors add line ends. */
  public static byte[] read(Path file) throws IOException {
    return new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1)
        .strip()
        .getBytes(StandardCharsets.ISO_8859_1);
  }
}
