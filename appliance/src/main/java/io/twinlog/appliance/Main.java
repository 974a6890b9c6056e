package io.twinlog.appliance;

import io.twinlog.appliance.cli.Cli;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/** The {@code twinlog} command. */
public final class Main {

  private Main() {}

  /**
   * Runs the command line and ends with its exit code: 0 done, 1 refused or failed, 2 bad usage.
   */
  public static void main(String[] args) {
    PrintStream out =
        new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);
    PrintStream err =
        new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8);
    System.exit(new Cli(System.getenv(), out, err).run(args));
  }
}
