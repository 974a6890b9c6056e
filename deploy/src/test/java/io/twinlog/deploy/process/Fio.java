package io.twinlog.deploy.process;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** fio, running against a pair's primary. */
final class Fio implements AutoCloseable {

  private final Process process;
  private final Path log;

  private Fio(Process process, Path log) {
    this.process = process;
    this.log = log;
  }

  /**
   * Writes every block of the device once, at random, in about 8 seconds, and reads all of it back;
   * each block carries its checksum.
   */
  static Fio verifying(Pair pair, int depth) throws IOException {
    return start(pair, pair.alpha, depth, List.of("--rate_iops=1000", "--do_verify=1"));
  }

  /** The same with the first eighth of the device, ten times as slowly, against this node. */
  static Fio verifyingSlowly(Pair pair, NodeProcess node, int depth) throws IOException {
    String size = "--size=" + pair.sizeBytes() / 8;
    return start(pair, node, depth, List.of("--rate_iops=100", "--do_verify=1", size));
  }

  /**
   * Writes likewise until the trigger file appears; then stops, notes which writes were
   * acknowledged, and kills alpha.
   */
  static Fio writing(Pair pair, int depth, Path trigger) throws IOException {
    return start(
        pair,
        pair.alpha,
        depth,
        List.of(
            "--rate_iops=1000",
            "--do_verify=0",
            "--verify_state_save=1",
            "--trigger-file=" + trigger,
            "--trigger=kill -KILL " + pair.alpha.pid()));
  }

  /** Reads back from beta what {@link #writing} has noted. */
  static Fio reading(Pair pair, int depth) throws IOException {
    return start(pair, pair.beta, depth, List.of("--verify_only", "--verify_state_load=1"));
  }

  private static Fio start(Pair pair, NodeProcess node, int depth, List<String> options)
      throws IOException {
    Path log = pair.directory().resolve("fio.log");
    List<String> command = new ArrayList<>();
    command.addAll(List.of("fio", "--name=job", "--ioengine=nbd", "--uri=" + node.uri()));
    command.addAll(List.of("--rw=randwrite", "--bs=4k", "--size=" + pair.sizeBytes()));
    command.addAll(List.of("--iodepth=" + depth, "--verify=crc32c", "--verify_fatal=1"));
    command.addAll(options);
    Process process =
        new ProcessBuilder(command)
            .directory(pair.directory().toFile())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
            .start();
    return new Fio(process, log);
  }

  /** Waits for the end of the job: no error, no block that is not as it was written. */
  void orFail() throws InterruptedException {
    if (awaitEnd() != 0) {
      throw new AssertionError("fio: " + Launcher.tail(log));
    }
  }

  /** Waits for the end of the job; gives its exit code. */
  int awaitEnd() throws InterruptedException {
    if (!process.waitFor(180, TimeUnit.SECONDS)) {
      throw new AssertionError("fio does not end: " + Launcher.tail(log));
    }
    return process.exitValue();
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
