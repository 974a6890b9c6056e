package io.twinlog.deploy.nemesis;

import io.twinlog.deploy.nemesis.history.Content;
import io.twinlog.deploy.nemesis.history.History;
import io.twinlog.deploy.nemesis.history.Recheck;
import io.twinlog.deploy.process.NbdClient;
import io.twinlog.deploy.process.NodeProcess;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.random.RandomGenerator;

/**
 * Rounds of one fault or several at a time, or of a plot, under load; after each round the pair
 * must recover.
 */
final class Nemesis {

  /** How many requests must be answered between two rounds. */
  private static final int PROGRESS = 30;

  private static final long PROGRESS_SECONDS = 60;
  private static final int ANSWER_MILLIS = 60_000;
  private final Site site;
  private final History history;
  private final RandomGenerator random;
  private final Options options;
  private final Injector injector;
  private final Recovery recovery;
  private final Plots plots;
  private final ShelfPlots shelfPlots;
  private final FencePlots fencePlots;
  private final long startNanos = System.nanoTime();

  private Clients clients;
  private int clientsSoFar;
  private NodeProcess primary;

  Nemesis(Site site, History history, RandomGenerator random, Options options) {
    this.site = site;
    this.history = history;
    this.random = random;
    this.options = options;
    injector = new Injector(site, history, random);
    recovery = new Recovery(site, injector, this::tell, options.automatic());
    Steps steps = new Steps(site, history, random, this::tell, options.automatic());
    plots = new Plots(site, injector, random, steps);
    shelfPlots = new ShelfPlots(site, injector, random, steps, this::awaitProgress);
    fencePlots = new FencePlots(site, injector, random, steps);
  }

  /** Says a line of the story, and keeps it with the history. */
  private void tell(String text) {
    String line = "%7.1f s  %s".formatted((System.nanoTime() - startNanos) / 1e9, text);
    System.out.println(line);
    history.tell(System.nanoTime() + " " + line.strip());
  }

  /** Runs to the end; fails when the pair does not recover from something. */
  void run() throws IOException, InterruptedException {
    primary = recovery.begin();
    startClients();
    int faults = 0;
    while (faults < options.faults()) {
      faults += round(options.faults() - faults);
      awaitProgress();
      if (options.broken().isPresent() && isNoticed()) {
        tell(options.broken().get().rule() + " was found missing after " + faults + " faults");
        return;
      }
    }
    clients.stop();
    new LastLook(site, recovery, history, this::tell).run(primary);
    startClients();
    dwell();
    loseBoth();
    tell(faults + " faults, " + clientsSoFar + " clients");
  }

  private boolean isNoticed() {
    return !Recheck.check(history.contents()).isEmpty();
  }

  private void startClients() {
    clients = new Clients(site.nodes(), history, options.seed(), clientsSoFar);
    clientsSoFar += Clients.COUNT;
    clients.start();
    awaitProgress();
  }

  private void awaitProgress() {
    clients.awaitMore(PROGRESS, PROGRESS_SECONDS);
  }

  /** Returns how many faults there were. */
  private int round(int atMost) throws IOException, InterruptedException {
    int count = 1;
    if (options.broken().isPresent()) {
      plot(options.broken().get().plot());
    } else if (random.nextBoolean()) {
      plot(pick(true));
    } else {
      count = Math.min(atMost, random.nextInt(1, 4));
      faults(count);
    }
    primary = recovery.await();
    return count;
  }

  /**
   * Where shelves are targets, every other time something that befalls these; of what is left,
   * where there are several shelves, every other time something that befalls one of them.
   */
  private Fault pick(boolean plot) {
    boolean ofTargets = !options.san().isFiles() && random.nextBoolean();
    boolean ofShelves = !ofTargets && site.shelves() > 1 && random.nextBoolean();
    List<Fault> faults =
        Arrays.stream(Fault.values())
            .filter(fault -> fault.isPlot() == plot && fault.fits(options.san()))
            .filter(fault -> fault.isOfShelves() == ofShelves && fault.isOfTargets() == ofTargets)
            .toList();
    return faults.get(random.nextInt(faults.size()));
  }

  private void plot(Fault plot) throws IOException, InterruptedException {
    tell(plot + " (primary " + primary.name() + ")");
    if (plot.isOfShelves()) {
      shelfPlots.play(plot, primary);
    } else if (plot.isOfTargets()) {
      fencePlots.play(plot, primary);
    } else {
      plots.play(plot, primary);
    }
    if (plot.losesBoth()) {
      loseBoth();
      primary = recovery.await();
      beginEpoch();
    } else {
      dwell();
    }
  }

  private void loseBoth() throws IOException, InterruptedException {
    new PowerLoss(site, history, this::tell).run(clients, recovery);
    tell(clients.answered() + " requests answered, " + clients.errors() + " with an error");
  }

  /** What was lost is lost, and counts no more. */
  private void beginEpoch() throws IOException {
    try (NbdClient client = NbdClient.open(primary, ANSWER_MILLIS, ANSWER_MILLIS)) {
      for (Cells.Range cell : Cells.all()) {
        client.write(
            (long) cell.firstBlock() * Content.BLOCK_BYTES,
            Content.of(Content.ZERO, cell.firstBlock(), cell.blocks()));
      }
    }
    history.beginEpoch();
    startClients();
  }

  private void faults(int count) throws IOException, InterruptedException {
    List<Fault> done = new ArrayList<>();
    while (done.size() < count) {
      Fault fault = pick(false);
      if (fault.losesRam() && done.stream().anyMatch(Fault::losesRam)) {
        continue;
      }
      tell(fault + " (primary " + primary.name() + ")");
      injector.inject(fault, primary);
      done.add(fault);
      dwell();
    }
    if (!options.automatic() && random.nextBoolean()) {
      recovery.promoteSomebody();
      dwell();
    }
  }

  private void dwell() {
    long millis = random.nextInt(20) == 0 ? options.longMillis() : random.nextInt(100, 3_000);
    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(millis));
  }
}
