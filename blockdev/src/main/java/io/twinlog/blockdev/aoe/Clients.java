package io.twinlog.blockdev.aoe;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Who was heard lately, and what each may ask for, so that none keeps the others waiting. As many
 * as a byte tells apart, whatever sources frames claim to have: who was silent longest makes room,
 * unless something of it is under way, or a late copy of a write of it may still come.
 */
final class Clients {

  static final int MOST = 255;

  /** Answers a second that cost the device nothing, to one client. */
  static final int ANSWERS = 100;

  private static final long SECOND_NANOS = 1_000_000_000L;

  /** A source of frames. */
  static final class Client {

    /** 1 to {@link #MOST}; another one's once this one was forgotten. */
    final int number;

    final Budget answers = new Budget(ANSWERS, SECOND_NANOS);

    /** That the client asks too often is said once in a while. */
    final Budget alarms = new Budget(1, 60 * SECOND_NANOS);

    /** Its requests under way in the device. */
    int underWay;

    private boolean hasWritten;
    private long wroteAt;

    Client(int number) {
      this.number = number;
    }

    void writes(long nowNanos) {
      hasWritten = true;
      wroteAt = nowNanos;
    }

    private boolean isForgettable(long nowNanos) {
      return underWay == 0 && !(hasWritten && nowNanos - wroteAt < LateWrites.MEMORY_NANOS);
    }
  }

  /** The one heard last is last. */
  private final Map<MacAddress, Client> byMac = new LinkedHashMap<>(16, 0.75f, true);

  int count() {
    return byMac.size();
  }

  /** A frame came from there; null when there is no room for one more client. */
  Client heard(MacAddress source, long nowNanos) {
    Client client = byMac.get(source);
    if (client == null) {
      int number = byMac.size() < MOST ? byMac.size() + 1 : forgetOne(nowNanos);
      if (number == 0) {
        return null;
      }
      client = new Client(number);
      byMac.put(source, client);
    }
    return client;
  }

  /** Gives the number of the one that was forgotten; 0 when none may be. */
  private int forgetOne(long nowNanos) {
    for (Iterator<Client> all = byMac.values().iterator(); all.hasNext(); ) {
      Client client = all.next();
      if (client.isForgettable(nowNanos)) {
        all.remove();
        return client.number;
      }
    }
    return 0;
  }
}
