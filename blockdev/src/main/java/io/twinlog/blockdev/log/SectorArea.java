package io.twinlog.blockdev.log;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.ToLongFunction;

/** A row of sectors that one record walks round with its sequence number. */
final class SectorArea<T> {

  private final int sectors;
  private final Function<ByteBuffer, T> decoder;
  private final ToLongFunction<T> node;
  private final ToLongFunction<T> sequence;

  SectorArea(
      int sectors,
      Function<ByteBuffer, T> decoder,
      ToLongFunction<T> node,
      ToLongFunction<T> sequence) {
    this.sectors = sectors;
    this.decoder = decoder;
    this.node = node;
    this.sequence = sequence;
  }

  T latest(ByteBuffer area, int ofNode) {
    int sectorBytes = sectorBytes(area);
    T latest = null;
    for (int sector = 0; sector < sectors; sector++) {
      T record = at(area, sector, sectorBytes, ofNode);
      if (record != null
          && (latest == null || sequence.applyAsLong(record) > sequence.applyAsLong(latest))) {
        latest = record;
      }
    }
    return latest;
  }

  /** Of each sector the record's sequence number; 0 where the node has no record. */
  long[] sequences(ByteBuffer area, int ofNode) {
    int sectorBytes = sectorBytes(area);
    long[] found = new long[sectors];
    for (int sector = 0; sector < sectors; sector++) {
      T record = at(area, sector, sectorBytes, ofNode);
      found[sector] = record == null ? 0 : sequence.applyAsLong(record);
    }
    return found;
  }

  List<Integer> damaged(ByteBuffer area, int ofNode) {
    int sectorBytes = sectorBytes(area);
    List<Integer> damaged = new ArrayList<>();
    for (int sector = 0; sector < sectors; sector++) {
      int start = area.position() + sector * sectorBytes;
      if (at(area, sector, sectorBytes, ofNode) == null
          && !Fields.isZero(area, start, start + sectorBytes)) {
        damaged.add(sector);
      }
    }
    return damaged;
  }

  /** The record of a sector; null when there is none, or one that belongs elsewhere. */
  private T at(ByteBuffer area, int sector, int sectorBytes, int ofNode) {
    T record =
        decoder.apply(area.slice(area.position() + sector * sectorBytes, Layout.RECORD_BYTES));
    boolean belongs =
        record != null
            && node.applyAsLong(record) == ofNode
            && Math.floorMod(sequence.applyAsLong(record), sectors) == sector;
    return belongs ? record : null;
  }

  private int sectorBytes(ByteBuffer area) {
    int sectorBytes = area.remaining() / sectors;
    if (area.remaining() % sectors != 0 || sectorBytes < Layout.RECORD_BYTES) {
      throw new IllegalArgumentException(
          area.remaining() + " bytes are not an area of " + sectors + " sectors");
    }
    return sectorBytes;
  }
}
