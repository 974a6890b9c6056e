package io.twinlog.replication.core;

import io.twinlog.blockdev.BlockRequest;
import io.twinlog.blockdev.RamDevice;
import io.twinlog.blockdev.log.Layout;
import io.twinlog.blockdev.log.NewestContents;
import io.twinlog.blockdev.shelf.IoChain;
import io.twinlog.blockdev.shelf.IoChain.Lane;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.zip.CRC32C;

/**
 * Fills RAM from the backing (design, section 4, "Populate"). What the log holds is loaded before
 * the node serves; the rest comes in the background, blocks that somebody waits for first. A block
 * that a client has written whole in the meantime is not loaded any more.
 */
final class Loader {
  private static final int BLOCKS_PER_CHAIN = Layout.PIECE_BLOCKS;
  private static final long RETRY_NANOS = 200_000_000;

  private final Replica replica;
  private final Effects effects;
  private final RamDevice ram;
  private final Layout layout;

  private final CRC32C checksum = new CRC32C();
  private NewestContents newest;
  private final BitSet missing = new BitSet();
  private final BitSet logged = new BitSet();
  private final BitSet wanted = new BitSet();
  private long round;
  private int chainsUnderWay;
  private boolean retryPending;
  private int cursor;

  Loader(Replica replica, Effects effects, RamDevice ram, Layout layout) {
    this.replica = replica;
    this.effects = effects;
    this.ram = ram;
    this.layout = layout;
  }

  /**
   * Begins to load the whole device.
   *
   * @param first what the log holds, or may still hold, and a primary therefore needs first
   */
  void begin(NewestContents contents, BitSet first) {
    end();
    newest = contents;
    missing.set(0, layout.deviceBlocks());
    logged.or(contents.logged());
    logged.or(first);
    cursor = 0;
    loadNext();
  }

  /** Whatever is under way is of no use any more. */
  void end() {
    round++;
    missing.clear();
    logged.clear();
    wanted.clear();
    newest = null;
  }

  /** Whether every block is in RAM. */
  boolean isDone() {
    return missing.isEmpty();
  }

  /** Whether everything that the log holds is in RAM. */
  boolean hasLogged() {
    return logged.isEmpty();
  }

  boolean isReading() {
    return chainsUnderWay > 0;
  }

  /**
   * Whether the request can be answered, or laid over RAM, with what is loaded; else asks for it.
   */
  boolean isReady(BlockRequest request) {
    if (missing.isEmpty()) {
      return true;
    }
    int first = BlockTable.firstBlock(request);
    int end = BlockTable.endBlock(request);
    if (request.command() == BlockRequest.Command.READ) {
      int block = missing.nextSetBit(first);
      if (block < 0 || block >= end) {
        return true;
      }
      wanted.set(block);
      loadNext();
      return false;
    }
    boolean ready = true;
    long to = request.offsetBytes() + request.lengthBytes();
    if (request.offsetBytes() % BlockTable.BLOCK_BYTES != 0 && missing.get(first)) {
      wanted.set(first);
      ready = false;
    }
    if (to % BlockTable.BLOCK_BYTES != 0 && missing.get(end - 1)) {
      wanted.set(end - 1);
      ready = false;
    }
    if (!ready) {
      loadNext();
    }
    return ready;
  }

  /** The block is about to be written in RAM, as a whole if it was missing. */
  void written(int block) {
    missing.clear(block);
  }

  private void loadNext() {
    if (chainsUnderWay > 0 || retryPending || (missing.isEmpty() && logged.isEmpty())) {
      return;
    }
    int block = next();
    boolean fromLog = !newest.isInDataArea(block);
    int end = block + 1;
    while (end < block + BLOCKS_PER_CHAIN
        && missing.get(end)
        && newest.isInDataArea(end) != fromLog) {
      end++;
    }
    read(block, end);
  }

  private int next() {
    int block = logged.nextSetBit(0);
    if (block >= 0) {
      return block;
    }
    wanted.and(missing);
    block = wanted.nextSetBit(0);
    if (block >= 0) {
      wanted.clear(block);
      return block;
    }
    block = missing.nextSetBit(cursor);
    return block >= 0 ? block : missing.nextSetBit(0);
  }

  private void read(int block, int end) {
    ByteBuffer buffer = effects.acquireBuffer((end - block) * BlockTable.BLOCK_BYTES);
    long mine = round;
    IoChain chain =
        new IoChain(
            "populate",
            Lane.DATA,
            error -> {
              chainsUnderWay--;
              if (mine == round) {
                loaded(block, end, buffer, error);
              }
              effects.releaseBuffer(buffer);
              replica.pump();
            });
    if (newest.isInDataArea(block)) {
      chain.read((long) block * BlockTable.BLOCK_BYTES, buffer);
    } else {
      addLogged(chain, block, end, buffer);
    }
    chainsUnderWay++;
    effects.submit(chain);
  }

  private void addLogged(IoChain chain, int block, int end, ByteBuffer buffer) {
    for (int i = block; i < end; i++) {
      ByteBuffer target =
          buffer.slice((i - block) * BlockTable.BLOCK_BYTES, BlockTable.BLOCK_BYTES);
      if (newest.isZero(i)) {
        while (target.hasRemaining()) {
          target.putLong(0);
        }
      } else {
        chain.read(layout.ringPlace(newest.ringNode(i), newest.ringPosition(i)), target);
      }
    }
  }

  private void loaded(int block, int end, ByteBuffer buffer, IOException error) {
    IOException failure = error == null ? damage(block, end, buffer) : error;
    if (failure != null) {
      replica.backingFailed(failure);
      retryPending = true;
      replica.after(
          RETRY_NANOS,
          () -> {
            retryPending = false;
            loadNext();
          });
      return;
    }
    for (int i = block; i < end; i++) {
      if (missing.get(i)) {
        ram.write(
            (long) i * BlockTable.BLOCK_BYTES,
            buffer.slice((i - block) * BlockTable.BLOCK_BYTES, BlockTable.BLOCK_BYTES));
        missing.clear(i);
      }
      logged.clear(i);
    }
    cursor = end;
    loadNext();
  }

  /** What the log holds was whole when it was surveyed, and may not be any more. */
  private IOException damage(int first, int end, ByteBuffer buffer) {
    for (int block = first; block < end; block++) {
      if (newest.isInDataArea(block) || newest.isZero(block)) {
        continue;
      }
      checksum.reset();
      checksum.update(
          buffer.slice((block - first) * BlockTable.BLOCK_BYTES, BlockTable.BLOCK_BYTES));
      if ((int) checksum.getValue() != newest.checksum(block)) {
        return new IOException(
            "the log is damaged: block %d has a wrong checksum".formatted(block));
      }
    }
    return null;
  }
}
