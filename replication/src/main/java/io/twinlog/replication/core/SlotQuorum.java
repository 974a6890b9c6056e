package io.twinlog.replication.core;

import io.twinlog.blockdev.log.Layout;
import io.twinlog.blockdev.log.SlotArea;
import io.twinlog.blockdev.log.SlotCodec;
import io.twinlog.blockdev.log.SlotRecord;
import io.twinlog.blockdev.log.Stagger;
import io.twinlog.blockdev.shelf.IoBuffers;
import io.twinlog.blockdev.shelf.IoChain;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.Consumer;

/**
 * Slot I/O on several shelves, decided by a majority ({@link Shelves}). Each shelf has buffers of
 * its own here: one that hangs keeps neither the others nor the caller's buffers, and gets, when it
 * answers again, the newest record.
 *
 * <p>A record that only a minority has may be seen by one reader and not by the next, also by the
 * writer's next process. That is what Disk Paxos allows for: a ballot whose first phase did not
 * reach a majority has no value. The next process begins with sequence numbers far beyond any that
 * such a record may have ({@link Slots#adopt}).
 */
final class SlotQuorum {
  private static final int LOOKS = Slots.READS_UNDER_WAY + 8;

  private final Shelves shelves;
  private final Stagger stagger;
  private final Layout layout;
  private final Writer[] writers;

  private final ShelfEvidence[] evidence;

  /** Shelves that last showed the slots of both nodes. */
  private int showingBoth;

  private final ByteBuffer newest;
  private long newestOffset;
  private IoChain newestChain;

  /** Grows with every record that is to be written. */
  private long generation;

  private int taken;
  private int refused;
  private Consumer<IOException> waiting;

  SlotQuorum(Shelves shelves, Replica replica) {
    this.shelves = shelves;
    this.stagger = shelves.stagger();
    this.layout = stagger.layout();
    int count = stagger.isSingle() ? 0 : stagger.shelves();
    writers = new Writer[count];
    evidence = new ShelfEvidence[count];
    newest = ByteBuffer.allocate(layout.sectorBytes());
    for (int shelf = 0; shelf < count; shelf++) {
      writers[shelf] = new Writer(shelf);
      evidence[shelf] = new ShelfEvidence(shelves, replica, shelf, LOOKS);
    }
  }

  /** What shows that the shelf is the one that it was. */
  ShelfEvidence evidence(int shelf) {
    return evidence[shelf];
  }

  /** Whether the slots can be read from these shelves alone, as they last showed them. */
  boolean isReadable(int from) {
    return Integer.bitCount(showingBoth & from) > stagger.shelves() - stagger.majority();
  }

  /** The shelf is a medium that this node has written nothing to: it gets the newest record. */
  void renewed(int shelf) {
    evidence[shelf].forget();
    showingBoth &= ~(1 << shelf);
    if (generation > 0) {
      writers[shelf].begin();
    }
  }

  /**
   * Writes a slot record to all shelves; the one before it must have been reported.
   *
   * @param sector the caller's again when this returns
   * @param then told null when a majority has it, or an error when none can have it any more
   */
  void write(IoChain chain, long offset, ByteBuffer sector, Consumer<IOException> then) {
    newest.clear().put(sector.duplicate()).flip();
    newestOffset = offset;
    newestChain = chain;
    generation++;
    taken = 0;
    refused = 0;
    waiting = then;
    for (Writer writer : writers) {
      writer.begin();
    }
  }

  private void writeDone(IOException error) {
    if (error == null) {
      taken++;
    } else {
      refused++;
    }
    if (waiting == null) {
      return;
    }
    Consumer<IOException> told = waiting;
    if (taken >= stagger.majority()) {
      waiting = null;
      told.accept(null);
    } else if (refused > stagger.shelves() - stagger.majority()) {
      waiting = null;
      told.accept(noMajority(error));
    }
  }

  private IOException noMajority(IOException last) {
    return new IOException(
        "no majority of the %d shelves answers: %s"
            .formatted(stagger.shelves(), last == null ? "" : last.getMessage()),
        last);
  }

  /** One shelf's writes, one at a time. */
  private final class Writer {
    private final int shelf;
    private final ByteBuffer buffer;

    /** The shelf has the buffer. */
    private boolean busy;

    private boolean behind;

    /** Which record was last reported as taken, and which as not taken. */
    private long takenGeneration;

    private long refusedGeneration;

    Writer(int shelf) {
      this.shelf = shelf;
      this.buffer = new IoBuffers(1, layout.sectorBytes()).acquire(layout.sectorBytes());
    }

    void begin() {
      if (!busy) {
        send();
        return;
      }
      behind = true;
      if (shelves.isHanging(shelf)) {
        long mine = generation;
        shelves.failSoon(new IOException(shelves.error(shelf)), error -> refuse(mine, error));
      }
    }

    private void send() {
      busy = true;
      long mine = generation;
      long media = evidence[shelf].media();
      if (shelves.isExchanged(shelf)) {
        shelves.failSoon(
            new IOException(shelves.error(shelf)),
            error -> {
              refuse(mine, error);
              returned();
            });
        return;
      }
      buffer.clear().put(newest.duplicate()).flip();
      long sequence = SlotCodec.decode(buffer).sequence();
      List<IoChain.Step> steps =
          List.of(
              new IoChain.Write(stagger.placeOnEvery(newestOffset), buffer), new IoChain.Sync());
      shelves.submitTo(
          shelf,
          newestChain,
          steps,
          error -> error,
          error -> reported(mine, media, sequence, error),
          this::returned);
    }

