package io.twinlog.deploy.nemesis;

import io.twinlog.deploy.nemesis.broken.AgentJar;
import io.twinlog.deploy.nemesis.history.History;
import io.twinlog.deploy.nemesis.history.Recheck;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/**
 * One run, in namespaces of its own that {@code unshare} has made for this process: whatever it
 * starts, mounts and makes ends with it, even when it is killed.
 */
public final class NemesisMain {

  private static final int SHOWN = 20;

  private NemesisMain() {}

  /**
   * Runs; exit code 0 when the history is right, or, with a rule that is not in force, when it is
   * wrong.
   *
   * @param arguments those of the {@link Options}, and an empty directory
   */
  public static void main(String[] arguments) throws Exception {
    Own.endWithParent();
    Options options = Options.parse(List.of(arguments));
    int status = 1;
    try {
      boolean isRight = run(options, Path.of(arguments[Options.ARGUMENTS]));
      status = isRight == options.broken().isEmpty() ? 0 : 1;
    } catch (Exception | AssertionError e) {
      e.printStackTrace(System.out);
    }
    // Threads that wait for something held up would otherwise keep this process.
    System.exit(status);
  }

  private static boolean run(Options options, Path directory)
      throws IOException, InterruptedException {
    RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(options.seed());
    String javaOptions =
        options.broken().isPresent()
            ? AgentJar.option(directory, options.broken().get().rule())
            : "";
    History.Contents contents;
    try (History history = new History(directory.resolve("history"));
        Site site = Site.make(directory, options, options.configuration(), javaOptions)) {
      site.nodes().forEach(node -> ViewWatch.start(node, history));
      try {
        new Nemesis(site, history, random, options).run();
      } finally {
        contents = history.contents();
      }
    }
    if (!options.san().isFiles()) {
      System.out.println("reservations: " + FenceEvents.count(directory));
    }
    List<String> violations = Recheck.check(contents);
    violations.stream().limit(SHOWN).forEach(System.out::println);
    System.out.println(contents.operations().size() + " operations checked");
    return violations.isEmpty();
  }
}
