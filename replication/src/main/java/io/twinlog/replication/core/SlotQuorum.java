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
import java.util.Arrays;
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
  private static final int READS = Slots.READS_UNDER_WAY + 2;

  private final Shelves shelves;
  private final Stagger stagger;
  private final Layout layout;
  private final int node;
  private final Writer[] writers;
  private final IoBuffers[] readBuffers;

  /** The own sequence that each sector of each shelf has last taken from this process. */
  private final long[][] written;

  private final ByteBuffer newest;
  private long newestOffset;
  private IoChain newestChain;

  /** Grows with every record that is to be written. */
  private long generation;

  private int taken;
  private int refused;
  private Consumer<IOException> waiting;

  SlotQuorum(Shelves shelves, Stagger stagger, int node) {
    this.shelves = shelves;
    this.stagger = stagger;
    this.layout = stagger.layout();
    this.node = node;
    int count = stagger.isSingle() ? 0 : stagger.shelves();
    writers = new Writer[count];
    readBuffers = new IoBuffers[count];
    written = new long[count][Layout.SLOT_SECTORS];
    newest = ByteBuffer.allocate(layout.sectorBytes());
    for (int shelf = 0; shelf < count; shelf++) {
      writers[shelf] = new Writer(shelf);
      readBuffers[shelf] = new IoBuffers(READS, 2 * layout.slotAreaBytes());
    }
  }

  /** The shelf is another one than before, and holds nothing of this process. */
  void forget(int shelf) {
    Arrays.fill(written[shelf], 0);
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
    private boolean busy;
    private boolean behind;

    Writer(int shelf) {
      this.shelf = shelf;
      this.buffer = new IoBuffers(1, layout.sectorBytes()).acquire(layout.sectorBytes());
    }

    void begin() {
      if (busy) {
        behind = true;
      } else {
        send();
      }
    }

    private void send() {
      busy = true;
      long mine = generation;
      if (shelves.isExchanged(shelf)) {
        shelves.failSoon(new IOException(shelves.error(shelf)), error -> done(mine, 0, error));
        return;
      }
      buffer.clear().put(newest.duplicate()).flip();
      long sequence = SlotCodec.decode(buffer).sequence();
      List<IoChain.Step> steps =
          List.of(
              new IoChain.Write(stagger.placeOnEvery(newestOffset), buffer), new IoChain.Sync());
      shelves.submitTo(
          shelf, newestChain, steps, error -> error, error -> done(mine, sequence, error));
    }

    private void done(long ofGeneration, long sequence, IOException error) {
      busy = false;
      if (error == null) {
        written[shelf][(int) (sequence % Layout.SLOT_SECTORS)] = sequence;
      }
      if (ofGeneration == generation) {
        writeDone(error);
      }
      if (behind && !busy) {
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

  private final class Reading {
    private final List<IoChain.Read> areas;
    private final Consumer<IOException> then;
    private final long[][] best = new long[2][Layout.SLOT_SECTORS];
    private int answers;
    private int failures;
    private boolean over;

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
        int area = layout.slotAreaBytes();
        ByteBuffer buffer =
            shelves.isExchanged(shelf) ? null : readBuffers[shelf].acquire(2 * area);
        if (buffer == null) {
          String why = shelves.isExchanged(shelf) ? "it was exchanged" : "it does not answer";
          shelves.failSoon(new IOException(Shelves.name(shelf) + ": " + why), this::failed);
          continue;
        }
        int from = shelf;
        long[] floor = written[shelf].clone();
        List<IoChain.Step> steps =
            List.of(
                new IoChain.Read(
                    stagger.placeOnEvery(layout.slotAreaOffset(0)), buffer.slice(0, area)),
                new IoChain.Read(
                    stagger.placeOnEvery(layout.slotAreaOffset(1)), buffer.slice(area, area)));
        shelves.submitTo(
            shelf,
            chain,
            steps,
            error -> error != null ? error : judge(from, floor, buffer),
            error -> answered(from, buffer, error));
      }
    }

    /** Every sector that this process has written must still show that, or something newer. */
    private IOException judge(int shelf, long[] floor, ByteBuffer buffer) {
      int sectorBytes = layout.sectorBytes();
      int area = node * layout.slotAreaBytes();
      for (int sector = 0; sector < floor.length; sector++) {
        SlotRecord record =
            SlotCodec.decode(buffer.slice(area + sector * sectorBytes, sectorBytes));
        boolean less = record == null || record.sequence() < floor[sector];
        // What was forgotten meanwhile is another shelf's.
        if (floor[sector] > 0 && less && written[shelf][sector] >= floor[sector]) {
          return shelves.noteExchanged(shelf);
        }
      }
      return null;
    }

    private List<SlotRecord> records(ByteBuffer buffer, int of) {
      int area = layout.slotAreaBytes();
      return SlotArea.records(buffer.slice(of * area, area), of);
    }

    /** By sectors: what a majority has taken of one record need not be the one with the next. */
    private void merge(List<SlotRecord> found, ByteBuffer buffer, int of) {
      int sectorBytes = layout.sectorBytes();
      ByteBuffer into = areas.get(of).into();
      for (int sector = 0; sector < found.size(); sector++) {
        SlotRecord record = found.get(sector);
        if (record != null && record.sequence() > best[of][sector]) {
          best[of][sector] = record.sequence();
          int at = sector * sectorBytes;
          into.put(into.position() + at, buffer, of * layout.slotAreaBytes() + at, sectorBytes);
        }
      }
    }

    private void answered(int shelf, ByteBuffer buffer, IOException error) {
      List<SlotRecord> first = records(buffer, 0);
      List<SlotRecord> second = records(buffer, 1);
      boolean whole =
          error == null && SlotArea.latest(first) != null && SlotArea.latest(second) != null;
      if (whole && !over) {
        merge(first, buffer, 0);
        merge(second, buffer, 1);
      }
      readBuffers[shelf].release(buffer);
      if (whole) {
        answers++;
        if (!over && answers >= stagger.majority()) {
          over = true;
          then.accept(null);
        }
      } else {
        failed(
            error != null
                ? error
                : new IOException(Shelves.name(shelf) + " lacks the slot of a node so far"));
      }
    }

    private void failed(IOException error) {
      failures++;
      if (!over && failures > stagger.shelves() - stagger.majority()) {
        over = true;
        then.accept(noMajority(error));
      }
    }
  }
}
