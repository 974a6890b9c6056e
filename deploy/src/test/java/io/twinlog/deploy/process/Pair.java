package io.twinlog.deploy.process;

import io.twinlog.proto.admin.ResourceStatus;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/** Two nodes, alpha and beta, with one resource r0, in a directory of their own. */
final class Pair implements AutoCloseable {

  /** For whatever a healthy pair does within a second or two, on a machine that is busy. */
  static final Duration SOON = Duration.ofSeconds(30);

  /** A shelf has to be found lost, recorded, and filled while clients write. */
  static final Duration SHELF_LIMIT = Duration.ofMinutes(2);

  private static final int SIZE_MIB = 32;

  final NodeProcess alpha;
  final NodeProcess beta;
  private final Path directory;
  private final PairConfig config;

  private Pair(Path directory, PairConfig config) {
    this.directory = directory;
    this.config = config;
    alpha = new NodeProcess("alpha", directory, PairConfig.ALPHA_NBD, config);
    beta = new NodeProcess("beta", directory, PairConfig.BETA_NBD, config);
  }

  /** A formatted pair that does not run yet. */
  static Pair create() throws IOException, InterruptedException {
    return create(config -> config);
  }

  private static Pair create(UnaryOperator<PairConfig> change)
      throws IOException, InterruptedException {
    String base = System.getenv().getOrDefault("TWINLOG_TMPDIR", "/var/tmp");
    Path directory = Files.createTempDirectory(Path.of(base), "pair-");
    String address = ownAddress();
    PairConfig config =
        change.apply(
            new PairConfig(
                address, address, SIZE_MIB, directory.resolve("r0.img"), "a secret of theirs", ""));
    Pair pair = new Pair(directory, config);
    try {
      pair.alpha.twinlog("create", "r0").orFail();
      return pair;
    } catch (IOException | InterruptedException | RuntimeException | Error e) {
      pair.close();
      throw e;
    }
  }

  /** A running pair: alpha primary, beta secondary, both copies up-to-date. */
  static Pair start() throws IOException, InterruptedException {
    return start(config -> config);
  }

  /** The same, with further lines in the resource's configuration. */
  static Pair start(String lines) throws IOException, InterruptedException {
    return start(config -> config.with(lines));
  }

  /** The same, with a configuration that is not the usual one. */
  static Pair start(UnaryOperator<PairConfig> change) throws IOException, InterruptedException {
    return begin(create(change));
  }

  /** The same, with further lines in each node's own configuration. */
  static Pair start(String alphaLines, String betaLines) throws IOException, InterruptedException {
    Pair pair = create(config -> config.with(alphaLines));
    pair.beta.configure(pair.config.with(betaLines));
    return begin(pair);
  }

  private static Pair begin(Pair pair) throws IOException, InterruptedException {
    try {
      pair.alpha.start();
      pair.beta.start();
      pair.alpha.await("a connection", Pair::isConnected, SOON);
      pair.alpha.twinlog("promote", "r0").orFail();
      pair.awaitBothUpToDate(pair.alpha);
      return pair;
    } catch (IOException | InterruptedException | RuntimeException | Error e) {
      pair.close();
      throw e;
    }
  }

  /** One of 127.0.0.0/8: all of them are this machine, and nobody else uses most of them. */
  private static String ownAddress() {
    ThreadLocalRandom random = ThreadLocalRandom.current();
    return "127."
        + random.nextInt(128, 255)
        + "."
        + random.nextInt(0, 256)
        + "."
        + random.nextInt(1, 255);
  }

  Path directory() {
    return directory;
  }

  PairConfig config() {
    return config;
  }

  long sizeBytes() {
    return (long) config.sizeMiB() << 20;
  }

  List<NodeProcess> nodes() {
    return List.of(alpha, beta);
  }

  static boolean isConnected(ResourceStatus status) {
    return status.getConnection().equals("connected");
  }

  /** Both are members of the view, in RAM up-to-date. */
  static boolean isWhole(ResourceStatus status) {
    return isConnected(status)
        && status.getCopy().equals("up-to-date")
        && status.getPeer().getCopy().equals("up-to-date")
        && status.getView().getMembersCount() == 2;
  }

  static boolean isPrimary(ResourceStatus status) {
    return status.getRole().equals("primary");
  }

  ResourceStatus awaitBothUpToDate(NodeProcess primary) {
    return primary.await("both copies to be up-to-date", Pair::isWhole, Duration.ofSeconds(60));
  }

  /** The backing was at fault and is not any more: waits until the node goes on with it. */
  static void awaitGoodBacking(NodeProcess node) {
    node.await("no suspension", status -> status.getSuspended().isEmpty(), SOON);
    node.await("a good state", status -> status.getBacking().getState().equals("ok"), SOON);
  }

  /** Waits until the node says of one of several shelves, counted from 1, that it is so. */
  static void awaitShelf(NodeProcess node, int shelf, String state) {
    node.await(
        "shelf " + shelf + " to be " + state,
        status ->
            status.getBacking().getShelvesCount() >= shelf
                && status.getBacking().getShelves(shelf - 1).getState().equals(state),
        SHELF_LIMIT);
  }

  /** The primary is gone: waits until the node has noticed, and promotes it. */
  static void takeOver(NodeProcess node) throws IOException, InterruptedException {
    node.await("the loss of the peer", status -> !isConnected(status), SOON);
    node.twinlog("promote", "r0").orFail();
    node.await("the primary role", Pair::isPrimary, SOON);
  }

  /**
   * Ends both nodes and deletes everything; {@code TWINLOG_KEEP} in the environment keeps files.
   */
  @Override
  public void close() throws IOException {
    alpha.close();
    beta.close();
    if (System.getenv("TWINLOG_KEEP") == null) {
      try (Stream<Path> files = Files.walk(directory)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    }
  }
}
