package io.twinlog.replication.core;

import io.twinlog.blockdev.log.MissedChunks;
import io.twinlog.blockdev.log.Stagger;
import io.twinlog.blockdev.shelf.IoChain;
import io.twinlog.blockdev.shelf.IoChain.Step;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.function.Consumer;

/**
 * What a stale shelf has missed of the data area ({@link MissedChunks}). A mark has to be durable
 * only before a checkpoint is published that relies on the block being in place: until then the log
 * has the block, and a new primary writes it in place again, on whatever shelves are live then. So
 * marks go out with publications, and none are written while no shelf is stale.
 */
final class MissedMarks {
  private final Shelves shelves;
  private final Stagger stagger;
  private final Replica replica;
  private final long granuleBytes;
  private final int granules;

  private final BitSet marks = new BitSet();

  /** Written in place since the last publication: a shelf lost now may lack them. */
  private final BitSet recent = new BitSet();

  /** What earlier primaries marked is in {@link #marks}, or of no interest. */
  private boolean inherited = true;

  /** The shelves have something else. */
  private boolean changed;

  private long sequence;
  private boolean writing;
  private final ArrayDeque<Runnable> waiting = new ArrayDeque<>();

  MissedMarks(Shelves shelves, Stagger stagger, Replica replica) {
    this.shelves = shelves;
    this.stagger = stagger;
    this.replica = replica;
    this.granuleBytes = MissedChunks.granuleBytes(stagger);
    long bytes = stagger.layout().deviceBytes();
    this.granules = (int) ((bytes + granuleBytes - 1) / granuleBytes);
  }

  /** This node is about to be primary, or is no more. */
  void begin(boolean degraded) {
    marks.clear();
    recent.clear();
    inherited = !degraded;
    changed = false;
  }

  /** Takes note of what is about to be written. */
  void note(List<Step> steps) {
    for (Step step : steps) {
      if (step instanceof IoChain.Write write
          && write.offsetBytes() < stagger.layout().deviceBytes()) {
        int first = (int) (write.offsetBytes() / granuleBytes);
        int last = (int) ((write.offsetBytes() + write.data().remaining() - 1) / granuleBytes);
        recent.set(first, last + 1);
        if (shelves.isDegraded() && marks.nextClearBit(first) <= last) {
          marks.set(first, last + 1);
          changed = true;
        }
      }
    }
  }

  /** A shelf has become stale. */
  void lost() {
    marks.or(recent);
    changed = true;
  }

  private void setAll() {
    marks.set(0, granules);
    inherited = true;
    changed = true;
  }

  /** Marks everything, durably: nothing is known of what a shelf is going to hold. */
  void markAll(Consumer<IOException> then) {
    setAll();
    if (replica.rules().contains(Rule.MARK_MISSED)) {
      write(new IoChain("marks written", IoChain.Lane.DATA, error -> {}), then);
    } else {
      shelves.failSoon(null, then);
    }
  }

  /** No shelf is stale any more; that is written when there is occasion. */
  void forget() {
    marks.clear();
    changed = true;
  }

  /** What is in place is durable on every shelf that counts. */
  void published() {
    recent.clear();
  }

  /** The next marked range of the data area at or behind an offset; null when there is none. */
  long[] next(long offset) {
    int granule = marks.nextSetBit((int) (offset / granuleBytes));
    if (granule < 0 || offset >= stagger.layout().deviceBytes()) {
      return null;
    }
    long end = Math.min((granule + 1) * granuleBytes, stagger.layout().deviceBytes());
    return new long[] {Math.max(offset, granule * granuleBytes), end};
  }

  /** Bytes of the data area that are marked. */
  long markedBytes() {
    return Math.min(marks.cardinality() * granuleBytes, stagger.layout().deviceBytes());
  }

  /** Makes the marks durable before a publication relies on them. */
  void beforePublication(IoChain chain, Consumer<IOException> then) {
    if (!inherited) {
      inherit(
          chain,
          error -> {
            if (error != null) {
              then.accept(error);
            } else {
              beforePublication(chain, then);
            }
          });
    } else if (changed && replica.rules().contains(Rule.MARK_MISSED)) {
      write(chain, then);
    } else {
      then.accept(null);
    }
  }

