package io.twinlog.deploy.commits;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * The workload's command line.
 *
 * <ul>
 *   <li>{@code run ROOT RECORD WRITERS COUNT}: that many writers make COUNT commits each, or as
 *       many as they can. Prints what stopped them, if anything did.
 *   <li>{@code check ROOT RECORD}: prints {@code ACKNOWLEDGED MISSING DAMAGED}; exit code 1 unless
 *       the last two are 0.
 *   <li>{@code rate RECORD}: prints the median and the 99th percentile of a commit, in
 *       milliseconds.
 * </ul>
 */
public final class Commits {

  private Commits() {}

  /** Runs one of the commands. */
  public static void main(String[] args) throws Exception {
    PrintStream out = System.out;
    String command = args.length == 0 ? "" : args[0];
    switch (command + " " + args.length) {
      case "run 5" -> {
        int writers = Integer.parseInt(args[3]);
        out.println(run(Path.of(args[1]), Path.of(args[2]), writers, Integer.parseInt(args[4])));
      }
      case "check 3" -> {
        CommitCheck check = CommitCheck.of(Path.of(args[1]), CommitRecord.read(Path.of(args[2])));
        out.println(check.acknowledged() + " " + check.missing() + " " + check.damaged());
        System.exit(check.isGood() ? 0 : 1);
      }
      case "rate 2" -> out.println(rate(CommitRecord.read(Path.of(args[1]))));
      default -> {
        System.err.println(
            "usage: run ROOT RECORD WRITERS COUNT | check ROOT RECORD | rate RECORD");
        System.exit(2);
      }
    }
  }

  private static String run(Path root, Path file, int writers, int count)
      throws IOException, InterruptedException, ExecutionException {
    ExecutorService threads = Executors.newFixedThreadPool(writers);
    try (CommitRecord record = CommitRecord.append(file)) {
      List<Callable<String>> tasks = new ArrayList<>();
      for (int writer = 0; writer < writers; writer++) {
        tasks.add(new CommitWriter(root, record, writer, count));
      }
      String stopped = "";
      for (Future<String> outcome : threads.invokeAll(tasks)) {
        stopped = stopped.isEmpty() ? outcome.get() : stopped;
      }
      return stopped;
    } finally {
      threads.shutdown();
    }
  }

  private static String rate(List<CommitRecord.Entry> entries) {
    long[] micros = entries.stream().mapToLong(CommitRecord.Entry::micros).sorted().toArray();
    return micros.length == 0 ? "- -" : at(micros, 0.50) + " " + at(micros, 0.99);
  }

  private static String at(long[] sorted, double share) {
    return String.format("%.1f", sorted[(int) (share * (sorted.length - 1))] / 1000.0);
  }
}
