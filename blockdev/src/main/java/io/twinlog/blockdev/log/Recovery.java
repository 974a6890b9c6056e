package io.twinlog.blockdev.log;

import io.twinlog.blockdev.log.RingContents.LaterPiece;
import io.twinlog.blockdev.log.RingContents.Stop;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a backing holds, from its checkpoint records, the latest chosen view and both rings (design,
 * section 4, "What counts" and "Recovery"). Whoever decides something by it reads the records only
 * after having marked the next view (section 3, step 1).
 */
public final class Recovery {

  private static final Comparator<LoggedBatch> REPLAY_ORDER =
      Comparator.comparingLong(LoggedBatch::view)
          .thenComparingLong(LoggedBatch::cut)
          .thenComparingLong(LoggedBatch::sequence);

  private Recovery() {}

  /** The outcome of reading a backing. */
  public sealed interface Outcome permits Recovered, NewerView {}

  /**
   * Something was written in a view later than the one that was taken for the latest: the slots
   * were read too early. Read them again, then everything else.
   *
   * @param view the later view
   */
  public record NewerView(long view) implements Outcome {}

  /** Who may have written in place: one incarnation of a node. */
  public record Writer(int node, long incarnation) {}

  /**
   * The state that the backing holds.
   *
   * @param view the latest chosen view
   * @param checkpoint c: the data area holds every write up to this number
   * @param end N: the data area and the log hold every write up to this number
   * @param sure what {@code end} is without the last batch of the other node's ring, for each node:
   *     an appender begins a batch only when the one before it is durable, so of the last one
   *     nobody but its writer knows more than that it can be read
   * @param millis wall clock of the writer at {@code end}: what was acknowledged before is in the
   *     state; milliseconds since 1970, for people only; 0 when not known
   * @param replay the batches that make N of the data area, in the order in which they apply
   * @param afterGap batches that count, but cannot be reached without a gap in the write numbers
   * @param complete whether every acknowledged write is in the state, which is as of {@code end}
   * @param damaged whether more was on the backing once: it was complete and does not reach its
   *     view's base any more, or has a gap; or a ring was overwritten behind its tail
   * @param rotten the nodes in whose rings a batch that counts is damaged, although later ones are
   *     there; {@code damaged} is then true, and {@code complete} false
   * @param lateWrites per incarnation, the blocks of all its batches that count and were not below
   *     the checkpoint: it may still write them in place (design, "Late in-place writes")
   * @param newest where each block's content as of {@code end} is
   */
  public record Recovered(
      View view,
      long checkpoint,
      long end,
      List<Sure> sure,
      long millis,
      List<LoggedBatch> replay,
      List<LoggedBatch> afterGap,
      boolean complete,
      boolean damaged,
      List<Integer> rotten,
      Map<Writer, BitSet> lateWrites,
      NewestContents newest)
      implements Outcome {}

  /**
   * What is known to be durable.
   *
   * @param number as {@link Recovered#end}
   * @param millis as {@link Recovered#millis}, of the batch or checkpoint that ends there
   */
  public record Sure(long number, long millis) {}

  /**
   * Judges what was read.
   *
   * @param chosen the latest chosen view, as both slots say
   * @param checkpoints the latest record of each node
   * @param rings each node's ring, scanned from its checkpoint's tail
   */
  public static Outcome of(
      Layout layout, View chosen, List<CheckpointRecord> checkpoints, List<RingContents> rings) {
    long newest = chosen.number();
    for (CheckpointRecord checkpoint : checkpoints) {
      newest = Math.max(newest, checkpoint.view());
    }
    for (RingContents ring : rings) {
      for (LoggedBatch batch : ring.batches()) {
        newest = Math.max(newest, batch.view());
      }
    }
    return newest > chosen.number()
        ? new NewerView(newest)
        : judge(layout, chosen, checkpoints, rings);
  }

