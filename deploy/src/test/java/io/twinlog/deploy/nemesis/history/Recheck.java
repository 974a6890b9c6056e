package io.twinlog.deploy.nemesis.history;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Checks a history that was kept: {@code deploy/recheck FILE}. */
public final class Recheck {

  private static final int SHOWN = 20;

  private Recheck() {}

  /** Everything that is wrong with a history, a line for each; empty when nothing is. */
  public static List<String> check(History.Contents contents) {
    List<String> violations = new ArrayList<>();
    for (List<Operation> epoch : contents.epochs()) {
      violations.addAll(Linearizability.check(epoch));
      violations.addAll(Prefix.check(epoch));
    }
    violations.addAll(Periods.check(contents.operations(), contents.views()));
    return violations;
  }

  /** Exit code 0 when the history is right, 1 when not, 2 when there is none. */
  public static void main(String[] arguments) throws IOException {
    if (arguments.length != 1) {
      System.err.println("usage: deploy/recheck FILE");
      System.exit(2);
    }
    History.Contents contents = History.read(Path.of(arguments[0]));
    List<String> violations = check(contents);
    System.out.println(
        contents.operations().size()
            + " operations, "
            + contents.views().size()
            + " views seen: "
            + (violations.isEmpty() ? "nothing is wrong" : violations.size() + " violations"));
    violations.stream().limit(SHOWN).forEach(System.out::println);
    System.exit(violations.isEmpty() ? 0 : 1);
  }
}
