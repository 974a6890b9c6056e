package io.twinlog.blockdev.aoe;

/** One way to a target: an interface of ours and an address of the target, and how it does. */
final class TargetPath {

  /** In a row; then other paths are preferred, and the target is identified anew. */
  private static final int TIMEOUTS_OF_SICK = 3;

  /** Above it a target's word is not taken for it; below, our frames in flight are enough. */
  private static final int MOST_IN_FLIGHT = 128;

  private static final int MOST_SECTORS = 255;

  /** Of 4 KiB: what pages, file systems and disks have. */
  private static final int BLOCK_SECTORS = 8;

  /** After this time big frames are tried again. */
  private static final long LIMIT_NANOS = 60_000_000_000L;

  /** So often in a row lost, while queries are answered, big frames do not get through at all. */
  private static final int MOST_BIG_LOSSES = 3;

  /** What every network carries. */
  static final int SMALL_SECTORS = 2;

  final Port port;
  final MacAddress target;
  final RoundTrip roundTrip = new RoundTrip();

  /** Found to be the target that the shelf was opened as. */
  boolean proven;

  /** Found to be another target; asked again only after it has been silent. */
  boolean foreign;

  int identifyTag;
  long identifiedAt;
  boolean identifying;

  /** When the target last answered a query. */
  long configuredAt;

  /** How many frames are under way. */
  int inFlight;

  private int bufferCount = 1;
  private int targetSectors = SMALL_SECTORS;
  private int sectorLimit = MOST_SECTORS;
  private long limitedAt;
  private int bigLosses;
  private long bigLossCountedAt;
  private double window = 2;
  private double threshold = MOST_IN_FLIGHT;
  private long cutAt;
  private int timeouts;

  TargetPath(Port port, MacAddress target) {
    this.port = port;
    this.target = target;
  }

  /** What the target says of itself. */
  void configured(int buffers, int sectors, long now) {
    configuredAt = now;
    if (now - limitedAt >= LIMIT_NANOS) {
      sectorLimit = MOST_SECTORS;
    }
    bufferCount = Math.max(1, Math.min(buffers, MOST_IN_FLIGHT));
    targetSectors = sectors == 0 ? SMALL_SECTORS : sectors;
  }

  /**
   * How many sectors a frame on this path has at most; 0 when nothing can be sent. Whole blocks
   * where a frame holds one: a target that keeps a file writes whole pages then, none of them
   * twice.
   */
  int sectors() {
    int most = Math.min(Math.min(targetSectors, sectorLimit), port.sectors());
    return most < BLOCK_SECTORS ? most : most - most % BLOCK_SECTORS;
  }

  /** Something on the way does not carry big frames, or the target takes them no longer. */
  void limitToSmall(long now) {
    sectorLimit = SMALL_SECTORS;
    limitedAt = now;
  }

  /**
   * A big frame was not answered. When that happens again and again, although the target answered a
   * query meanwhile, only small ones are sent for a while.
   *
   * @return whether that begins now
   */
  boolean lostBigFrame(long sentAt, long now) {
    // An answer counts once: many frames at once may be lost because the target was away.
    if (configuredAt - sentAt > 0 && configuredAt != bigLossCountedAt) {
      bigLossCountedAt = configuredAt;
      bigLosses++;
    }
    if (bigLosses < MOST_BIG_LOSSES || sectorLimit == SMALL_SECTORS) {
      return false;
    }
    bigLosses = 0;
    limitToSmall(now);
    return true;
  }

  boolean hasRoom() {
    return proven && port.up && sectors() > 0 && inFlight < Math.max(1, (int) allowed());
  }

  private double allowed() {
    return isSick() ? 1 : Math.min(window, bufferCount);
  }

  /** The share of the window in use, to choose the freest path by. */
  double load() {
    return inFlight / allowed();
  }

  boolean isSick() {
    return timeouts >= TIMEOUTS_OF_SICK;
  }

  boolean isUsable() {
    return proven && port.up && !isSick();
  }

  /** A frame that was sent {@code nanos} ago was answered. */
  void answered(long nanos, int sectors) {
    if (sectors > SMALL_SECTORS) {
      bigLosses = 0;
    }
    roundTrip.sample(nanos);
    timeouts = 0;
    window = Math.min(MOST_IN_FLIGHT, window + (window < threshold ? 1 : 1 / window));
  }

  /** A frame was not answered in time; many at once count as one loss. */
  void timedOut(long now) {
    if (timeouts == 0 || now - cutAt >= RoundTrip.SHORTEST_NANOS) {
      cutAt = now;
      timeouts++;
      roundTrip.timedOut();
      threshold = Math.max(2, window / 2);
      window = 1;
    }
  }

  /** It answered a query after a silence; whether it is the same target is to be seen. */
  void backFromSilence() {
    timeouts = 0;
    proven = false;
    foreign = false;
    identifying = false;
  }

  @Override
  public String toString() {
    return target.toString();
  }
}
