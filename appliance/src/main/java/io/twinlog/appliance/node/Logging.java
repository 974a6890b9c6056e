package io.twinlog.appliance.node;

import ch.qos.logback.classic.LoggerContext;
import org.slf4j.LoggerFactory;

/** The log's beginning and end; see {@code logback.xml}. */
public final class Logging {

  private static final String LEVEL = "twinlog.log";

  private Logging() {}

  /**
   * To be called before anything logs: unless the user has said otherwise, only from this level on.
   */
  public static void defaultLevel(String level) {
    if (System.getProperty(LEVEL) == null) {
      System.setProperty(LEVEL, level);
    }
  }

  /** Writes what is still waiting, for a fraction of a second at most; nothing is logged later. */
  public static void stop() {
    if (LoggerFactory.getILoggerFactory() instanceof LoggerContext context) {
      context.stop();
    }
  }
}
