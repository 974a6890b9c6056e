package io.twinlog.appliance.cli;

import io.twinlog.appliance.config.ResourceConfig;
import io.twinlog.appliance.node.Logging;
import io.twinlog.appliance.node.OpenBacking;
import io.twinlog.appliance.node.RunDir;
import io.twinlog.appliance.text.Units;
import io.twinlog.blockdev.log.BackingCheck;
import io.twinlog.blockdev.log.BackingExport;
import io.twinlog.blockdev.log.BackingFormat;
import io.twinlog.blockdev.log.Layout;
import io.twinlog.blockdev.log.NewBacking;
import io.twinlog.blockdev.log.Stagger;
import io.twinlog.blockdev.log.Superblock;
import io.twinlog.blockdev.shelf.Shelf;
import io.twinlog.blockdev.shelf.ShelfSpec;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** The verbs that work on a backing directly, without a node. */
final class OfflineVerbs {

  private final Invocation invocation;
  private final PrintStream out;
  private final PrintStream err;

  OfflineVerbs(Invocation invocation, PrintStream out, PrintStream err) {
    this.invocation = invocation;
    this.out = out;
    this.err = err;
  }

  void run() throws UsageException, RefusedException {
    Logging.defaultLevel("WARN");
    ResourceConfig resource = ConfigFile.resource(invocation);
    try {
      switch (invocation.verb()) {
        case CREATE -> create(resource);
        case CHECK -> check(resource);
        default -> export(resource, Path.of(invocation.arguments().get(1)));
      }
    } catch (IOException e) {
      throw new RefusedException(String.valueOf(e.getMessage()));
    } finally {
      Logging.stop();
    }
  }

  private void create(ResourceConfig resource) throws IOException, RefusedException {
    String user = user(resource);
    if (!user.isEmpty()) {
      throw new RefusedException(
          user + " is running and has resource " + resource.name() + "; stop it first");
    }
    int count = resource.shelves().size();
    // With the larger sectors, so that a file suffices whatever its file system has.
    Layout largest = Layout.of(resource.sizeBytes(), 4096, resource.ringBytes());
    long bytes = stagger(largest, count).shelfBytes();
    List<ShelfSpec> made = new ArrayList<>();
    List<Shelf> shelves = new ArrayList<>();
    boolean formatted = false;
    try {
      int sectorBytes = 512;
      for (ShelfSpec spec : resource.shelves()) {
        if (spec.createIfMissing(bytes)) {
          made.add(spec);
        }
        Shelf shelf = spec.open(resource.name(), OfflineVerbs::fatal);
        shelves.add(shelf);
        sectorBytes = Math.max(sectorBytes, shelf.sectorBytes());
      }
      Layout layout = Layout.of(resource.sizeBytes(), sectorBytes, resource.ringBytes());
      NewBacking backing =
          new NewBacking(
              UUID.randomUUID(),
              resource.name(),
              stagger(layout, count),
              resource.nodeNames(),
              Instant.now().truncatedTo(ChronoUnit.SECONDS));
      Superblock superblock = BackingFormat.create(shelves, backing, invocation.has(Flag.FORCE));
      formatted = true;
      for (ShelfSpec spec : resource.shelves()) {
        out.println(
            (made.contains(spec) ? "made " : "formatted ")
                + spec.text()
                + " for "
                + resource.name()
                + ": device "
                + Units.bytes(resource.sizeBytes())
                + ", two log rings of "
                + Units.bytes(layout.ringBytes())
                + ", nodes "
                + String.join(" and ", resource.nodeNames())
                + ", "
                + superblock.resource());
      }
      if (count == 2) {
        out.println(
            "note: with one of two shelves lost the data is safe, but no view can be changed and a"
                + " node alone cannot go on; three shelves can lose any one");
      }
    } finally {
      for (Shelf shelf : shelves) {
        shelf.close();
      }
      for (ShelfSpec spec : made) {
        if (!formatted && spec instanceof ShelfSpec.FileSpec file) {
          Files.deleteIfExists(file.path());
        }
      }
    }
  }

  private static Stagger stagger(Layout layout, int shelves) {
    return new Stagger(layout, shelves, Stagger.DEFAULT_CHUNK_BYTES);
  }

  private void check(ResourceConfig resource) throws IOException, RefusedException {
    warnOfUser(resource);
    try (OpenBacking backing = OpenBacking.open(resource, false, OfflineVerbs::fatal)) {
      BackingCheck.Report report = BackingCheck.run(backing.openShelves(), backing.superblock());
      out.print(report.text());
      if (report.recovered() == null || !report.problems().isEmpty()) {
        throw new RefusedException(
            "the backing of "
                + resource.name()
                + " is not sound; keep a copy of it before anything else is done to it");
      }
    }
  }

  private void export(ResourceConfig resource, Path file) throws IOException, RefusedException {
    warnOfUser(resource);
    try (OpenBacking backing = OpenBacking.open(resource, false, OfflineVerbs::fatal)) {
      BackingCheck.Report report =
          BackingExport.run(backing.openShelves(), backing.superblock(), file);
      out.println(
          "exported "
              + resource.name()
              + " as of write "
              + report.recovered().end()
              + " to "
              + file
              + (report.complete()
                  ? ": no acknowledged write is missing"
                  : ": acknowledged writes after that may be missing"));
    } catch (FileAlreadyExistsException e) {
      throw new RefusedException(file + " exists already; name a file that does not");
    }
  }

  private void warnOfUser(ResourceConfig resource) {
    String user = user(resource);
    if (!user.isEmpty()) {
      err.println(
          "twinlog: note: " + user + " is running and may change the backing while it is read");
    }
  }

  /** The node of this machine that has the resource and runs, with its pid; or empty. */
  private String user(ResourceConfig resource) {
    List<Path> directories = new ArrayList<>();
    resource.nodeNames().forEach(node -> directories.add(Target.defaultRunDir(node)));
    if (!invocation.runDir().isEmpty()) {
      directories.add(Path.of(invocation.runDir()));
    }
    for (Path directory : directories) {
      String pid = RunDir.holder(directory);
      if (!pid.isEmpty()) {
        return "the node in " + directory + " (pid " + pid + ")";
      }
    }
    return "";
  }

  private static void fatal(Thread thread, Throwable failure) {
    failure.printStackTrace();
    Runtime.getRuntime().halt(Cli.REFUSED);
  }
}
