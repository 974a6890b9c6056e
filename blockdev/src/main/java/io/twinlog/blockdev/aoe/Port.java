package io.twinlog.blockdev.aoe;

/** An interface of this machine that a target may be reached through. */
final class Port {

  /** While a target is to be found. */
  private static final long SEARCH_NANOS = 250_000_000L;

  /** While one answers: for further paths, and for what has changed. */
  private static final long REFRESH_NANOS = 15_000_000_000L;

  /** Announcements do not make us ask more often than this. */
  private static final long SHORTEST_NANOS = 100_000_000L;

  final int number;
  boolean up;
  int mtuBytes;
  MacAddress address = new MacAddress(0);

  /** The tag of the latest query, and of the one before: an answer to another one is none. */
  int queryTag;

  int earlierQueryTag;
  private long askedAt;
  private boolean asked;

  Port(int number) {
    this.number = number;
  }

  /** How many sectors a frame of this interface may hold, as targets reckon it, too. */
  int sectors() {
    return Math.max(0, (Math.min(mtuBytes, LONGEST_MTU) - 36) / 512);
  }

  /** Room for 31 sectors, which is beyond any jumbo frame in use. */
  private static final int LONGEST_MTU = 16_000;

  boolean isQueryDue(boolean searching, long now) {
    return up && (!asked || now - askedAt >= (searching ? SEARCH_NANOS : REFRESH_NANOS));
  }

  void queried(int tag, long now) {
    earlierQueryTag = asked ? queryTag : tag;
    queryTag = tag;
    asked = true;
    askedAt = now;
  }

  /** Something announced itself: asks again soon. */
  boolean mayQueryNow(long now) {
    return up && (!asked || now - askedAt >= SHORTEST_NANOS);
  }

  /** The interface came up or is another one: what was asked may never have left it. */
  void queryAgain() {
    asked = false;
  }
}
