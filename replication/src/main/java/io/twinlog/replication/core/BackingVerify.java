package io.twinlog.replication.core;

import io.twinlog.blockdev.RamDevice;
import io.twinlog.blockdev.log.Layout;
import io.twinlog.blockdev.shelf.IoChain;
import io.twinlog.blockdev.shelf.IoChain.Lane;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.BitSet;

/**
 * Compares the primary's RAM with the backing: with the data area, or, for a block that the log
 * still counts for, with its newest content in this node's ring, which has its checksum to match
 * too. A block that changed while it was read is looked at again later. What differs is reported
 * only when the slots, read after it, show no later view: else another node may have written.
 *
 * <p>On several shelves every block is compared twice, once with each of its copies: a scrub.
 */
final class BackingVerify implements VerifyPass {
  private static final int PIECE_BLOCKS = VerifyPieces.MAX_BYTES / BlockTable.BLOCK_BYTES;

  /** How often a block is tried again that changed, or could not be read. */
  private static final int MAX_ROUNDS = 100;

  /** Where a block's content as of the last logged write is. */
  private enum Place {
    /** Not to be told now: the newest content is not logged, or only the peer's ring has it. */
    LATER,
    /** The ring says that it is zeros. */
    ZEROS,
    RING,
    DATA_AREA
  }

  private final Replica replica;
  private final Shelves shelves;
  private final int copies;
  private final Slots slots;
  private final BlockTable table;
  private final RamDevice ram;
  private final Layout layout;
  private final LogWriter log;
  private final Checkpointer checkpointer;
  private final Destager destager;
  private final VerifyPieces pieces;
  private final LogVerify logVerify;

  /**
   * What is to be looked at again. Here and below a block and one of its copies are one number:
   * those of the first copy come before those of the second.
   */
  private final BitSet later = new BitSet();

  /** What was found to differ. */
  private final BitSet found = new BitSet();

  /** Shelves with copies that were found to differ. */
  private int differingShelves;

  /** Of the piece under way, by block. */
  private final Place[] places = new Place[PIECE_BLOCKS];

  private final long[] changed = new long[PIECE_BLOCKS];
  private final long[] loggedAt = new long[PIECE_BLOCKS];

  private BitSet differing;

  /** Grows with every begin and end, so that late completions are known as such. */
  private long round;

  private boolean underWay;
  private int cursor;
  private int laterCursor;
  private int rounds;
  private long notBeforeNanos;

  BackingVerify(
      Replica replica,
      Shelves shelves,
      Slots slots,
      BlockTable table,
      RamDevice ram,
      LogWriter log,
      Checkpointer checkpointer,
      Destager destager,
      VerifyPieces pieces) {
    this.replica = replica;
    this.shelves = shelves;
    this.copies = shelves.isSingle() ? 1 : 2;
    this.slots = slots;
    this.table = table;
    this.ram = ram;
    this.layout = replica.config().layout();
    this.log = log;
    this.checkpointer = checkpointer;
    this.destager = destager;
    this.pieces = pieces;
    this.logVerify = new LogVerify(replica, shelves, slots, table, log);
  }

  @Override
  public void begin(BitSet differing) {
    end();
    this.differing = differing;
    found.clear();
    differingShelves = 0;
    cursor = 0;
    laterCursor = 0;
    rounds = 0;
    notBeforeNanos = replica.now();
    logVerify.begin(differing);
  }

  @Override
  public void end() {
    round++;
    later.clear();
    logVerify.end();
  }

  @Override
  public String obstacle() {
    return replica.isPopulated() ? null : "RAM is still being filled from the backing";
  }

  @Override
  public void pump(VerifyPacer pacer) {
    if (underWay || replica.now() - notBeforeNanos < 0 || isDone()) {
      return;
    }
    if (!logVerify.isDone()) {
      logVerify.pump(pacer);
    } else if (cursor < copies * table.blocks) {
      if (pacer.takePiece()) {
        int end = pieceEnd(cursor, cursor + PIECE_BLOCKS);
        int start = cursor;
        cursor = end;
        compare(start, end);
      }
    } else {
      compareLater(pacer);
    }
  }

  /** Goes over what could not be compared, again and again, with a while in between. */
  private void compareLater(VerifyPacer pacer) {
    int start = later.nextSetBit(laterCursor);
    if (start < 0) {
      laterCursor = 0;
      rounds++;
      notBeforeNanos = replica.now() + Replica.RETRY_NANOS;
      if (rounds < MAX_ROUNDS && !later.isEmpty()) {
        // Blocks that only the peer's ring has come to the data area by it.
        destager.checkpointSoon();
      }
      return;
    }
    if (pacer.takePiece()) {
      int end = pieceEnd(start, Math.min(later.nextClearBit(start), start + PIECE_BLOCKS));
      laterCursor = end;
      later.clear(start, end);
      compare(start, end);
    }
  }

  private int copyOf(int number) {
    return number / table.blocks;
  }

  /** A piece is of one copy. */
  private int pieceEnd(int start, int wanted) {
    return Math.min(wanted, (copyOf(start) + 1) * table.blocks);
  }

  private Place place(int block) {
    boolean isNewestLogged = table.lastChanged[block] <= log.logged();
    if (!table.owed.get(block) && !table.masked.get(block) && !checkpointer.owes(block)) {
      return isNewestLogged ? Place.DATA_AREA : Place.LATER;
    }
    long at = table.loggedAt[block];
    if (at == BlockTable.LOGGED_ZERO && isNewestLogged) {
      return Place.ZEROS;
    }
    return at >= log.tail() ? Place.RING : Place.LATER;
  }

