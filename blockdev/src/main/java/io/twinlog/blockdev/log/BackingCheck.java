package io.twinlog.blockdev.log;

import io.twinlog.blockdev.log.BackingReader.Area;
import io.twinlog.blockdev.log.Recovery.NewerView;
import io.twinlog.blockdev.log.Recovery.Recovered;
import io.twinlog.blockdev.log.RingContents.Stop;
import io.twinlog.blockdev.shelf.Shelf;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Says what a backing holds, without changing it. Meant for a backing that no node is using; of one
 * in use it shows some state of the past, or that it changed while it was read.
 */
public final class BackingCheck {

  private static final int NODES = 2;

  /**
   * A node's part of the metadata.
   *
   * @param slot its newest slot record; null when there is none
   * @param checkpoint its newest checkpoint record; null when there is none
   * @param ring what its ring holds from the checkpoint's tail on; null without a checkpoint
   */
  public record NodePart(SlotRecord slot, CheckpointRecord checkpoint, RingContents ring) {}

  /**
   * What was found.
   *
   * @param nodes of node 0 and node 1
   * @param view the latest view that a slot records as chosen; null when there is none. A later one
   *     may have been chosen that neither node has come to record
   * @param recovered the state that the backing holds; null when that cannot be said
   * @param problems what is damaged or contradicts itself, one line each; empty when nothing is
   */
  public record Report(
      Superblock superblock,
      List<NodePart> nodes,
      View view,
      Recovered recovered,
      List<String> problems) {

    public Report {
      nodes = List.copyOf(nodes);
      problems = List.copyOf(problems);
    }

    /** Whether every acknowledged write is on the backing. */
    public boolean complete() {
      return recovered != null && recovered.complete();
    }

    /** The report in lines for an operator. */
    public String text() {
      return BackingReportText.of(this);
    }
  }

  private final BackingReader reader;
  private final Superblock superblock;
  private final List<String> problems = new ArrayList<>();

  private BackingCheck(BackingReader reader, Superblock superblock) {
    this.reader = reader;
    this.superblock = superblock;
  }

  /**
   * Reads the backing of an opened shelf. Blocks.
   *
   * @param superblock as {@link BackingFormat#open} gave it
   */
  public static Report run(Shelf shelf, Superblock superblock) throws IOException {
    return run(new BackingReader(shelf, superblock), superblock);
  }

  /** The same on several shelves, in their order; null for one that cannot be used. */
  public static Report run(List<Shelf> shelves, Superblock superblock) throws IOException {
    return run(new BackingReader(shelves, superblock), superblock);
  }

  static Report run(BackingReader reader, Superblock superblock) throws IOException {
    return new BackingCheck(reader, superblock).run();
  }

  private Report run() throws IOException {
    List<NodePart> nodes = new ArrayList<>();
    View view = null;
    for (int node = 0; node < NODES; node++) {
      SlotRecord slot = latest("slot", node, reader.slots(node));
      if (slot != null && (view == null || slot.chosen().number() > view.number())) {
        view = slot.chosen();
      }
      CheckpointRecord checkpoint = latest("checkpoint", node, reader.checkpoints(node));
      RingContents ring = checkpoint == null ? null : reader.ring(checkpoint);
      if (ring != null && ring.stop() == Stop.OVERWRITTEN) {
        problems.add(
            "the log of %s was overwritten at batch %d: damaged, or in use"
                .formatted(name(node), ring.end().sequence()));
      }
      nodes.add(new NodePart(slot, checkpoint, ring));
    }
    return new Report(superblock, nodes, view, recover(nodes, view), problems);
  }

  private Recovered recover(List<NodePart> nodes, View view) {
    if (view == null || nodes.stream().anyMatch(node -> node.checkpoint() == null)) {
      return null;
    }
    Recovery.Outcome outcome =
        Recovery.of(
            superblock.layout(),
            view,
            nodes.stream().map(NodePart::checkpoint).toList(),
            nodes.stream().map(NodePart::ring).toList());
    if (outcome instanceof NewerView newer) {
      problems.add(
          "something was written in view %d, the slots know only view %d: damaged, or in use"
              .formatted(newer.view(), view.number()));
      return null;
    }
    Recovered recovered = (Recovered) outcome;
    for (int node : recovered.rotten()) {
      RingContents ring = nodes.get(node).ring();
      problems.add(
          "the log of %s is damaged at batch %d, offset %d of the shelf: batch %d is there, write %d was durable"
              .formatted(
                  name(node),
                  ring.end().sequence(),
                  superblock.layout().ringPlace(node, ring.end().position()),
                  ring.later().sequence(),
                  ring.later().cut()));
    }
    if (recovered.damaged() && recovered.end() < lastKnown(recovered)) {
      problems.add(
          "the log was complete and is not any more: it reaches write %d of at least %d"
              .formatted(recovered.end(), lastKnown(recovered)));
    }
    return recovered;
  }

  private static long lastKnown(Recovered recovered) {
    return recovered.afterGap().stream()
        .mapToLong(LoggedBatch::cut)
        .reduce(recovered.view().base(), Math::max);
  }

  private <T> T latest(String what, int node, Area<T> area) {
    if (!area.damagedSectors().isEmpty()) {
      problems.add(
          "%s sectors %s of %s are damaged".formatted(what, area.damagedSectors(), name(node)));
    }
    if (area.latest() == null) {
      problems.add("%s has no intact %s record".formatted(name(node), what));
    }
    return area.latest();
  }

  private String name(int node) {
    return superblock.nodeNames().get(node);
  }
}
