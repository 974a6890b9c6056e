package io.twinlog.appliance.cli;

import io.twinlog.appliance.text.Units;
import io.twinlog.proto.admin.SyncStatus;

/** A resync for a person: how far, how fast, how much longer. */
final class SyncText {

  private static final int BAR_CELLS = 30;

  private SyncText() {}

  /** Appends a line, or two, when a resync is under way, paused or put off. */
  static void append(StringBuilder out, SyncStatus sync, boolean bar) {
    if (sync.getTotalBytes() > 0) {
      appendProgress(out, sync, bar);
    } else if (sync.getPaused()) {
      out.append("    sync paused: resync --resume lets it begin\n");
    }
    if (sync.getWaitMillis() > 0) {
      long seconds = (sync.getWaitMillis() + 999) / 1000;
      out.append("    evicted: it did not confirm in time; a resync may begin in ");
      out.append(seconds).append(" s\n");
    }
  }

  private static void appendProgress(StringBuilder out, SyncStatus sync, boolean bar) {
    out.append("    sync ");
    if (bar) {
      appendBar(out, sync);
    }
    // Rounded down, so that 100% means done.
    long tenths = (long) Math.floor(1000.0 * sync.getDoneBytes() / sync.getTotalBytes());
    out.append(tenths / 10).append('.').append(tenths % 10).append("% ");
    out.append(Units.bytes(sync.getDoneBytes())).append(" of ");
    out.append(Units.bytes(sync.getTotalBytes()));
    out.append(sync.getWhole() ? " (every block)" : " (what changed)");
    if (sync.getBackingBytes() > 0) {
      out.append(", ").append(Units.bytes(sync.getBackingBytes())).append(" from the backing");
    }
    if (sync.getPaused()) {
      out.append(", paused");
    } else if (sync.getBytesPerSecond() > 0) {
      out.append(", ").append(Units.bytes(sync.getBytesPerSecond())).append("/s, ");
      out.append(Units.millis(1000 * ((sync.getLeftMillis() + 999) / 1000))).append(" left");
    } else {
      out.append(", not moving");
    }
    out.append('\n');
  }

  private static void appendBar(StringBuilder out, SyncStatus sync) {
    int full =
        (int) (BAR_CELLS * Math.min(1.0, (double) sync.getDoneBytes() / sync.getTotalBytes()));
    out.append('[').append("=".repeat(full));
    if (full < BAR_CELLS) {
      out.append('>').append(".".repeat(BAR_CELLS - full - 1));
    }
    out.append("] ");
  }
}
