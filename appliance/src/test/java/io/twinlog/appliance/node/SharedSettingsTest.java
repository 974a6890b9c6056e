package io.twinlog.appliance.node;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.twinlog.appliance.config.ConfigLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SharedSettingsTest {
  private static final String FILE =
      """
      resource r0 {
        size = 64 MiB
        backing { shelves = ["aoe:eth1/7.0?reserve=kept"] }
        nodes {
          alpha { peer = "127.0.0.1:7788", aoe = "eth0/1.0" }
          beta { peer = "127.0.0.1:7789", aoe = "eth0/1.0" }
        }
        flush = ram
        fencing = reserve
        aoe {
          allow = ["52:54:00:00:00:01", "52:54:00:00:00:02"], mac = virtual, config-string = "a"
          edits = allowed
        }
      }
      """;

  @TempDir Path directory;

  private Map<String, String> settings(String text) throws Exception {
    Path file = Files.writeString(directory.resolve("twinlog.conf"), text);
    return SharedSettings.of(ConfigLoader.load(file).resources().get(0));
  }

  /** By these names the peer link says what differs. */
  @ParameterizedTest
  @CsvSource({
    "eth0/1.0, eth0/1.1, nodes.alpha.aoe nodes.beta.aoe",
    "virtual, interface, aoe.mac",
    "00:02, 00:03, aoe.allow",
    "\"a\", \"b\", aoe.config-string",
    "edits = allowed, edits = refused, aoe.edits",
    "flush = ram, flush = log, flush",
    "fencing = reserve, fencing = masks, fencing",
    "?reserve=kept, ?deadline=10s, fencing",
  })
  void shouldTellTwoFilesApartWhenASettingDiffers(String one, String other, String keys)
      throws Exception {
    Map<String, String> ours = settings(FILE);
    Map<String, String> theirs = settings(FILE.replace(one, other));

    TreeSet<String> differing = new TreeSet<>(ours.keySet());
    differing.removeIf(key -> ours.get(key).equals(theirs.get(key)));

    assertEquals(keys, String.join(" ", differing));
    assertEquals(ours.keySet(), theirs.keySet());
  }

  @Test
  void shouldNotMindTheOrderOfTheClientsThatAreAllowed() throws Exception {
    String turned =
        FILE.replace("00:01", "00:03").replace("00:02", "00:01").replace("00:03", "00:02");
    assertEquals(settings(FILE), settings(turned));
  }
}
