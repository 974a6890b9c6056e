package io.twinlog.appliance.cli;

import io.twinlog.appliance.config.TwinlogConfig;
import io.twinlog.appliance.node.Logging;
import io.twinlog.appliance.node.Node;
import io.twinlog.appliance.node.NodeOptions;
import io.twinlog.appliance.node.StartException;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.slf4j.LoggerFactory;

/** {@code twinlog node}: runs a node until a signal or a broken invariant ends it. */
final class NodeVerb {

  /** For the orderly end; a service manager waits longer before it kills (systemd: 90 s). */
  private static final Duration STOP_LIMIT = Duration.ofSeconds(60);

  private final Invocation invocation;
  private final PrintStream out;
  private final PrintStream err;

  NodeVerb(Invocation invocation, PrintStream out, PrintStream err) {
    this.invocation = invocation;
    this.out = out;
    this.err = err;
  }

  /** Returns only when the node could not be started. */
  void run() throws UsageException, RefusedException {
    String name = invocation.node();
    if (name.isEmpty()) {
      throw new UsageException("which node? give --node NAME, or set TWINLOG_NODE");
    }
    TwinlogConfig config = ConfigFile.load(invocation, name);
    Path runDir =
        invocation.runDir().isEmpty() ? Target.defaultRunDir(name) : Path.of(invocation.runDir());
    NodeOptions options =
        new NodeOptions(name, runDir.toAbsolutePath(), !invocation.has(Flag.NO_MLOCK));
    Node node;
    try {
      node = Node.start(config, options, this::panic);
    } catch (StartException e) {
      Logging.stop();
      throw new RefusedException(e.getMessage());
    }
    PowerSignal.handle(() -> node.emergency(true));
    Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(node), "tl-stop"));
    out.println(
        "ready node="
            + name
            + " resources="
            + String.join(",", node.resourceNames())
            + " pid="
            + ProcessHandle.current().pid());
    awaitSignal();
  }

  /** SIGTERM and SIGINT start the shutdown hooks, and the hook below ends the process. */
  private static void awaitSignal() {
    try {
      new CountDownLatch(1).await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void stop(Node node) {
    int code = Cli.DONE;
    try {
      node.stop(STOP_LIMIT);
    } catch (IOException | InterruptedException | RuntimeException e) {
      LoggerFactory.getLogger(NodeVerb.class).error("could not end in order", e);
      code = Cli.REFUSED;
    }
    Logging.stop();
    // Otherwise the exit code would be that of the signal.
    Runtime.getRuntime().halt(code);
  }

  /** Without the shutdown hooks: a replica that went wrong must not carry on in any way. */
  private void panic(String what) {
    err.println("twinlog: the node stops at once: " + what);
    Logging.stop();
    Runtime.getRuntime().halt(Cli.REFUSED);
  }
}
