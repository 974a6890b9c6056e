package io.twinlog.replication.core;

import io.twinlog.blockdev.log.Layout;
import io.twinlog.blockdev.log.Stagger;
import java.time.Duration;
import java.util.List;
import java.util.UUID;

/**
 * Everything a replica is configured with; immutable, checked where it is made.
 *
 * @param resource the resource's name
 * @param uuid the resource's identity, from the superblock
 * @param node this node, 0 or 1
 * @param nodeNames both nodes' names, node 0's first
 * @param stagger how the backing lies on its shelves
 * @param flushToLog whether FLUSH and FUA wait for the log ({@code flush = log})
 * @param automaticFailover whether a secondary takes over by itself
 * @param timing intervals; no promise rests on them
 * @param maxDirtyBytes alarm while connected
 * @param maxPendingBytes bound on client payload taken in and not yet committed
 * @param resyncRates how fast this node fills its peer's copy
 * @param fencing what guards against a former primary's late writes
 * @param deadlines of each of several shelves, after which what it does not get on with is given
 *     up; zero for one that ends everything by itself, and empty for none at all
 */
public record ReplicaConfig(
    String resource,
    UUID uuid,
    int node,
    List<String> nodeNames,
    Stagger stagger,
    boolean flushToLog,
    boolean automaticFailover,
    Timing timing,
    long maxDirtyBytes,
    long maxPendingBytes,
    ResyncRates resyncRates,
    Fencing fencing,
    List<Duration> deadlines) {

  /** Largest staging buffer: a batch piece, its 4 KiB header and 256 KiB of data. */
  public static final int PIECE_BYTES = 4096 + 256 * 1024;

  /**
   * How many buffers of more than 4096 bytes the core has out at most: a batch's two pieces under
   * way and the one held back, one each for checkpoint and populate, and the readings of both
   * slots, on their own and at the end of an append and of a publication, one of a verify, and
   * those of a resync.
   */
  public static final int PIECE_BUFFERS =
      LogWriter.PIECES_UNDER_WAY + 1 + 3 + Slots.READS_UNDER_WAY + 2 + BackingFill.READS_UNDER_WAY;

  /**
   * How many buffers of at most 4096 bytes the core has out at most: a slot record, a checkpoint
   * record, and single blocks of checkpoint, populate, verify and what a resync reads.
   */
  public static final int SMALL_BUFFERS = 5 + BackingFill.READS_UNDER_WAY;

  /**
   * {@link #PIECE_BUFFERS}, and as many again for each of several shelves: a shelf that hangs may
   * keep all that are out when its work is given up.
   */
  public int pieceBuffers() {
    return PIECE_BUFFERS * (stagger.isSingle() ? 1 : 1 + stagger.shelves());
  }

  /** The same of {@link #SMALL_BUFFERS}. */
  public int smallBuffers() {
    return SMALL_BUFFERS * (stagger.isSingle() ? 1 : 1 + stagger.shelves());
  }

  /**
   * Intervals.
   *
   * @param heartbeat between signs of life on an idle link
   * @param peerTimeout silence after which the peer is lost
   * @param confirmTimeout how long a write may wait for the peer's confirmation
   * @param takeoverDelay wait before an automatic takeover, so that a living primary wins the race
   * @param counterInterval how often a lone primary moves its slot counter
   * @param loneTakeover a lone primary may be taken over after its counter stood still for this
   *     long
   * @param destageDelay how old a committed write may get before it is written to the log
   */
  public record Timing(
      Duration heartbeat,
      Duration peerTimeout,
      Duration confirmTimeout,
      Duration takeoverDelay,
      Duration counterInterval,
      Duration loneTakeover,
      Duration destageDelay) {

    public static Timing defaults() {
      return new Timing(
          Duration.ofMillis(100),
          Duration.ofSeconds(1),
          Duration.ofSeconds(2),
          Duration.ofMillis(200),
          Duration.ofMillis(500),
          Duration.ofSeconds(2),
          Duration.ofMillis(500));
    }
  }

  /** Of the backing. */
  public Layout layout() {
    return stagger.layout();
  }

  public ReplicaConfig {
    nodeNames = List.copyOf(nodeNames);
    deadlines = List.copyOf(deadlines);
  }

  /** With one shelf, the rates of resyncs that suit most, and no fence. */
  public ReplicaConfig(
      String resource,
      UUID uuid,
      int node,
      List<String> nodeNames,
      Layout layout,
      boolean flushToLog,
      boolean automaticFailover,
      Timing timing,
      long maxDirtyBytes,
      long maxPendingBytes) {
    this(
        resource,
        uuid,
        node,
        nodeNames,
        Stagger.single(layout),
        flushToLog,
        automaticFailover,
        timing,
        maxDirtyBytes,
        maxPendingBytes,
        ResyncRates.defaults(),
        Fencing.MASKS,
        List.of());
  }

  /** After this time what one of several shelves does not get on with is given up; 0 for never. */
  long deadlineNanos(int shelf) {
    return stagger.isSingle() || deadlines.isEmpty() ? 0 : deadlines.get(shelf).toNanos();
  }

  public int peer() {
    return 1 - node;
  }
}
