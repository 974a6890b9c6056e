package io.twinlog.appliance.cli;

import java.io.PrintStream;
import java.util.Map;

/** Runs one command line. */
public final class Cli {

  /** The verb did what it was asked to do. */
  public static final int DONE = 0;

  /** Refused or failed; one line on standard error says why and what to do. */
  public static final int REFUSED = 1;

  /** The command line makes no sense. */
  public static final int USAGE = 2;

  private final Map<String, String> environment;
  private final PrintStream out;
  private final PrintStream err;

  public Cli(Map<String, String> environment, PrintStream out, PrintStream err) {
    this.environment = environment;
    this.out = out;
    this.err = err;
  }

  /** Returns the exit code; {@code node} returns when the node has ended. */
  public int run(String... args) {
    try {
      run(CommandLine.parse(args, environment));
      return DONE;
    } catch (UsageException e) {
      err.println("twinlog: " + e.getMessage());
      return USAGE;
    } catch (RefusedException e) {
      // No lambda here: the first one costs a client verb 30 ms.
      for (String line : e.getMessage().split("\n", -1)) {
        err.println("twinlog: " + line);
      }
      return REFUSED;
    }
  }

  private void run(Invocation invocation) throws UsageException, RefusedException {
    switch (invocation.verb()) {
      case HELP -> help(invocation);
      case VERSION -> out.println("twinlog " + version());
      case NODE -> new NodeVerb(invocation, out, err).run();
      case CREATE, CHECK, EXPORT -> new OfflineVerbs(invocation, out, err).run();
      case STATUS,
          PROMOTE,
          DEMOTE,
          SWITCHOVER,
          CONNECT,
          DISCONNECT,
          RESYNC,
          FLUSH,
          VERIFY,
          EMERGENCY,
          SHELF,
          EVENTS ->
          new ClientVerbs(invocation, out).run();
    }
  }

  private void help(Invocation invocation) throws UsageException {
    out.print(
        invocation.arguments().isEmpty()
            ? Help.overview()
            : Help.of(CommandLine.verb(invocation.arguments().get(0))));
  }

  /** From the jar's manifest; classes that do not come from a jar have none. */
  private static String version() {
    String version = Cli.class.getPackage().getImplementationVersion();
    return version == null ? "(unpackaged)" : version;
  }
}
