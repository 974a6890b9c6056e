package io.twinlog.replication.core;

import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.UUID;
import java.util.zip.CRC32C;

/**
 * What RAM that outlives its process says of its content ({@code ram = shm}): of which incarnation
 * it is, what it is worth as a {@link StartingPoint}, and which write is under way in it. The
 * memory survives the process and not the machine, so what matters is the order in which one thread
 * stores; a store of 8 bytes is whole or not there. All numbers are big-endian:
 *
 * <pre>
 *  byte  size  field
 *     0     8  magic "TwinlRAM"
 *     8     4  format version, 1
 *    12     4  node
 *    16    16  the resource's UUID
 *    32     8  device size in bytes
 *    40    16  boot identity of the machine
 *    56     8  CRC32C of bytes 0 to 55
 *    64     8  incarnation
 *    72     8  newest sequence that the node's slot on the backing was written with, or was going
 *              to be
 *    80     8  view of the starting point; 0: nothing is known of the content
 *    88     8  last write that the content holds
 *    96     8  number of the write under way in the content; that of the last one when none is
 *   104     8  offset of the write under way
 *   112     8  length of the write under way
 * </pre>
 *
 * <p>The table has 8 bytes for each block: {@link BlockTable#lastChanged}.
 *
 * <p>Not thread-safe: the resource's event loop owns it, as it does the RAM.
 */
public final class RamRecord {
  /** Room for the header in front of what follows it. */
  public static final int HEADER_BYTES = 4096;

  /** RAM that ends with its process: nothing is kept, and nothing found. */
  public static final RamRecord NONE = new RamRecord(null, null);

  private static final long MAGIC = 0x5477_696e_6c52_414dL;
  private static final int VERSION = 1;
  private static final int CHECKED_BYTES = 56;
  private static final int CHECK = 56;
  private static final int INCARNATION = 64;
  private static final int SLOT_SEQUENCE = 72;
  private static final int VIEW = 80;
  private static final int NUMBER = 88;
  private static final int WRITING = 96;
  private static final int WRITING_OFFSET = 104;
  private static final int WRITING_LENGTH = 112;

  private final ByteBuffer header;
  private final ByteBuffer table;

  private RamRecord(ByteBuffer header, ByteBuffer table) {
    this.header = header;
    this.table = table;
  }

  /** Bytes of the table of a device. */
  public static long tableBytes(long deviceBytes) {
    return deviceBytes / BlockTable.BLOCK_BYTES * Long.BYTES;
  }

  /**
   * The record in these buffers, which are the memory itself. What they hold is kept when it is of
   * this resource, node and boot; else the content counts for nothing, and the record begins anew.
   *
   * @param header {@link #HEADER_BYTES}, big-endian
   * @param table {@link #tableBytes}, big-endian
   * @param boot changes whenever the machine starts
   */
  public static RamRecord open(
      ByteBuffer header, ByteBuffer table, UUID resource, int node, long deviceBytes, UUID boot) {
    Objects.checkFromIndexSize(0, HEADER_BYTES, header.capacity());
    Objects.checkFromIndexSize(0, (int) tableBytes(deviceBytes), table.capacity());
    ByteBuffer wanted = ByteBuffer.allocate(CHECKED_BYTES + Long.BYTES);
    wanted.putLong(MAGIC).putInt(VERSION).putInt(node);
    wanted.putLong(resource.getMostSignificantBits()).putLong(resource.getLeastSignificantBits());
    wanted.putLong(deviceBytes);
    wanted.putLong(boot.getMostSignificantBits()).putLong(boot.getLeastSignificantBits());
    CRC32C crc = new CRC32C();
    crc.update(wanted.array(), 0, CHECKED_BYTES);
    wanted.putLong(crc.getValue()).flip();
    if (!header.slice(0, CHECK + Long.BYTES).equals(wanted)) {
      header.putLong(CHECK, 0);
      VarHandle.fullFence();
      for (int at = INCARNATION; at < HEADER_BYTES; at += Long.BYTES) {
        header.putLong(at, 0);
      }
      VarHandle.fullFence();
      header.put(0, wanted, 0, CHECKED_BYTES);
      VarHandle.fullFence();
      header.putLong(CHECK, wanted.getLong(CHECK));
    }
    return new RamRecord(header, table);
  }

  long incarnation() {
    return get(INCARNATION);
  }

  long slotSequence() {
    return get(SLOT_SEQUENCE);
  }

  /** 0 when nothing is known of the content. */
  long view() {
    return get(VIEW);
  }

  long number() {
    return get(NUMBER);
  }

  /** Whether a write was under way when the process ended. */
  boolean isTorn() {
    return get(WRITING) != get(NUMBER);
  }

  long tornOffset() {
    return get(WRITING_OFFSET);
  }

  long tornLength() {
    return get(WRITING_LENGTH);
  }

  long lastChanged(int block) {
    return table.getLong(block * Long.BYTES);
  }

  private long get(int at) {
    return header == null ? 0 : header.getLong(at);
  }

  private void put(int at, long value) {
    if (header != null) {
      header.putLong(at, value);
      VarHandle.fullFence();
    }
  }

  /** What follows is another incarnation. */
  void incarnation(long incarnation) {
    put(INCARNATION, incarnation);
  }

  /** The slot is about to be written with this sequence. */
  void slotSequence(long sequence) {
    put(SLOT_SEQUENCE, sequence);
  }

  /** Nothing is known of the content from now on. */
  void forget() {
    put(VIEW, 0);
  }

  /** The content is of this view's history up to the number. */
  void follow(long view, long number) {
    if (get(NUMBER) != number || isTorn()) {
      put(VIEW, 0);
      put(NUMBER, number);
      put(WRITING, number);
    }
    put(VIEW, view);
  }

  /** The write is about to change the range. */
  void begin(long number, long offset, long length) {
    if (header != null) {
      header.putLong(WRITING_OFFSET, offset);
      header.putLong(WRITING_LENGTH, length);
      put(WRITING, number);
    }
  }

  /** The write has changed its range, and the table. */
  void end(long number) {
    if (header != null) {
      VarHandle.fullFence();
      put(NUMBER, number);
    }
  }

  void lastChanged(int block, long number) {
    if (table != null) {
      table.putLong(block * Long.BYTES, number);
    }
  }

  /** Content may be stored after this that is not to be there before what was stored so far. */
  void order() {
    if (header != null) {
      VarHandle.fullFence();
    }
  }
}
