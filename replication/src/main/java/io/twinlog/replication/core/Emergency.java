package io.twinlog.replication.core;

/**
 * Emergency mode (design, section 4): power may fail at both nodes soon, so what is committed goes
 * to the log at once and a write is acknowledged only when it is there, too. Both nodes of a pair
 * are told when one is; a connection between one that was told and one that was not tells the
 * other. It ends when an operator says so, and with the process.
 */
final class Emergency {
  private final Replica replica;
  private boolean on;

  Emergency(Replica replica) {
    this.replica = replica;
  }

  boolean isOn() {
    return on;
  }

  /** An operator, or the power supply, says so. */
  void set(boolean wanted, Outcome outcome) {
    Link link = replica.link();
    boolean changed = on != wanted;
    change(wanted, "told here");
    if (link != null) {
      link.out.control(new PeerControl.Emergency(wanted));
    }
    String peer = replica.config().nodeNames().get(replica.config().peer());
    outcome.done(
        "emergency mode "
            + (changed ? "is " : "was already ")
            + (wanted ? "on" : "off")
            + (link != null ? ", " + peer + " is told" : "; " + peer + " is not connected"));
  }

  /** The peer says so. */
  void heard(boolean wanted) {
    change(wanted, "told by the peer");
  }

  /** A connection is made: the mode is on when either node was told. */
  void linkUp(Link link) {
    if (on) {
      link.out.control(new PeerControl.Emergency(true));
    }
  }

  private void change(boolean wanted, String why) {
    if (on != wanted) {
      on = wanted;
      replica.event("emergency", word(!wanted), word(wanted), why);
      replica.requestEndTurn();
    }
  }

  private static String word(boolean isOn) {
    return isOn ? "on" : "off";
  }
}
