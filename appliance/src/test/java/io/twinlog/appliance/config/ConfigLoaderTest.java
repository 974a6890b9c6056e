package io.twinlog.appliance.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.twinlog.blockdev.aoe.AoeAddress;
import io.twinlog.blockdev.aoe.MacAddress;
import io.twinlog.blockdev.shelf.ShelfSpec;
import io.twinlog.replication.core.ReplicaConfig.Timing;
import io.twinlog.replication.core.ResyncRates;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigLoaderTest {

  @TempDir Path directory;

  private TwinlogConfig load(String text) throws IOException, ConfigProblems {
    return ConfigLoader.load(ConfigFiles.write(directory, text));
  }

  @Test
  void shouldUseDefaultsWhenOnlyTheNecessaryIsGiven() throws Exception {
    ResourceConfig resource = load(ConfigFiles.SMALLEST).resources().get(0);
    assertEquals("r0", resource.name());
    assertEquals(256L << 20, resource.sizeBytes());
    assertEquals(List.of(ShelfSpec.parse("file:/srv/san/r0.img")), resource.shelves());
    assertEquals(0, resource.ringBytes());
    assertEquals(List.of("alpha", "beta"), resource.nodeNames());
    assertEquals(Timing.defaults(), resource.timing());
    assertEquals(256L << 20, resource.maxDirtyBytes());
    assertEquals(Optional.empty(), resource.secretFile());
    assertFalse(resource.automaticFailover());
    assertFalse(resource.flushToLog());
    assertEquals(1, resource.indexOf("beta"));
    assertEquals(-1, resource.indexOf("gamma"));
  }

  /** The example of design section 7, with its units and without quotes where it has none. */
  @Test
  void shouldReadTheExampleOfTheDesignWhenAoeIsInIt() throws Exception {
    TwinlogConfig config =
        load(
            """
            resource r0 {
              size = 256 MiB
              backing { shelves = ["file:/srv/san/r0.img"] }       # or ["aoe:eth1/7.0"]
              nodes {
                alpha { peer = "10.0.0.1:7788", nbd = "10.0.0.1:10809", aoe = "eth0/1.0" }
                beta  { peer = "10.0.0.2:7788", nbd = "10.0.0.2:10809", aoe = "eth0/1.0" }
              }
              secret-file = /etc/twinlog/r0.secret
              failover = manual          # or automatic
              flush = ram                # or log
            }
            """);
    ResourceConfig resource = config.resources().get(0);
    assertEquals(Optional.of(Path.of("/etc/twinlog/r0.secret")), resource.secretFile());
    assertEquals(new Endpoint.Tcp("10.0.0.2", 7788), resource.nodes().get(1).peer());
    AoeEndpoint aoe = new AoeEndpoint("eth0", new AoeAddress(1, 0));
    assertEquals(Optional.of(aoe), resource.nodes().get(0).aoe());
    assertEquals(new AoeOptions(true, List.of(), "", true), resource.aoe());
    assertEquals(1, config.warnings().size());
    assertTrue(config.warnings().get(0).contains("aoe.allow"), config.warnings()::toString);
  }

  @Test
  void shouldReadHowAoeIsServed() throws Exception {
    TwinlogConfig config =
        load(
            """
            resource r0 {
              size = 256 MiB
              backing { shelves = ["aoe:eth1/7.0"] }
              nodes {
                alpha { peer = "127.0.0.1:7788", aoe = "eth0/1.0" }
                beta  { peer = "127.0.0.1:7789", aoe = "eth2/1.0" }
              }
              aoe {
                mac = interface
                allow = ["02:00:5e:10:00:01", "02:00:5e:10:00:02"]
                config-string = "of ours"
                edits = refused
              }
            }
            """);
    ResourceConfig resource = config.resources().get(0);
    assertEquals(
        new AoeOptions(
            false,
            List.of(new MacAddress(0x02005e100001L), new MacAddress(0x02005e100002L)),
            "of ours",
            false),
        resource.aoe());
    assertEquals(List.of(), config.warnings());
  }

  @Test
  void shouldReadEveryKeyWhenAllAreGiven() throws Exception {
    TwinlogConfig config =
        load(
            """
            resource journal-1 {
              size = 1 GiB
              max-dirty = 512 MiB
              backing { shelves = ["file:/dev/vg/j1"], ring = 3 GiB }
              nodes {
                beta { peer = "[::1]:1", nbd = ["unix:/run/j1.sock", "[::1]:10809"] }
                alpha { peer = "localhost:2", metrics = "127.0.0.1:9100" }
              }
              failover = automatic
              flush = log
              ram = anonymous
              huge-pages = yes
              timing {
                heartbeat = 50 ms
                peer-timeout = 0.5 s
                confirm-timeout = 1 second
                takeover-delay = 0 ms
                counter-interval = 200ms
                lone-takeover = 3s
                destage-delay = 1 s
              }
              limits { max-pending = 64 MiB, nbd-connections = 8, nbd-requests = 16 }
              resync { min-rate = 1 MiB, max-rate = 100 MiB }
            }
            """);
    ResourceConfig resource = config.resources().get(0);
    assertEquals(List.of("beta", "alpha"), resource.nodeNames());
    assertEquals("[unix:/run/j1.sock, [::1]:10809]", resource.nodes().get(0).nbd().toString());
    assertEquals(
        Optional.of(new Endpoint.Tcp("127.0.0.1", 9100)), resource.nodes().get(1).metrics());
    assertTrue(resource.automaticFailover());
    assertTrue(resource.flushToLog());
    assertTrue(resource.hugePages());
    assertEquals(3L << 30, resource.ringBytes());
    assertEquals(512L << 20, resource.maxDirtyBytes());
    assertEquals(
        new Timing(
            Duration.ofMillis(50),
            Duration.ofMillis(500),
            Duration.ofSeconds(1),
            Duration.ZERO,
            Duration.ofMillis(200),
            Duration.ofSeconds(3),
            Duration.ofSeconds(1)),
        resource.timing());
    assertEquals(new ResourceConfig.Limits(64L << 20, 8, 16), resource.limits());
    assertEquals(new ResyncRates(1 << 20, 100 << 20), resource.resync());
    assertEquals(List.of(), config.warnings());
  }

  @Test
  void shouldKeepTheOrderOfTheFileWhenThereAreManyResources() throws Exception {
    String second =
        ConfigFiles.SMALLEST
            .replace("r0", "a1")
            .replace("7788", "8788")
            .replace("7789", "8789")
            .replace("beta", "gamma");
    TwinlogConfig config = load(ConfigFiles.SMALLEST + second);
    assertEquals(List.of("r0", "a1"), config.resourceNames());
    assertEquals(List.of("alpha", "beta", "gamma"), config.nodeNames());
    assertEquals(
        List.of("a1"), config.resourcesOf("gamma").stream().map(ResourceConfig::name).toList());
    assertEquals(2, config.resourcesOf("alpha").size());
  }

  @Test
  void shouldRefuseTheNodeWhenNoResourceHasIt() throws Exception {
    Path file = ConfigFiles.write(directory, ConfigFiles.SMALLEST);
    ConfigProblems problems =
        assertThrows(ConfigProblems.class, () -> ConfigLoader.load(file, "alpa"));
    assertEquals(
        List.of(
            file + ":1: node: 'alpa' is in no resource; did you mean alpha?; allowed: alpha, beta"),
        problems.lines());
    assertEquals(1, ConfigLoader.load(file, "beta").resources().size());
  }
}