  private void compare(int first, int last) {
    int start = first % table.blocks;
    int end = start + last - first;
    ByteBuffer buffer = shelves.acquireBuffer((end - start) * BlockTable.BLOCK_BYTES);
    long mine = round;
    IoChain chain =
        new IoChain(
            "verify",
            Lane.DATA,
            error -> {
              underWay = false;
              if (mine == round) {
                read(first, last, buffer, error);
              }
              shelves.releaseBuffer(buffer);
              replica.requestEndTurn();
            });
    int from = start;
    for (int block = start; block < end; block++) {
      Place place = place(block);
      places[block - start] = place;
      changed[block - start] = table.lastChanged[block];
      loggedAt[block - start] = table.loggedAt[block];
      if (place != Place.DATA_AREA) {
        addDataArea(chain, start, from, block, buffer);
        from = block + 1;
      }
      if (place == Place.RING) {
        chain.read(
            layout.ringPlace(replica.config().node(), table.loggedAt[block]),
            blockOf(buffer, block - start));
      }
    }
    addDataArea(chain, start, from, end, buffer);
    underWay = true;
    shelves.submitTo(copyOf(first), chain);
  }

  private static void addDataArea(IoChain chain, int start, int from, int to, ByteBuffer buffer) {
    if (from < to) {
      chain.read(
          (long) from * BlockTable.BLOCK_BYTES,
          buffer.slice(
              (from - start) * BlockTable.BLOCK_BYTES, (to - from) * BlockTable.BLOCK_BYTES));
    }
  }

  private static ByteBuffer blockOf(ByteBuffer buffer, int index) {
    return buffer.slice(index * BlockTable.BLOCK_BYTES, BlockTable.BLOCK_BYTES);
  }

  private void read(int first, int last, ByteBuffer buffer, IOException error) {
    if (error != null) {
      replica.backingFailed(error);
      later.set(first, last);
      notBeforeNanos = replica.now() + Replica.RETRY_NANOS;
      return;
    }
    BitSet suspects = new BitSet();
    int suspectShelves = 0;
    for (int number = first; number < last; number++) {
      int i = number - first;
      int block = number % table.blocks;
      Place place = places[i];
      if (place == Place.LATER
          || place(block) != place
          || table.loggedAt[block] != loggedAt[i]
          || (place != Place.RING && table.lastChanged[block] != changed[i])) {
        later.set(number);
      } else if (isEqual(block, place, blockOf(buffer, i))) {
        found.clear(number);
        tell(block);
      } else {
        suspects.set(number);
        suspectShelves |= shelfOf(number, place, loggedAt[i]);
      }
    }
    if (!suspects.isEmpty()) {
      confirm(suspects, suspectShelves);
    }
  }

  private boolean isEqual(int block, Place place, ByteBuffer found) {
    long offset = (long) block * BlockTable.BLOCK_BYTES;
    if (place == Place.ZEROS) {
      return ram.isZero(offset, BlockTable.BLOCK_BYTES);
    }
    if (place == Place.RING && pieces.checksum(found.duplicate()) != table.loggedChecksum[block]) {
      return false;
    }
    return table.lastChanged[block] > log.logged()
        || pieces.content(offset, BlockTable.BLOCK_BYTES).mismatch(found) < 0;
  }

  /** The shelf that the copy was read from, as a set; none when it is not one of several. */
  private int shelfOf(int number, Place place, long position) {
    if (copies == 1 || place == Place.ZEROS) {
      return 0;
    }
    long offset =
        place == Place.RING
            ? layout.ringPlace(replica.config().node(), position)
            : (long) (number % table.blocks) * BlockTable.BLOCK_BYTES;
    return 1 << shelves.stagger().shelfOf(offset, copyOf(number)) & shelves.readable();
  }

  /** Nobody else had marked a view when it was read: then nobody else has written there. */
  private void confirm(BitSet suspects, int suspectShelves) {
    underWay = true;
    long mine = round;
    slots.read(
        (error, reading) -> {
          underWay = false;
          if (mine != round) {
            return;
          }
          if (error == null && !replica.views().isSuperseded(reading)) {
            suspects.stream().forEach(this::differs);
            differingShelves |= suspectShelves;
          } else if (mine == round) {
            later.or(suspects);
            notBeforeNanos = replica.now() + Replica.RETRY_NANOS;
          }
          replica.requestEndTurn();
        });
  }

  private void differs(int number) {
    found.set(number);
    tell(number % table.blocks);
  }

  /** The block differs if any copy does. */
  private void tell(int block) {
    differing.set(block, found.get(block) || found.get(table.blocks + block));
  }

  @Override
  public long doneBytes() {
    int done = cursor - Math.min(cursor, later.cardinality());
    return (long) done * BlockTable.BLOCK_BYTES / copies;
  }

  @Override
  public boolean isDone() {
    return !underWay
        && logVerify.isDone()
        && cursor == copies * table.blocks
        && (later.isEmpty() || rounds >= MAX_ROUNDS);
  }

  @Override
  public boolean isDamaged() {
    return !logVerify.damage().isEmpty();
  }

  @Override
  public String remark() {
    String text = logVerify.damage();
    if (!later.isEmpty()) {
      text +=
          (text.isEmpty() ? "" : "; ")
              + "%d blocks could not be read, or never came to rest".formatted(later.cardinality());
    }
    for (int shelf = 0; shelf < shelves.stagger().shelves(); shelf++) {
      if ((differingShelves & 1 << shelf) != 0) {
        text += (text.isEmpty() ? "" : "; ") + "copies on " + Shelves.name(shelf) + " differ";
      }
    }
    return text;
  }
}
