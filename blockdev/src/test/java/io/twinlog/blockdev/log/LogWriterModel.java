package io.twinlog.blockdev.log;

import io.twinlog.blockdev.shelf.BlockingShelf;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/**
 * A lone primary in its simplest form, node 0: writes blocks in RAM, appends batches, checkpoints,
 * in the order that the design prescribes. It remembers every state that the device had, and what
 * was promised to be durable. After a crash a new incarnation of it takes over from what {@link
 * BackingCheck} finds.
 */
final class LogWriterModel {

  private record Logged(long cut, RingEnd start, RingEnd end) {}

  private final BlockingShelf io;
  private final Layout layout;
  private final Random random;

  /** The device as of write number n, for every n. */
  private final List<int[]> history;

  private final Map<Integer, Integer> dirty = new TreeMap<>();
  private final Deque<Logged> logged = new ArrayDeque<>();

  private PieceEncoder encoder;
  private View view;
  private CheckpointRecord checkpoint;
  private SlotRecord slot;
  private long lastCut;

  /** Every write up to this number has been promised to survive. */
  private long promised;

  /** A device whose history goes on behind write number {@code state.end()}. */
  private LogWriterModel(MemoryShelf shelf, Layout layout, Random random, List<int[]> history) {
    this.io = new BlockingShelf(shelf);
    this.layout = layout;
    this.random = random;
    this.history = history;
  }

  /** Takes a formatted or crashed shelf over; {@code history} holds the states up to its end. */
  static LogWriterModel start(
      MemoryShelf shelf, BackingCheck.Report report, Random random, List<int[]> history) {
    LogWriterModel model = new LogWriterModel(shelf, report.superblock().layout(), random, history);
    model.takeOver(report);
    return model;
  }

  private void takeOver(BackingCheck.Report report) {
    long end = report.recovered().end();
    View before = report.view();
    long incarnation = before.number() + 100;
    view =
        new View(
            before.number() + 1,
            0,
            1,
            incarnation,
            0,
            end,
            true,
            false,
            1,
            before.nextLimits(end, report.recovered().checkpoint()));
    RingContents ring = report.nodes().get(0).ring();
    encoder = LogFixture.encoder(0, incarnation, ring.end());
    checkpoint = report.nodes().get(0).checkpoint();
    slot = report.nodes().get(0).slot();
    lastCut = end;
    promised = end;
    for (LoggedBatch batch : ring.batches()) {
      logged.add(
          new Logged(
              batch.cut(),
              new RingEnd(batch.sequence(), batch.startPosition(), 0),
              new RingEnd(batch.sequence() + 1, batch.endPosition(), 0)));
    }
  }

  long promised() {
    return promised;
  }

  List<int[]> history() {
    return history;
  }

  /** The view is chosen: before anything is written in it. */
  void announce() throws IOException {
    slot =
        new SlotRecord(
            0, slot.sequence() + 1, view.incarnation0(), view.number(), 0, 0, null, view, 0, 0);
    ByteBuffer sector = ByteBuffer.allocateDirect(layout.sectorBytes());
    SlotCodec.encode(slot, sector);
    io.writeDurably("slot", layout.slotOffset(0, slot.sequence()), sector);
  }

  /** Anything that a primary does. */
  void step() throws IOException {
    switch (random.nextInt(6)) {
      case 0, 1, 2 -> write();
      case 3 -> append(1);
      case 4 -> append(3);
      default -> checkpoint();
    }
  }

  private void write() {
    int[] device = history.get(history.size() - 1).clone();
    for (int i = random.nextInt(3); i >= 0; i--) {
      int block = random.nextInt(device.length);
      device[block] = random.nextInt(4) == 0 ? LogFixture.ZEROS : history.size() * 16 + i + 1;
      dirty.put(block, device[block]);
    }
    history.add(device);
  }

  /** Each batch is durable before the next begins. */
  private void append(int batches) throws IOException {
    for (int i = 0; i < batches; i++) {
      if (i > 0) {
        write();
      }
      long end = encoder.end().position() + (1L + dirty.size()) * Layout.BLOCK_BYTES;
      if (end - checkpoint.tailPosition() > layout.ringBytes()) {
        if (i == 0) {
          checkpoint();
        }
        return;
      }
      RingEnd start = encoder.end();
      long cut = history.size() - 1L;
      List<LogFixture.Append> appends =
          LogFixture.batch(layout, encoder, 0, view.number(), lastCut, cut, dirty);
      logged.add(new Logged(cut, start, encoder.end()));
      lastCut = cut;
      dirty.clear();
      for (LogFixture.Append append : appends) {
        io.run("append", chain -> chain.write(append.offsetBytes(), append.bytes()));
      }
      io.run("sync", chain -> chain.sync());
      promised = cut;
    }
  }

  /**
   * Everything logged goes to its place; then the ring is free, but for the newest batch at times.
   */
  private void checkpoint() throws IOException {
    int[] then = history.get((int) checkpoint.position());
    int[] now = history.get((int) lastCut);
    Map<Integer, Integer> changed = new HashMap<>();
    for (int n = (int) checkpoint.position(); n <= lastCut; n++) {
      for (int block = 0; block < now.length; block++) {
        if (history.get(n)[block] != then[block]) {
          changed.put(block, now[block]);
        }
      }
    }
    for (Map.Entry<Integer, Integer> block : changed.entrySet()) {
      ByteBuffer content = ByteBuffer.wrap(LogFixture.content(block.getValue()));
      io.run("in place", chain -> chain.write((long) block.getKey() * Layout.BLOCK_BYTES, content));
    }
    io.run("sync", chain -> chain.sync());

    boolean keepNewest = random.nextBoolean();
    while (!logged.isEmpty() && (logged.peek().cut() < lastCut || !keepNewest)) {
      logged.remove();
    }
    RingEnd tail = logged.isEmpty() ? encoder.end() : logged.peek().start();
    checkpoint =
        new CheckpointRecord(
            0,
            checkpoint.sequence() + 1,
            view.incarnation0(),
            view.number(),
            lastCut,
            tail.sequence(),
            tail.position());
    ByteBuffer sector = ByteBuffer.allocateDirect(layout.sectorBytes());
    CheckpointCodec.encode(checkpoint, sector);
    io.writeDurably("publish", layout.checkpointOffset(0, checkpoint.sequence()), sector);
  }

  /** How often the ring has been walked round. */
  long laps() {
    return encoder.end().position() / layout.ringBytes();
  }
}