  /** Takes over what earlier primaries marked. */
  void inherit(IoChain chain, Consumer<IOException> then) {
    if (inherited) {
      then.accept(null);
      return;
    }
    List<ByteBuffer> found = new ArrayList<>();
    int[] outstanding = {1};
    IOException[] failure = new IOException[1];
    Runnable done =
        () -> {
          if (--outstanding[0] == 0) {
            if (found.isEmpty()) {
              shelves.failSoon(
                  failure[0] != null ? failure[0] : new IOException("no shelf can be read"), then);
            } else {
              merge(found);
              then.accept(null);
            }
          }
        };
    for (int shelf = 0; shelf < stagger.shelves(); shelf++) {
      if ((shelves.readable() & 1 << shelf) != 0) {
        ByteBuffer both = shelves.newBuffer(2 * MissedChunks.BYTES);
        List<Step> steps = new ArrayList<>();
        for (int node = 0; node < 2; node++) {
          long place = stagger.placeOnEvery(MissedChunks.offset(stagger.layout(), node));
          steps.add(
              new IoChain.Read(place, both.slice(node * MissedChunks.BYTES, MissedChunks.BYTES)));
        }
        outstanding[0]++;
        shelves.readFrom(
            shelf,
            chain,
            steps,
            error -> {
              if (error == null) {
                found.add(both);
              } else {
                failure[0] = error;
              }
              done.run();
            });
      }
    }
    done.run();
  }

  private void merge(List<ByteBuffer> found) {
    MissedChunks newest = null;
    boolean damaged = false;
    for (int node = 0; node < 2; node++) {
      boolean any = false;
      boolean blank = true;
      for (ByteBuffer both : found) {
        ByteBuffer block = both.slice(node * MissedChunks.BYTES, MissedChunks.BYTES);
        MissedChunks record = MissedChunks.decode(block, node);
        if (record == null) {
          blank &= block.equals(ByteBuffer.allocate(MissedChunks.BYTES));
          continue;
        }
        any = true;
        boolean newer =
            newest == null
                || record.view() > newest.view()
                || (record.view() == newest.view() && record.sequence() > newest.sequence());
        newest = newer ? record : newest;
      }
      damaged |= !any && !blank;
    }
    inherited = true;
    changed = true;
    if (damaged || (newest != null && newest.granuleBytes() != granuleBytes)) {
      setAll();
    } else if (newest != null) {
      marks.or(newest.marks());
    }
  }

  /** One at a time: two would be free to land in any order. */
  private void write(IoChain chain, Consumer<IOException> then) {
    if (writing) {
      waiting.add(() -> write(chain, then));
      return;
    }
    writing = true;
    ByteBuffer block = shelves.newBuffer(MissedChunks.BYTES);
    int node = replica.config().node();
    long view = replica.view().number();
    new MissedChunks(node, view, ++sequence, granuleBytes, (BitSet) marks.clone()).encode(block);
    List<Step> steps =
        List.of(
            new IoChain.Write(
                stagger.placeOnEvery(MissedChunks.offset(stagger.layout(), node)), block),
            new IoChain.Sync());
    changed = false;
    int[] outstanding = {1};
    int[] failedOn = new int[1];
    IOException[] failure = new IOException[1];
    Runnable done =
        () -> {
          if (--outstanding[0] == 0) {
            boolean failed = (failedOn[0] & shelves.required()) != 0;
            changed |= failed;
            writing = false;
            then.accept(failed ? failure[0] : null);
            Runnable next = waiting.poll();
            if (next != null) {
              next.run();
            }
          }
        };
    for (int shelf = 0; shelf < stagger.shelves(); shelf++) {
      int bit = 1 << shelf;
      if ((shelves.written() & bit) != 0) {
        outstanding[0]++;
        shelves.writeTo(
            shelf,
            chain,
            steps,
            error -> {
              if (error != null) {
                failedOn[0] |= bit;
                failure[0] = error;
              }
              done.run();
            });
      }
    }
    done.run();
  }
}