  private static Recovered judge(
      Layout layout, View chosen, List<CheckpointRecord> checkpoints, List<RingContents> rings) {
    long checkpoint =
        checkpoints.stream().mapToLong(CheckpointRecord::position).max().orElseThrow();
    List<LoggedBatch> counting = new ArrayList<>();
    for (RingContents ring : rings) {
      for (LoggedBatch batch : ring.batches()) {
        // What is below the checkpoint is in the data area, and no late write can undo it: its
        // writer published the checkpoint, or others did and logged the block again.
        if (batch.cut() >= checkpoint && chosen.counts(batch.view(), batch.cut())) {
          counting.add(batch);
        }
      }
    }
    long end = reach(checkpoint, counting);

    counting.sort(REPLAY_ORDER);
    List<LoggedBatch> replay = new ArrayList<>();
    List<LoggedBatch> afterGap = new ArrayList<>();
    NewestContents newest = new NewestContents(layout.deviceBlocks());
    Map<Writer, BitSet> lateWrites = new LinkedHashMap<>();
    for (LoggedBatch batch : counting) {
      if (batch.cut() <= end) {
        replay.add(batch);
        newest.put(batch);
      } else {
        afterGap.add(batch);
      }
      Writer writer = new Writer(batch.node(), batch.incarnation());
      lateWrites.computeIfAbsent(writer, w -> new BitSet()).or(batch.blocks());
    }

    // Whoever has marked the next view before reading never meets a ring that is being reused.
    boolean overwritten = rings.stream().anyMatch(ring -> ring.stop() == Stop.OVERWRITTEN);
    List<Integer> rotten =
        rings.stream()
            .filter(ring -> isRotten(ring.later(), chosen, Math.max(end, checkpoint)))
            .map(RingContents::node)
            .toList();
    boolean promised = chosen.clean() || isComplete(chosen, checkpoints, rings);
    boolean reachesBase = end >= chosen.base();
    return new Recovered(
        chosen,
        checkpoint,
        end,
        List.of(
            sureFor(0, checkpoint, checkpoints, rings, counting),
            sureFor(1, checkpoint, checkpoints, rings, counting)),
        millisAt(end, checkpoints, replay),
        List.copyOf(replay),
        List.copyOf(afterGap),
        promised && reachesBase && !overwritten && rotten.isEmpty(),
        overwritten || !rotten.isEmpty() || (promised && !(reachesBase && afterGap.isEmpty())),
        rotten,
        Map.copyOf(lateWrites),
        newest);
  }

  /** Whether a batch was durable here that would reach further than what is left does. */
  private static boolean isRotten(LaterPiece later, View chosen, long end) {
    return later != null && later.cut() > end && chosen.counts(later.view(), later.cut());
  }

  private static Sure sureFor(
      int node,
      long checkpoint,
      List<CheckpointRecord> checkpoints,
      List<RingContents> rings,
      List<LoggedBatch> counting) {
    List<LoggedBatch> durable = new ArrayList<>(counting);
    for (RingContents ring : rings) {
      if (ring.node() != node && !ring.batches().isEmpty()) {
        durable.remove(ring.batches().get(ring.batches().size() - 1));
      }
    }
    long number = reach(checkpoint, durable);
    return new Sure(number, millisAt(number, checkpoints, durable));
  }

  private static long millisAt(
      long end, List<CheckpointRecord> checkpoints, List<LoggedBatch> replay) {
    long millis = 0;
    for (CheckpointRecord checkpoint : checkpoints) {
      millis = checkpoint.position() == end ? Math.max(millis, checkpoint.millis()) : millis;
    }
    for (LoggedBatch batch : replay) {
      millis = batch.cut() == end ? Math.max(millis, batch.millis()) : millis;
    }
    return millis;
  }

  /** The greatest number such that the batches cover {@code checkpoint + 1} to it without a gap. */
  private static long reach(long checkpoint, List<LoggedBatch> counting) {
    List<LoggedBatch> byFrom = new ArrayList<>(counting);
    byFrom.sort(Comparator.comparingLong(LoggedBatch::from));
    long reached = checkpoint;
    for (LoggedBatch batch : byFrom) {
      if (batch.from() > reached) {
        break;
      }
      reached = Math.max(reached, batch.cut());
    }
    return reached;
  }

  /**
   * Whether the backing alone can rebuild the device in this view. A lone view's first batch holds
   * everything up to its base, and nothing else of the view is in the ring before it: so any batch
   * of the view tells. When the ring has been freed, the primary's checkpoint tells: it was
   * published in this view and reaches the base.
   */
  private static boolean isComplete(
      View view, List<CheckpointRecord> checkpoints, List<RingContents> rings) {
    if (view.completeAtBirth()) {
      return true;
    }
    if (view.primary() == View.NO_NODE || !view.isLone(view.primary())) {
      return false;
    }
    return rings.stream()
            .filter(ring -> ring.node() == view.primary())
            .flatMap(ring -> ring.batches().stream())
            .anyMatch(batch -> batch.view() == view.number())
        || checkpoints.stream()
            .filter(checkpoint -> checkpoint.node() == view.primary())
            .anyMatch(
                checkpoint ->
                    checkpoint.view() == view.number() && checkpoint.position() >= view.base());
  }
}
