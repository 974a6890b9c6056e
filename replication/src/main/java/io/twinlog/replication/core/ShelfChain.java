package io.twinlog.replication.core;

import io.twinlog.blockdev.log.CheckpointArea;
import io.twinlog.blockdev.log.CheckpointRecord;
import io.twinlog.blockdev.log.Layout;
import io.twinlog.blockdev.log.Stagger;
import io.twinlog.blockdev.log.Stagger.Area;
import io.twinlog.blockdev.shelf.IoChain;
import io.twinlog.blockdev.shelf.IoChain.Read;
import io.twinlog.blockdev.shelf.IoChain.Step;
import io.twinlog.blockdev.shelf.IoChain.Sync;
import io.twinlog.blockdev.shelf.IoChain.Write;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * One chain of the core on several shelves. Its steps are cut into phases, each of which is done
 * everywhere before the next begins: so the slots are read after the batch is durable on both
 * shelves, not on the one alone that is read from. A phase is writes with the sync behind them, or
 * reads, of one area.
 */
final class ShelfChain {
  static final int ANY_COPY = -1;

  private record Phase(Area area, boolean reads, List<Step> steps) {}

  private final Shelves shelves;
  private final Stagger stagger;
  private final IoChain chain;
  private final int preferred;

  /** Shelves that chunks are not read from. */
  private final int without;

  private final List<Phase> phases = new ArrayList<>();
  private int next;

  private int outstanding;
  private IOException failure;

  /** A piece has no copy that can be read. */
  private boolean unreadable;

  /** Shelves on which the present phase failed. */
  private int failedOn;

  /**
   * @param copy 0 or 1 for the one that is read where it can be, or {@link #ANY_COPY}
   * @param without shelves that chunks are not read from
   */
  ShelfChain(Shelves shelves, IoChain chain, int copy, int without) {
    this.preferred = copy;
    this.without = without;
    this.shelves = shelves;
    this.stagger = shelves.stagger();
    this.chain = chain;
    for (Step step : chain.steps()) {
      add(step);
    }
  }

  private void add(Step step) {
    Phase last = phases.isEmpty() ? null : phases.get(phases.size() - 1);
    if (step instanceof Sync && last != null && !last.reads()) {
      last.steps().add(step);
      return;
    }
    Area area = Area.CHUNKS;
    if (step instanceof Read read) {
      area = stagger.area(read.offsetBytes());
    } else if (step instanceof Write write) {
      area = stagger.area(write.offsetBytes());
    }
    boolean reads = step instanceof Read;
    boolean synced =
        last != null && !last.reads() && last.steps().get(last.steps().size() - 1) instanceof Sync;
    if (last == null || last.reads() != reads || last.area() != area || synced) {
      last = new Phase(area, reads, new ArrayList<>(4));
      phases.add(last);
    }
    last.steps().add(step);
  }

  void begin() {
    next = -1;
    advance();
  }

  private void advance() {
    next++;
    if (next == phases.size()) {
      chain.complete(null);
      return;
    }
    Phase phase = phases.get(next);
    outstanding = 1;
    failure = null;
    failedOn = 0;
    unreadable = false;
    switch (phase.area()) {
      case SLOTS -> slots(phase);
      case CHECKPOINTS -> {
        if (phase.reads()) {
          readCheckpoints(phase);
        } else {
          shelves.marks().beforePublication(chain, error -> publish(phase, error));
        }
      }
      case BITMAPS, SUPERBLOCK -> throw new IllegalArgumentException(chain.name());
      case CHUNKS -> {
        if (phase.reads()) {
          readChunks(phase.steps());
        } else {
          write(phase);
        }
      }
    }
  }

  private void end(IOException error) {
    if (error != null) {
      chain.complete(error);
    } else {
      advance();
    }
  }

  private void slots(Phase phase) {
    if (phase.reads()) {
      List<Read> areas = phase.steps().stream().map(Read.class::cast).toList();
      shelves.quorum().read(chain, areas, this::end);
    } else {
      Write write = (Write) phase.steps().get(0);
      shelves.quorum().write(chain, write.offsetBytes(), write.data(), this::end);
    }
  }

  // ---- Writes ----

  private void publish(Phase phase, IOException error) {
    if (error != null) {
      chain.complete(error);
    } else {
      write(phase);
    }
  }

