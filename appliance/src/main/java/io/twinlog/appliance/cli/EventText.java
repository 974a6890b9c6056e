package io.twinlog.appliance.cli;

import io.twinlog.proto.admin.Event;
import java.time.Instant;

/** An event as one line: {@code TIME RESOURCE KIND FROM -> TO: DETAIL}. */
final class EventText {

  private EventText() {}

  static String of(Event event) {
    StringBuilder line = new StringBuilder();
    line.append(Instant.ofEpochMilli(event.getTimeMillis()));
    line.append(' ').append(event.getResource());
    line.append(' ').append(event.getKind());
    if (!event.getFrom().isEmpty()) {
      line.append(' ').append(event.getFrom()).append(" ->");
    }
    line.append(' ').append(event.getTo());
    if (!event.getDetail().isEmpty()) {
      line.append(": ").append(event.getDetail());
    }
    return line.toString();
  }
}
