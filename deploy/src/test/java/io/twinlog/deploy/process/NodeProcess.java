package io.twinlog.deploy.process;

import io.twinlog.appliance.admin.AdminClient;
import io.twinlog.appliance.admin.AdminException;
import io.twinlog.proto.admin.Reply;
import io.twinlog.proto.admin.Request;
import io.twinlog.proto.admin.ResourceStatus;
import io.twinlog.proto.admin.StatusRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/** A real node: a process that runs {@code twinlog node}, with what a test does to it. */
public final class NodeProcess implements AutoCloseable {

  private static final Duration START_LIMIT = Duration.ofMinutes(5);

  private static final int END_SECONDS = 60;

  /** How often a node is asked for its status while a test waits for one. */
  private static final int WATCH_MILLIS = 20;

  private final String name;
  private final Path runDir;
  private final Path config;
  private final Path log;
  private final int nbdPort;
  private final List<String> prefix;
  private PairConfig settings;
  private String javaOptions = "";
  private Process process;

  NodeProcess(String name, Path directory, int nbdPort, PairConfig settings) {
    this(name, directory, nbdPort, settings, List.of());
  }

  /**
   * A node that does not run yet.
   *
   * @param directory for what it writes
   * @param prefix a command that runs the node's, in the same process
   */
  public NodeProcess(
      String name, Path directory, int nbdPort, PairConfig settings, List<String> prefix) {
    this.prefix = prefix;
    this.name = name;
    this.runDir = directory.resolve("run-" + name);
    this.config = directory.resolve(name + ".conf");
    this.log = directory.resolve(name + ".log");
    this.nbdPort = nbdPort;
    this.settings = settings;
  }

  /** As the configuration names it. */
  public String name() {
    return name;
  }

  String address() {
    return settings.address(name);
  }

  int nbdPort() {
    return nbdPort;
  }

  String uri() {
    return "nbd://" + address() + ":" + nbdPort + "/r0";
  }

  /** Runs a hook of a UPS daemon from the examples, as the daemon would for this node. */
  Launcher.Result hook(String name, String event) throws IOException, InterruptedException {
    Path bin = Launcher.twinlog().getParent();
    return Launcher.run(
        "env",
        "PATH=" + bin + ":" + System.getenv("PATH"),
        "NOTIFYTYPE=" + event,
        "TWINLOG_RUN_DIR=" + runDir,
        bin.resolveSibling("examples").resolve(name).toString());
  }

  /** What the node's configuration file is to say from its next start on. */
  public void configure(PairConfig other) {
    settings = other;
  }

  /** More options for Java, from the node's next start on. */
  public void javaOptions(String options) {
    javaOptions = options;
  }

  /** The process's number. */
  public long pid() {
    return process.pid();
  }

  /** Starts the process and waits until it answers. */
  public void start() throws IOException, InterruptedException {
    begin();
    awaitStart();
  }

  /** Starts the process. */
  public void begin() throws IOException {
    List<String> command = new ArrayList<>(prefix);
    command.addAll(command(List.of("node")));
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
    if (!javaOptions.isEmpty()) {
      builder.environment().put("TWINLOG_JAVA_OPTS", javaOptions);
    }
    process = builder.start();
  }

  /** Waits until the process that was started answers. */
  public void awaitStart() {
    long deadline = System.nanoTime() + START_LIMIT.toNanos();
    while (!answers()) {
      if (!process.isAlive() || System.nanoTime() - deadline > 0) {
        String how = process.isAlive() ? "does not answer" : "ended with " + process.exitValue();
        throw new AssertionError("did not start, " + how + ": " + this);
      }
      // The socket of an earlier process may still be there, so its appearance says nothing.
      LockSupport.parkNanos(Duration.ofMillis(WATCH_MILLIS).toNanos());
    }
  }

  /** Runs a verb of the command line with this node's options. */
  public Launcher.Result twinlog(String... verb) throws IOException, InterruptedException {
    return Launcher.run(command(List.of(verb)));
  }

  /** A command line with this node's options; the configuration file is written for it. */
  private List<String> command(List<String> verb) throws IOException {
    settings.write(config);
    List<String> command = new ArrayList<>();
    command.add(Launcher.twinlog().toString());
    command.addAll(verb);
    command.addAll(
        List.of("--config", config.toString(), "--node", name, "--run-dir", runDir.toString()));
    return command;
  }

