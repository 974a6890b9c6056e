package io.twinlog.deploy.nemesis;

/** A client that asks until it is stopped; how is its own business. */
interface ClientThread extends Runnable {

  /** Ends it, soon after the requests under way; the history then has everything it knows. */
  void stop();
}
