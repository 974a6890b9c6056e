package io.twinlog.appliance.config;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SecretFileTest {

  @TempDir Path directory;
  private Path secret;

  @BeforeEach
  void setUp() {
    secret = directory.resolve("r0.secret");
  }

  private void write(String content, String permissions) throws Exception {
    Files.writeString(secret, content);
    Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString(permissions));
  }

  /** The one problem of a start as node alpha, from the key on. */
  private String problem() throws Exception {
    String text = "secret-file = \"" + secret + "\"\n  size =";
    Path file = ConfigFiles.write(directory, ConfigFiles.SMALLEST.replace("size =", text));
    ConfigProblems problems =
        assertThrows(ConfigProblems.class, () -> ConfigLoader.load(file, "alpha"));
    assertEquals(1, problems.lines().size(), problems.getMessage());
    String prefix = file + ":2: resource r0: secret-file: ";
    assertEquals(prefix, problems.lines().get(0).substring(0, prefix.length()));
    return problems.lines().get(0).substring(prefix.length());
  }

  @Test
  void shouldRefuseTheFileWhenItIsNotThere() throws Exception {
    assertEquals(
        secret
            + " does not exist; allowed: a file with the same secret on both nodes, such as"
            + " from: openssl rand -hex 32",
        problem());
  }

  @Test
  void shouldRefuseTheFileWhenEveryoneMayReadIt() throws Exception {
    write("x", "rw-r--r--");
    assertEquals(secret + " is open to every user; do: chmod 600 " + secret, problem());
  }

  @Test
  void shouldRefuseTheFileWhenNothingIsInIt() throws Exception {
    write(" \n", "rw-------");
    assertEquals(secret + " is empty; put the same secret in it on both nodes", problem());
  }

  @Test
  void shouldRefuseTheFileWhenItIsFarTooLong() throws Exception {
    write("x".repeat(5000), "rw-------");
    assertEquals(secret + " is longer than a secret; allowed: up to 4096 bytes", problem());
  }

  @Test
  void shouldLeaveWhiteSpaceOutWhenTheSecretIsRead() throws Exception {
    write(" correct horse\r\n", "rw-r-----");
    assertArrayEquals("correct horse".getBytes(StandardCharsets.US_ASCII), SecretFile.read(secret));
    Path file =
        ConfigFiles.write(
            directory,
            ConfigFiles.SMALLEST.replace("size =", "secret-file = \"" + secret + "\"\n  size ="));
    assertEquals(List.of("r0"), ConfigLoader.load(file, "alpha").resourceNames());
  }

  @Test
  void shouldNotLookAtTheFileWhenNoNodeIsStarted() throws Exception {
    Path file =
        ConfigFiles.write(
            directory, ConfigFiles.SMALLEST.replace("size =", "secret-file = /none\n  size ="));
    assertEquals(List.of("r0"), ConfigLoader.load(file).resourceNames());
  }
}