    private void reported(long ofGeneration, long ofMedia, long sequence, IOException error) {
      if (error == null) {
        evidence[shelf].noteWritten(sequence, ofMedia);
        if (ofGeneration == generation && takenGeneration != generation) {
          takenGeneration = generation;
          writeDone(null);
        }
      } else {
        // What waits behind something that was given up waits as long, so it is given up, too.
        refuse(error instanceof GivenUpException ? generation : ofGeneration, error);
      }
    }

    private void refuse(long ofGeneration, IOException error) {
      if (ofGeneration == generation && refusedGeneration != generation) {
        refusedGeneration = generation;
        writeDone(error);
      }
    }

    private void returned() {
      busy = false;
      if (behind) {
        behind = false;
        send();
      }
    }
  }

  /**
   * Reads both slot areas from all shelves, and puts into the steps' buffers the newest record of
   * each sector, as soon as a majority has answered.
   */
  void read(IoChain chain, List<IoChain.Read> areas, Consumer<IOException> then) {
    new Reading(areas, then).begin(chain);
  }

  /** Reads the slots only to see that each shelf is still the one that it was. */
  void look() {
    int area = layout.slotAreaBytes();
    ByteBuffer into = ByteBuffer.allocate(2 * area);
    List<IoChain.Read> areas =
        List.of(
            new IoChain.Read(layout.slotAreaOffset(0), into.slice(0, area)),
            new IoChain.Read(layout.slotAreaOffset(1), into.slice(area, area)));
    read(new IoChain("look at the slots", IoChain.Lane.SLOT, error -> {}), areas, error -> {});
  }

  /**
   * A shelf that lacks the slot of a node is a new medium. It shows what has been written since, so
   * it is one of the majority that a reading takes; but what was written before, on a majority that
   * it belonged to, it does not show. So there have to be more whole answers than a majority leaves
   * out: these meet every majority.
   */
  private final class Reading {
    private final List<IoChain.Read> areas;
    private final Consumer<IOException> then;
    private final long[][] best = new long[2][Layout.SLOT_SECTORS];
    private int whole;
    private int partial;
    private int failures;
    private boolean over;
    private IOException lacking;

    Reading(List<IoChain.Read> areas, Consumer<IOException> then) {
      this.areas = areas;
      this.then = then;
      for (IoChain.Read area : areas) {
        ByteBuffer into = area.into();
        into.duplicate().put(new byte[into.remaining()]);
      }
    }

    void begin(IoChain chain) {
      for (int shelf = 0; shelf < stagger.shelves(); shelf++) {
        ShelfEvidence.Look look = shelves.isExchanged(shelf) ? null : evidence[shelf].lookIfFree();
        if (look == null) {
          String why = shelves.isExchanged(shelf) ? "it was exchanged" : "it does not answer";
          shelves.failSoon(new IOException(Shelves.name(shelf) + ": " + why), this::failed);
          continue;
        }
        int from = shelf;
        shelves.submitTo(
            shelf,
            chain,
            List.of(look.read()),
            look::judge,
            error -> answered(from, look, error),
            look::close);
      }
    }

    /** By sectors: what a majority has taken of one record need not be the one with the next. */
    private void merge(List<SlotRecord> found, ByteBuffer area, int of) {
      int sectorBytes = layout.sectorBytes();
      ByteBuffer into = areas.get(of).into();
      for (int sector = 0; sector < found.size(); sector++) {
        SlotRecord record = found.get(sector);
        if (record != null && record.sequence() > best[of][sector]) {
          best[of][sector] = record.sequence();
          int at = sector * sectorBytes;
          into.put(into.position() + at, area, at, sectorBytes);
        }
      }
    }

    private void answered(int shelf, ShelfEvidence.Look look, IOException error) {
      if (error != null) {
        failed(error);
      } else {
        answered(shelf, look.area(0), look.area(1));
      }
    }

    private void answered(int shelf, ByteBuffer area0, ByteBuffer area1) {
      List<SlotRecord> first = SlotArea.records(area0, 0);
      List<SlotRecord> second = SlotArea.records(area1, 1);
      if (!over) {
        merge(first, area0, 0);
        merge(second, area1, 1);
      }
      if (SlotArea.latest(first) != null && SlotArea.latest(second) != null) {
        showingBoth |= 1 << shelf;
        whole++;
      } else {
        showingBoth &= ~(1 << shelf);
        partial++;
        lacking = new IOException(Shelves.name(shelf) + " lacks the slot of a node so far");
      }
      judgeAnswers(lacking);
    }

    private void failed(IOException error) {
      failures++;
      judgeAnswers(error);
    }

    private void judgeAnswers(IOException last) {
      int others = stagger.shelves() - stagger.majority();
      if (over) {
        return;
      }
      if (whole + partial >= stagger.majority() && whole > others) {
        over = true;
        then.accept(null);
      } else if (failures > others || whole + partial + failures == stagger.shelves()) {
        over = true;
        then.accept(noMajority(last));
      }
    }
  }
}