  private void write(Phase phase) {
    int targets = targets(phase);
    if ((targets & shelves.unfit()) != 0 || targets == 0) {
      shelves.failSoon(
          new IOException(
              chain.name() + ": a shelf has failed, and that is not recorded on a majority yet"),
          this::end);
      return;
    }
    for (int shelf = 0; shelf < stagger.shelves(); shelf++) {
      if ((targets & 1 << shelf) != 0) {
        List<Step> steps = new ArrayList<>();
        for (Step step : phase.steps()) {
          addTo(steps, shelf, step);
        }
        submit(shelf, phase, steps);
      }
    }
    shelves.marks().note(phase.steps());
    written();
  }

  /** Where the phase goes: a shelf that keeps nothing of what it writes has nothing to sync. */
  private int targets(Phase phase) {
    int written = shelves.written();
    if (phase.steps().get(0) instanceof Sync) {
      // Before it is primary a node only reads, so what counts is what it can read.
      int reached = shelves.readable() & ~shelves.down();
      return shelves.isPrimary() ? written : stagger.covers(reached) ? reached : 0;
    }
    if (phase.area() != Area.CHUNKS) {
      return written;
    }
    if (phase.steps().get(phase.steps().size() - 1) instanceof Sync) {
      // Earlier chains may have gone to any of them.
      return written;
    }
    int kept = 0;
    for (Step step : phase.steps()) {
      Write write = (Write) step;
      long end = write.offsetBytes() + write.data().remaining();
      for (long at = write.offsetBytes(); at < end; at = stagger.chunkEnd(at)) {
        kept |= 1 << stagger.shelfOf(at, 0) | 1 << stagger.shelfOf(at, 1);
      }
    }
    return kept & written;
  }

  private void addTo(List<Step> steps, int shelf, Step step) {
    if (!(step instanceof Write write)) {
      steps.add(step);
      return;
    }
    if (stagger.area(write.offsetBytes()) != Area.CHUNKS) {
      steps.add(new Write(stagger.placeOnEvery(write.offsetBytes()), write.data()));
      return;
    }
    ByteBuffer data = write.data();
    long end = write.offsetBytes() + data.remaining();
    for (long at = write.offsetBytes(); at < end; ) {
      int length = (int) (Math.min(end, stagger.chunkEnd(at)) - at);
      int copy = stagger.copyOn(shelf, at);
      if (copy >= 0) {
        int from = data.position() + (int) (at - write.offsetBytes());
        steps.add(new Write(stagger.place(at, copy), data.slice(from, length)));
      }
      at += length;
    }
  }

  /**
   * What has been written anew to the shelf is good there; not before: until then it may be read.
   */
  private void trust(int shelf, Phase phase) {
    for (Step step : phase.steps()) {
      if (phase.area() == Area.CHUNKS && step instanceof Write write) {
        shelves.trust().trust(shelf, write.offsetBytes(), write.data().remaining());
      }
    }
  }

  private void submit(int shelf, Phase phase, List<Step> steps) {
    outstanding++;
    shelves.writeTo(
        shelf,
        chain,
        steps,
        error -> {
          if (error != null) {
            failedOn |= 1 << shelf;
            failure = error;
          } else {
            trust(shelf, phase);
          }
          written();
        });
  }

  private void written() {
    if (--outstanding > 0) {
      return;
    }
    // By what is required now: a shelf may have become stale, or all but live, meanwhile.
    IOException error = (failedOn & shelves.required()) != 0 ? failure : null;
    if (error == null && phases.get(next).area() == Area.CHECKPOINTS) {
      shelves.marks().published();
    }
    end(error);
  }

  // ---- Reads ----

  /** A piece of a read that lies in one chunk. */
  private record Piece(long offset, ByteBuffer into, int tried) {}

  private void readChunks(List<Step> steps) {
    List<Piece> pieces = new ArrayList<>();
    for (Step step : steps) {
      Read read = (Read) step;
      ByteBuffer into = read.into();
      long end = read.offsetBytes() + into.remaining();
      for (long at = read.offsetBytes(); at < end; ) {
        int length = (int) (Math.min(end, stagger.chunkEnd(at)) - at);
        int from = into.position() + (int) (at - read.offsetBytes());
        pieces.add(new Piece(at, into.slice(from, length), without));
        at += length;
      }
    }
    read(pieces);
    readDone();
  }

