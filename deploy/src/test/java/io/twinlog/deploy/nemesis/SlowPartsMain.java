package io.twinlog.deploy.nemesis;

import io.twinlog.deploy.nemesis.history.History;
import java.nio.file.Path;
import java.util.Optional;
import java.util.SplittableRandom;

/** {@link SlowParts} in namespaces of its own; see {@link Own}. */
public final class SlowPartsMain {

  private static final Options OPTIONS = new Options(1, 0, 1, San.Kind.FILES, 0, Optional.empty());

  private SlowPartsMain() {}

  /**
   * Runs; exit code 0 when all is well.
   *
   * @param arguments how long the backing stalls, in milliseconds, and an empty directory
   */
  public static void main(String[] arguments) throws Exception {
    Own.endWithParent();
    Path directory = Path.of(arguments[1]);
    int status = 1;
    try (History history = new History(directory.resolve("history"));
        Site site = Site.make(directory, OPTIONS, SlowParts.CONFIGURATION, "")) {
      Injector injector = new Injector(site, history, new SplittableRandom(1));
      Recovery recovery = new Recovery(site, injector, System.out::println, false);
      new SlowParts(site, recovery, Long.parseLong(arguments[0])).run();
      status = 0;
    } catch (Exception | AssertionError e) {
      e.printStackTrace(System.out);
    }
    System.exit(status);
  }
}
