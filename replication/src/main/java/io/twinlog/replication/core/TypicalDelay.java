package io.twinlog.replication.core;

/**
 * The geometric mean of delays, in which the few very long ones, that others on the machine are to
 * blame for, weigh little.
 */
final class TypicalDelay {
  private double count;
  private double logarithms;

  void clear() {
    count = 0;
    logarithms = 0;
  }

  void add(long nanos) {
    count++;
    logarithms += Math.log(Math.max((double) nanos, 1));
  }

  /** Of how many delays; older ones count less. */
  double count() {
    return count;
  }

  /** What was added before counts half as much from now on. */
  void halve() {
    count /= 2;
    logarithms /= 2;
  }

  /** 0 when none was added. */
  double nanos() {
    return count == 0 ? 0 : Math.exp(logarithms / count);
  }
}
