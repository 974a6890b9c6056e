package io.twinlog.appliance.node;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.twinlog.appliance.config.ConfigLoader;
import io.twinlog.appliance.config.TwinlogConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DirectMemoryTest {

  @TempDir Path directory;

  @Test
  void shouldRefuseToStartWhenTheLimitsExceedWhatJavaHas() throws Exception {
    String text =
        """
        resource r0 {
          size = 1 MiB
          backing { shelves = ["file:/r0.img"] }
          nodes { a { peer = "127.0.0.1:1" }, b { peer = "127.0.0.1:2" } }
          limits { max-pending = 16 GiB }
        }
        """;
    TwinlogConfig config =
        ConfigLoader.load(Files.writeString(directory.resolve("twinlog.conf"), text));
    StartException refusal =
        assertThrows(StartException.class, () -> DirectMemory.check(config.resources()));
    assertTrue(
        refusal.getMessage().startsWith("the limits of 1 resource(s) may need 32.2 GiB of direct"),
        refusal.getMessage());
    assertTrue(
        refusal.getMessage().endsWith("TWINLOG_JAVA_OPTS=-XX:MaxDirectMemorySize=32961m"),
        refusal.getMessage());
  }
}
