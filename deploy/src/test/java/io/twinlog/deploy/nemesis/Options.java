package io.twinlog.deploy.nemesis;

/**
 * What a run is to be.
 *
 * @param seed decides which faults, when, and what clients do
 * @param faults how many
 * @param longMillis how long the longest faults last
 */
record Options(long seed, int faults, long longMillis) {

  /**
   * Whether the secondary takes over by itself; otherwise an operator, now and then, asks it to.
   */
  boolean automatic() {
    return seed % 2 == 0;
  }

  String configuration() {
    return "failover = " + (automatic() ? "automatic" : "manual");
  }
}
