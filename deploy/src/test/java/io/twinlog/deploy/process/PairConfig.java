package io.twinlog.deploy.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * What a node's configuration file says about resource r0.
 *
 * @param address of the loopback network; a pair has one of its own, so ports never clash
 * @param backing the file that is the shelf
 * @param secret the content of the secret file
 * @param more further lines of the resource's block
 */
record PairConfig(String address, int sizeMiB, Path backing, String secret, String more) {

  static final int ALPHA_NBD = 10809;
  static final int BETA_NBD = 10810;

  PairConfig withSizeMiB(int size) {
    return new PairConfig(address, size, backing, secret, more);
  }

  PairConfig withBacking(Path file) {
    return new PairConfig(address, sizeMiB, file, secret, more);
  }

  PairConfig withSecret(String other) {
    return new PairConfig(address, sizeMiB, backing, other, more);
  }

  PairConfig with(String lines) {
    return new PairConfig(address, sizeMiB, backing, secret, more + "\n  " + lines);
  }

  /** Writes the file, and the secret file next to it. */
  void write(Path file) throws IOException {
    Path secretFile = Path.of(file + ".secret");
    Files.writeString(secretFile, secret);
    Files.setPosixFilePermissions(secretFile, PosixFilePermissions.fromString("rw-------"));
    String text =
        """
        resource r0 {
          size = %d MiB
          backing { shelves = ["file:%s"] }
          nodes {
            alpha { peer = "%s:7788", nbd = "%s:%d" }
            beta  { peer = "%s:7789", nbd = "%s:%d" }
          }
          secret-file = "%s"
          %s
        }
        """;
    Files.writeString(
        file,
        text.formatted(
            sizeMiB,
            backing,
            address,
            address,
            ALPHA_NBD,
            address,
            address,
            BETA_NBD,
            secretFile,
            more));
  }
}