  private void read(List<Piece> pieces) {
    for (int shelf = 0; shelf < stagger.shelves(); shelf++) {
      List<Piece> mine = new ArrayList<>();
      List<Step> steps = new ArrayList<>();
      for (Piece piece : pieces) {
        if (choose(piece) == shelf) {
          mine.add(piece);
          long place = stagger.place(piece.offset(), stagger.copyOn(shelf, piece.offset()));
          steps.add(new Read(place, piece.into()));
        }
      }
      if (!mine.isEmpty()) {
        int from = shelf;
        outstanding++;
        shelves.readFrom(shelf, chain, steps, error -> pieceRead(from, mine, error));
      }
    }
    for (Piece piece : pieces) {
      if (choose(piece) < 0) {
        unreadable = true;
        if (failure == null) {
          failure =
              new IOException(
                  "%s: no copy of byte %d can be read".formatted(chain.name(), piece.offset()));
        }
      }
    }
  }

  /**
   * The shelf to read from: live and not tried, and best one that is good and answers; or -1. A bad
   * copy is better than none: only a part of what is distrusted may be bad, and whoever reads a
   * ring checks what it gets.
   */
  private int choose(Piece piece) {
    int best = -1;
    int bestScore = -1;
    for (int copy = 0; copy < 2; copy++) {
      int shelf = stagger.shelfOf(piece.offset(), copy);
      int bit = 1 << shelf;
      boolean good = shelves.trust().isTrusted(shelf, piece.offset(), piece.into().remaining());
      if ((shelves.readable() & ~piece.tried() & bit) != 0) {
        int score =
            (good ? 8 : 0)
                + (copy == preferred ? 4 : 0)
                + (shelves.trust().avoided() == shelf ? 0 : 2)
                + ((shelves.down() & bit) == 0 ? 1 : 0);
        if (score > bestScore) {
          best = shelf;
          bestScore = score;
        }
      }
    }
    return best;
  }

  private void pieceRead(int shelf, List<Piece> pieces, IOException error) {
    if (error instanceof GivenUpException) {
      // The buffer is the shelf's, and no place to read from another one into.
      failure = error;
      unreadable = true;
    } else if (error != null) {
      failure = error;
      List<Piece> again = new ArrayList<>();
      for (Piece piece : pieces) {
        again.add(new Piece(piece.offset(), piece.into(), piece.tried() | 1 << shelf));
      }
      read(again);
    }
    readDone();
  }

  private void readDone() {
    if (--outstanding > 0) {
      return;
    }
    if (unreadable) {
      shelves.failSoon(failure, this::end);
    } else {
      end(null);
    }
  }

  /** Both areas from every live shelf that answers; each node's newest record counts. */
  private void readCheckpoints(Phase phase) {
    List<Read> areas = phase.steps().stream().map(Read.class::cast).toList();
    long[] best = new long[areas.size()];
    boolean[] any = new boolean[1];
    Layout layout = stagger.layout();
    for (int shelf = 0; shelf < stagger.shelves(); shelf++) {
      if ((shelves.readable() & 1 << shelf) == 0) {
        continue;
      }
      List<Step> steps = new ArrayList<>();
      List<ByteBuffer> found = new ArrayList<>();
      for (Read area : areas) {
        ByteBuffer buffer = shelves.newBuffer(area.into().remaining());
        found.add(buffer);
        steps.add(new Read(stagger.placeOnEvery(area.offsetBytes()), buffer));
      }
      outstanding++;
      shelves.readFrom(
          shelf,
          chain,
          steps,
          error -> {
            failure = error != null ? error : failure;
            if (error == null) {
              any[0] = true;
              for (int i = 0; i < areas.size(); i++) {
                int node = areas.get(i).offsetBytes() == layout.checkpointAreaOffset(0) ? 0 : 1;
                CheckpointRecord record = CheckpointArea.latest(found.get(i), node);
                if (record != null && record.sequence() > best[i]) {
                  best[i] = record.sequence();
                  ByteBuffer into = areas.get(i).into();
                  into.put(into.position(), found.get(i), 0, into.remaining());
                }
              }
            }
            if (--outstanding == 0) {
              end(any[0] ? null : failure);
            }
          });
    }
    outstanding--;
  }
}
