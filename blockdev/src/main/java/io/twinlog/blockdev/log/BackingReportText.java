package io.twinlog.blockdev.log;

import io.twinlog.blockdev.log.BackingCheck.NodePart;
import io.twinlog.blockdev.log.BackingCheck.Report;
import io.twinlog.blockdev.log.Recovery.Recovered;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A {@link Report} as text. */
final class BackingReportText {

  private final Report report;
  private final List<String> lines = new ArrayList<>();

  private BackingReportText(Report report) {
    this.report = report;
  }

  static String of(Report report) {
    BackingReportText text = new BackingReportText(report);
    text.superblock();
    text.view();
    for (int node = 0; node < report.nodes().size(); node++) {
      text.node(node, report.nodes().get(node));
    }
    report.problems().forEach(problem -> text.line("problem: %s", problem));
    text.verdict();
    return String.join("\n", text.lines) + "\n";
  }

  private void superblock() {
    Superblock superblock = report.superblock();
    Layout layout = superblock.layout();
    line(
        "resource %s (%s), formatted %s",
        superblock.resourceName(), superblock.resource(), superblock.created());
    line(
        "device %d bytes, log rings of %d bytes, sectors of %d bytes",
        layout.deviceBytes(), layout.ringBytes(), layout.sectorBytes());
  }

  private void view() {
    View view = report.view();
    if (view == null) {
      return;
    }
    String members = "";
    for (int node = 0; node < 2; node++) {
      if (view.isMember(node)) {
        members += (members.isEmpty() ? "" : ", ") + name(node);
      }
    }
    line(
        "view %d: members %s; primary %s; base %d%s%s",
        view.number(),
        members.isEmpty() ? "none" : members,
        view.primary() == View.NO_NODE ? "none" : name(view.primary()),
        view.base(),
        view.completeAtBirth() ? "; complete at birth" : "",
        view.clean() ? "; clean" : "");
  }

  private void node(int node, NodePart part) {
    if (part.slot() != null) {
      SlotRecord slot = part.slot();
      line(
          "%s: slot %d, incarnation %x, view %d, mark %d",
          name(node), slot.sequence(), slot.incarnation(), slot.chosen().number(), slot.mark());
    }
    if (part.checkpoint() != null) {
      CheckpointRecord checkpoint = part.checkpoint();
      RingContents ring = part.ring();
      line(
          "%s: checkpoint at write %d (view %d); log: %s; %s",
          name(node),
          checkpoint.position(),
          checkpoint.view(),
          batches(ring.batches()),
          switch (ring.stop()) {
            case END -> "it ends there";
            case TORN -> "a torn batch follows, which does not count";
            case OVERWRITTEN -> "newer batches follow out of place";
          });
    }
  }

  private static String batches(List<LoggedBatch> batches) {
    if (batches.isEmpty()) {
      return "no batch";
    }
    LoggedBatch first = batches.get(0);
    LoggedBatch last = batches.get(batches.size() - 1);
    return String.format(
        Locale.ROOT,
        "%d %s (%d to %d), %d bytes, last cut at write %d",
        batches.size(),
        batches.size() == 1 ? "batch" : "batches",
        first.sequence(),
        last.sequence(),
        last.endPosition() - first.startPosition(),
        last.cut());
  }

  private void verdict() {
    Recovered recovered = report.recovered();
    if (recovered == null) {
      line("what the backing holds cannot be said");
      return;
    }
    line(
        "holds every write up to %d: %d in the data area, the rest in %d batches",
        recovered.end(), recovered.checkpoint(), recovered.replay().size());
    if (recovered.millis() > 0) {
      line("as of %s", Instant.ofEpochMilli(recovered.millis()));
    }
    if (recovered.complete() && !recovered.damaged()) {
      line("complete: no acknowledged write is missing");
    } else if (recovered.damaged()) {
      line("damaged: acknowledged writes after %d are missing", recovered.end());
    } else {
      line("acknowledged writes after %d may be missing", recovered.end());
    }
  }

  private String name(int node) {
    return report.superblock().nodeNames().get(node);
  }

  private void line(String format, Object... values) {
    lines.add(String.format(Locale.ROOT, format, values));
  }
}
