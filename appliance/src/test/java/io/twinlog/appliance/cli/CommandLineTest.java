package io.twinlog.appliance.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CommandLineTest {

  private static Invocation parse(String line) throws UsageException {
    return CommandLine.parse(line.split(" "), Map.of());
  }

  @Test
  void shouldTakeOptionsWhereverTheyStandWhenTheVerbIsKnown() throws UsageException {
    Invocation invocation = parse("promote --force --node=alpha r0 --run-dir /tmp/a --accept-loss");
    assertEquals(
        new Invocation(
            Verb.PROMOTE,
            List.of("r0"),
            Set.of(Flag.FORCE, Flag.ACCEPT_LOSS),
            "",
            "alpha",
            "/tmp/a"),
        invocation);
  }

  @Test
  void shouldFallBackToTheEnvironmentWhenAnOptionIsAbsent() throws UsageException {
    Map<String, String> environment =
        Map.of("TWINLOG_CONFIG", "c", "TWINLOG_NODE", "n", "TWINLOG_RUN_DIR", "d");
    Invocation invocation =
        CommandLine.parse(new String[] {"status", "--node", "beta"}, environment);
    assertEquals("c", invocation.config());
    assertEquals("beta", invocation.node());
    assertEquals("d", invocation.runDir());
    assertEquals("", invocation.resource());
  }

  @Test
  void shouldTakeWordsAsArgumentsWhenTheyFollowTwoDashes() throws UsageException {
    assertEquals(List.of("r0", "--json"), parse("export r0 -- --json").arguments());
    assertEquals(List.of("r0", "-"), parse("export r0 -").arguments());
  }

  @Test
  void shouldExplainTheVerbWhenHelpIsAskedForAnywhere() throws UsageException {
    assertEquals(List.of("promote"), parse("promote r0 --help").arguments());
    assertEquals(Verb.HELP, parse("promote r0 --help").verb());
    assertEquals(Verb.HELP, parse("-h").verb());
    assertEquals(Verb.VERSION, parse("--version").verb());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "statsu | unknown verb 'statsu'; did you mean status?; try: twinlog help",
        "frobnicate r0 | unknown verb 'frobnicate'; try: twinlog help",
        "promote | RESOURCE is missing; usage: twinlog promote RESOURCE [--force] [--accept-loss]",
        "export r0 | FILE is missing; usage: twinlog export RESOURCE FILE",
        "demote r0 r1 | 'r1' is one argument too many; usage: twinlog demote RESOURCE",
        "demote r0 --force | twinlog demote has no option '--force'; try: twinlog help demote",
        "status --jsn | twinlog status has no option '--jsn'; did you mean --json?;"
            + " try: twinlog help status",
        "status --json=yes | twinlog status has no option '--json=yes'; try: twinlog help status",
        "status --node | --node needs a value",
        "status --node= | --node needs a value",
        "events --follow --once | --follow and --once exclude each other",
      })
  void shouldSayWhatIsWrongWhenTheLineMakesNoSense(String line, String message) {
    UsageException problem = assertThrows(UsageException.class, () -> parse(line));
    assertEquals(message, problem.getMessage());
  }

  @Test
  void shouldExplainEveryVerbAndFlagWhenHelpIsPrinted() {
    for (Verb verb : Verb.values()) {
      assertTrue(Help.overview().contains("\n  " + verb.word + " "), verb.word);
      for (Flag flag : verb.flags) {
        assertTrue(Help.of(verb).contains("\n  " + flag.word + " "), verb.word + flag.word);
      }
    }
  }
}
