package io.twinlog.deploy.nemesis;

import io.twinlog.deploy.nemesis.history.History;
import io.twinlog.deploy.process.NodeProcess;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.random.RandomGenerator;

/** Rounds of one fault or several at a time, under load; after each round the pair must recover. */
final class Nemesis {

  /** How many requests must be answered between two rounds. */
  private static final int PROGRESS = 30;

  private static final long PROGRESS_SECONDS = 60;
  private static final List<Fault> FAULTS = List.of(Fault.values());

  private final Site site;
  private final Clients clients;
  private final History history;
  private final RandomGenerator random;
  private final Options options;
  private final Injector injector;
  private final Recovery recovery;
  private final long startNanos = System.nanoTime();

  Nemesis(Site site, Clients clients, History history, RandomGenerator random, Options options) {
    this.site = site;
    this.clients = clients;
    this.history = history;
    this.random = random;
    this.options = options;
    injector = new Injector(site, history, random);
    recovery = new Recovery(site, injector, this::tell, options.automatic());
  }

  /** Says a line of the story, and keeps it with the history. */
  private void tell(String text) {
    String line = "%7.1f s  %s".formatted((System.nanoTime() - startNanos) / 1e9, text);
    System.out.println(line);
    history.tell(System.nanoTime() + " " + line.strip());
  }

  /** Runs to the end; fails when the pair does not recover from something. */
  void run() throws IOException, InterruptedException {
    NodeProcess primary = recovery.begin();
    clients.start();
    clients.awaitMore(PROGRESS, PROGRESS_SECONDS);
    for (int faults = 0; faults < options.faults(); ) {
      faults += round(primary, Math.min(options.faults() - faults, random.nextInt(1, 4)));
      primary = recovery.await();
      clients.awaitMore(PROGRESS, PROGRESS_SECONDS);
    }
    clients.stop();
    new LastLook(recovery, history, this::tell).run(primary);
    tell(clients.answered() + " requests answered, " + clients.errors() + " with an error");
    loseBoth();
  }

  private void loseBoth() throws IOException, InterruptedException {
    Clients others = new Clients(site.nodes(), history, options.seed(), Clients.COUNT);
    others.start();
    others.awaitMore(PROGRESS, PROGRESS_SECONDS);
    dwell();
    new PowerLoss(site, history, this::tell).run(others);
  }

  private int round(NodeProcess primary, int count) throws IOException, InterruptedException {
    List<Fault> done = new ArrayList<>();
    while (done.size() < count) {
      Fault fault = FAULTS.get(random.nextInt(FAULTS.size()));
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
    return count;
  }

  private void dwell() {
    long millis = random.nextInt(20) == 0 ? options.longMillis() : random.nextInt(100, 3_000);
    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(millis));
  }
}
