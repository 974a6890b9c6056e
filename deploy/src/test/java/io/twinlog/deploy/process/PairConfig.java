package io.twinlog.deploy.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * What a node's configuration file says about resource r0.
 *
 * @param alphaAddress where alpha is found
 * @param betaAddress where beta is found; may be the same, for the ports differ
 * @param backing the file that is the shelf
 * @param secret the content of the secret file
 * @param more further lines of the resource's block
 */
public record PairConfig(
    String alphaAddress,
    String betaAddress,
    int sizeMiB,
    Path backing,
    String secret,
    String more) {

  public static final int ALPHA_NBD = 10809;
  public static final int BETA_NBD = 10810;

  /** Where a node is found. */
  String address(String node) {
    return node.equals("alpha") ? alphaAddress : betaAddress;
  }

  PairConfig withSizeMiB(int size) {
    return new PairConfig(alphaAddress, betaAddress, size, backing, secret, more);
  }

  /** The same with another way to the shelf. */
  public PairConfig withBacking(Path file) {
    return new PairConfig(alphaAddress, betaAddress, sizeMiB, file, secret, more);
  }

  PairConfig withSecret(String other) {
    return new PairConfig(alphaAddress, betaAddress, sizeMiB, backing, other, more);
  }

  /** The same with further lines in the resource's block. */
  public PairConfig with(String lines) {
    return new PairConfig(
        alphaAddress, betaAddress, sizeMiB, backing, secret, more + "\n  " + lines);
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
            alphaAddress,
            alphaAddress,
            ALPHA_NBD,
            betaAddress,
            betaAddress,
            BETA_NBD,
            secretFile,
            more));
  }
}