  /** SIGKILL, and waits for the end. */
  public void kill() throws InterruptedException {
    sendKill();
    awaitEnd();
  }

  /** SIGKILL; the end may wait for a request to the backing that does not return. */
  public void sendKill() {
    process.destroyForcibly();
  }

  /** SIGTERM. */
  public void sendTerminate() {
    process.destroy();
  }

  /** Whether there is a process, running or paused. */
  public boolean isAlive() {
    return process != null && process.isAlive();
  }

  /** SIGTERM, and waits for the end. */
  public void terminate() throws InterruptedException {
    sendTerminate();
    awaitEnd();
  }

  /** SIGSTOP. */
  public void pause() throws IOException, InterruptedException {
    signal("STOP");
  }

  /** SIGCONT. */
  public void resume() throws IOException, InterruptedException {
    signal("CONT");
  }

  /** SIGPWR: what a UPS daemon sends when mains power has failed. */
  void powerFails() throws IOException, InterruptedException {
    signal("PWR");
  }

  private void signal(String signal) throws IOException, InterruptedException {
    Launcher.run("sh", "-c", "kill -" + signal + " " + process.pid()).orFail();
  }

  /** Waits for the end after a signal; fails when it does not come within a minute. */
  public void awaitEnd() throws InterruptedException {
    if (!process.waitFor(END_SECONDS, TimeUnit.SECONDS)) {
      throw new AssertionError("did not end: " + this);
    }
  }

  ResourceStatus status() {
    return await("a status", status -> true, Duration.ofSeconds(10));
  }

  /**
   * Follows the node's status until it is as wanted.
   *
   * @param what in words, for the failure
   */
  ResourceStatus await(String what, Predicate<ResourceStatus> wanted, Duration limit) {
    long deadline = System.nanoTime() + limit.toNanos();
    ResourceStatus last = ResourceStatus.getDefaultInstance();
    try (AdminClient client = ask(WATCH_MILLIS)) {
      for (long left; (left = deadline - System.nanoTime()) > 0; ) {
        Reply reply = client.next(Math.max(1, left / 1_000_000));
        if (reply == null) {
          break;
        }
        last = reply.getStatus().getResources(0);
        if (wanted.test(last)) {
          return last;
        }
      }
    } catch (AdminException e) {
      throw new AssertionError("waited for " + what + ": last " + last + this, e);
    }
    throw new AssertionError("waited for " + what + ": last " + last + this);
  }

  /** Waits until a line of the node's log contains a match. */
  void awaitLog(String pattern, Duration limit) throws IOException {
    Predicate<String> wanted = Pattern.compile(pattern).asPredicate();
    long deadline = System.nanoTime() + limit.toNanos();
    while (Files.readAllLines(log).stream().noneMatch(wanted)) {
      if (System.nanoTime() - deadline > 0) {
        throw new AssertionError("waited for a line with " + pattern + ": " + this);
      }
      LockSupport.parkNanos(Duration.ofMillis(WATCH_MILLIS).toNanos());
    }
  }

  private boolean answers() {
    try (AdminClient client = ask(0)) {
      return client.next(1000) != null;
    } catch (AdminException e) {
      return false;
    }
  }

  private AdminClient ask(int watchMillis) throws AdminException {
    StatusRequest.Builder status = StatusRequest.newBuilder().setResource("r0");
    return ask(Request.newBuilder().setStatus(status.setWatchMillis(watchMillis)).build());
  }

  /** Asks the running node what the command line could ask it, without its start-up time. */
  public AdminClient ask(Request request) throws AdminException {
    return AdminClient.ask(name, runDir, request);
  }

  /** Ends the process if it runs, paused or not. */
  @Override
  public void close() {
    if (process != null) {
      process.destroyForcibly().onExit().orTimeout(END_SECONDS, TimeUnit.SECONDS).join();
    }
  }

  /** The node's name and the end of its log, for failures. */
  @Override
  public String toString() {
    return "node " + name + ":\n" + Launcher.tail(log);
  }
}
