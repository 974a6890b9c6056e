package io.twinlog.blockdev.aoe;

import java.util.concurrent.atomic.AtomicLong;

/** What {@link AoeCounters} shows; counted on the loop, read by any thread. */
final class TargetCounters {
  final AtomicLong clients = new AtomicLong();
  final AtomicLong requests = new AtomicLong();
  final AtomicLong notAllowed = new AtomicLong();
  final AtomicLong tooMany = new AtomicLong();
  final AtomicLong tooFast = new AtomicLong();
  final AtomicLong late = new AtomicLong();
  final AtomicLong malformed = new AtomicLong();

  AoeCounters read() {
    return new AoeCounters(
        clients.get(),
        requests.get(),
        notAllowed.get(),
        tooMany.get(),
        tooFast.get(),
        late.get(),
        malformed.get());
  }
}
