package io.twinlog.appliance.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What an operator reads when the configuration is wrong, word for word. */
class ConfigErrorsTest {

  private static final String ADDRESS_FORM = "HOST:PORT, such as 10.0.0.1:7788 or [fd00::1]:7788";

  @TempDir Path directory;

  private List<String> problems(String text) throws IOException {
    return ConfigFiles.problems(directory, text);
  }

  @Test
  void shouldNameEveryMistakeAtOnceWhenThereAreMany() throws IOException {
    String text =
        """
        resource r0 {
          size = 256 Mbi
          backing { shelfs = ["file:/srv/r0.img"], ring = 1 MiB }
          nodes {
            alpha { peer = "10.0.0.1", nbd = "10.0.0.1:109090" }
            beta { peer = "10.0.0.2:7788", nbd = ["unix:r0", 7] }
          }
          fail-over = automatic
          flush = logs
          ram = shmem
          huge-pages = 3
          timing { heartbeat = 100, peer-timeout = 1 h, confirm-timeout = soon }
          limits { max-pending = 1 MiB, nbd-connections = 0, nbd-requests = many }
        }
        resorce r1 {}
        """;
    assertEquals(
        List.of(
            "twinlog.conf:1: resource r0: secret-file: is missing, and peer 10.0.0.2:7788 is not"
                + " local; allowed: the path of a file that both nodes have the same content of",
            "twinlog.conf:2: resource r0: size: \"256 Mbi\" is not a size that fits; allowed:"
                + " a multiple of 4 KiB from 4 KiB to 1 TiB",
            "twinlog.conf:3: resource r0: backing: shelves: is missing; allowed:"
                + " one shelf, or 2 to 8, each as \"file:/PATH\" or \"aoe:INTERFACE/SHELF.SLOT\"",
            "twinlog.conf:3: resource r0: backing: shelfs: unknown key; did you mean shelves?;"
                + " allowed: shelves, ring",
            "twinlog.conf:5: resource r0: nodes: alpha: peer: \"10.0.0.1\" is no address; allowed: "
                + ADDRESS_FORM,
            "twinlog.conf:5: resource r0: nodes: alpha: nbd: \"10.0.0.1:109090\" is no address;"
                + " allowed: "
                + ADDRESS_FORM
                + ", or unix:/PATH, or a list of these",
            "twinlog.conf:6: resource r0: nodes: beta: nbd: \"unix:r0\" is no address; allowed: "
                + ADDRESS_FORM
                + ", or unix:/PATH, or a list of these",
            "twinlog.conf:6: resource r0: nodes: beta: nbd: 7 is no address; allowed: "
                + ADDRESS_FORM
                + ", or unix:/PATH, or a list of these",
            "twinlog.conf:8: resource r0: fail-over: unknown key; did you mean failover?; allowed:"
                + " size, backing, nodes, secret-file, failover, flush, fencing, ram, ram-dir, huge-pages, max-dirty,"
                + " timing, limits, resync, aoe",
            "twinlog.conf:9: resource r0: flush: \"logs\" is not known; did you mean log?;"
                + " allowed: ram, log",
            "twinlog.conf:10: resource r0: ram: \"shmem\" is not known; did you mean shm?; allowed:"
                + " anonymous, shm",
            "twinlog.conf:11: resource r0: huge-pages: 3 is not known; allowed: no, yes",
            "twinlog.conf:12: resource r0: timing: heartbeat: 100 is not a duration that fits;"
                + " allowed: from 10 ms to 10 min, with its unit",
            "twinlog.conf:12: resource r0: timing: peer-timeout: \"1 h\" is not a duration that"
                + " fits; allowed: from 10 ms to 10 min, with its unit",
            "twinlog.conf:12: resource r0: timing: confirm-timeout: \"soon\" is not a duration that"
                + " fits; allowed: from 10 ms to 10 min, with its unit",
            "twinlog.conf:13: resource r0: limits: max-pending: \"1 MiB\" is not a size that fits;"
                + " allowed: from 32 MiB to 16 GiB",
            "twinlog.conf:13: resource r0: limits: nbd-connections: 0 is not a number that fits;"
                + " allowed: from 1 to 4096",
            "twinlog.conf:13: resource r0: limits: nbd-requests: \"many\" is not a number that"
                + " fits; allowed: from 1 to 4096",
            "twinlog.conf:15: resorce r1: unknown key; allowed: resource NAME { ... }"),
        problems(text));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "file:/srv/san/r0.img | aoe:eth1"
            + " | 3: resource r0: backing: shelves: shelf aoe:eth1: not an AoE target; one looks"
            + " like aoe:eth1/7.0; allowed: one shelf, or 2 to 8, each as \"file:/PATH\" or \"aoe:INTERFACE/SHELF.SLOT\"",
        "file:/srv/san/r0.img | file:r0.img"
            + " | 3: resource r0: backing: shelves: shelf file:r0.img: the path must be absolute;"
            + " allowed: one shelf, or 2 to 8, each as \"file:/PATH\" or \"aoe:INTERFACE/SHELF.SLOT\"",
        "\"file:/srv/san/r0.img\" | \"file:/a\", \"file:/a\""
            + " | 3: resource r0: backing: shelves: file:/a is named twice",
        "MiB | TiB | 2: resource r0: size: \"256 TiB\" is not a size that fits; allowed: a multiple"
            + " of 4 KiB from 4 KiB to 1 TiB",
        "256 MiB | 1000 | 2: resource r0: size: 1000 is not a size that fits; allowed: a multiple"
            + " of 4 KiB from 4 KiB to 1 TiB",
        "resource r0 | resource r/0 | 1: resource r/0: name: 'r/0' is no name for a resource;"
            + " allowed: letters, digits, - and _, at most 63, a letter or digit first",
        "beta { | \"be ta\" { | 6: resource r0: nodes: be ta: is no name for a node;"
            + " allowed: letters, digits, - and _, at most 63, a letter or digit first",
        "7789 | 7788 | 1: resource r0: peer 127.0.0.1:7788 of node beta is that of alpha too",
        "10810 | 10809 | 1: resource r0: nbd 127.0.0.1:10809 is the address of both nodes",
        "10810 | 7788 | 1: resource r0: nbd 127.0.0.1:7788 of node beta is the peer address of"
            + " alpha",
        "127.0.0.1:7789 | 0.0.0.0:7789 | 6: resource r0: nodes: beta: peer: is where the peer finds"
            + " this node, not any address; allowed: "
            + ADDRESS_FORM,
      })
  void shouldSayWhatIsAllowedWhenOneThingIsWrong(String right, String wrong, String message)
      throws IOException {
    List<String> problems = problems(ConfigFiles.SMALLEST.replace(right, wrong));
    assertTrue(problems.contains("twinlog.conf:" + message), problems::toString);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "peer-timeout = 200 ms | peer-timeout: 200 ms is too short for heartbeat = 100 ms; allowed:"
            + " at least 3 times as long",
        "counter-interval = 1 s | lone-takeover: 2 s is too short for counter-interval = 1 s;"
            + " allowed: at least 3 times as long",
        "confirm-timeout = 150 ms | confirm-timeout: 150 ms is too short for heartbeat = 100 ms;"
            + " allowed: at least 2 times as long",
      })
  void shouldCompareTimesWhenEachByItselfIsFine(String setting, String message) throws IOException {
    String text = ConfigFiles.SMALLEST.replace("size =", "timing { " + setting + " }\n  size =");
    assertEquals(List.of("twinlog.conf:2: resource r0: timing: " + message), problems(text));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "min-rate = 2 MiB, max-rate = 1 MiB | min-rate: 2 MiB is more than max-rate = 1 MiB;"
            + " allowed: at most it",
        "max-rate = 1 KiB | max-rate: \"1 KiB\" is not a size that fits; allowed: from 128 KiB to"
            + " 64 GiB",
      })
  void shouldCompareRatesWhenAResyncHasTwo(String setting, String message) throws IOException {
    String text = ConfigFiles.SMALLEST.replace("size =", "resync { " + setting + " }\n  size =");
    assertEquals(List.of("twinlog.conf:2: resource r0: resync: " + message), problems(text));
  }

  @Test
  void shouldNameTheShelfThatCannotBeReservedWhenFencingNeedsThat() throws IOException {
    String text = ConfigFiles.SMALLEST.replace("size =", "fencing = reserve\n  size =");
    assertEquals(
        List.of(
            "twinlog.conf:2: resource r0: fencing: \"reserve\" needs shelves that can be reserved,"
                + " and file:/srv/san/r0.img cannot; allowed: masks, or every shelf as"
                + " \"aoe:INTERFACE/SHELF.SLOT\""),
        problems(text));
  }

  @Test
  void shouldWantASecretWhenThePeerLinkLeavesTheMachine() throws IOException {
    String text = ConfigFiles.SMALLEST.replace("127.0.0.1:7789", "db2.example:7789");
    assertEquals(
        List.of(
            "twinlog.conf:1: resource r0: secret-file: is missing, and peer db2.example:7789 is not"
                + " local; allowed: the path of a file that both nodes have the same content of"),
        problems(text));
  }

  @Test
  void shouldWantTwoNodesWhenThereAreMoreOrFewer() throws IOException {
    String one = ConfigFiles.SMALLEST.replaceFirst("beta.*\n", "\n");
    assertEquals(
        List.of("twinlog.conf:4: resource r0: nodes: has 1 nodes; allowed: exactly two"),
        problems(one));
    String three =
        ConfigFiles.SMALLEST.replace("alpha", "gamma { peer = \"127.0.0.1:1\" }\n    alpha");
    assertEquals(
        List.of("twinlog.conf:4: resource r0: nodes: has 3 nodes; allowed: exactly two"),
        problems(three));
  }

  @Test
  void shouldFindConflictsWhenTwoResourcesShareWhatTheyMustNot() throws IOException {
    String text =
        ConfigFiles.SMALLEST.replace("nbd = \"127.0.0.1:10809\"", "metrics = \"127.0.0.1:1\"");
    String other = text.replace("resource r0", "resource r1").replace(":1\"", ":2\"");
    assertEquals(
        List.of(
            "twinlog.conf:9: resource r1: file:/srv/san/r0.img is the backing of resource r0 too",
            "twinlog.conf:9: resource r1: metrics of node alpha are at 127.0.0.1:1 already; a node"
                + " has one address for them"),
        problems(text + other));
  }

  @Test
  void shouldGiveTheLineWhenTheFileIsNoHocon() throws IOException {
    List<String> problems = problems("resource r0 {\n  size = 1 MiB\n  nodes { ]\n}\n");
    assertEquals(1, problems.size());
    assertEquals("twinlog.conf:3: syntax: ", problems.get(0).substring(0, 24));
  }

  @Test
  void shouldSayWhatBelongsInWhenTheFileIsEmptyOrMissing() throws IOException {
    assertEquals(
        List.of("twinlog.conf:1: resource: is missing; allowed: resource NAME { ... }"),
        problems("# nothing\n"));
    Path missing = directory.resolve("other.conf");
    assertEquals(
        "other.conf: the configuration file does not exist",
        assertThrows(ConfigProblems.class, () -> ConfigLoader.load(missing))
            .getMessage()
            .replace(directory + "/", ""));
  }
}
