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

  /** The node's record in each sector, null where there is none. */
  List<T> records(ByteBuffer area, int ofNode) {
    int sectorBytes = sectorBytes(area);
    List<T> records = new ArrayList<>(sectors);
    for (int sector = 0; sector < sectors; sector++) {
      records.add(at(area, sector, sectorBytes, ofNode));
    }
    return records;
  }

  /** The record with the greatest sequence number, or null when there is none. */
  T latest(List<T> records) {
    T latest = null;
    for (T record : records) {
      if (record != null
          && (latest == null || sequence.applyAsLong(record) > sequence.applyAsLong(latest))) {
        latest = record;
      }
    }
    return latest;
  }

  T latest(ByteBuffer area, int ofNode) {
    return latest(records(area, ofNode));
  }

  List<Integer> damaged(ByteBuffer area, int ofNode) {
    int sectorBytes = sectorBytes(area);
    List<T> records = records(area, ofNode);
    List<Integer> damaged = new ArrayList<>();
    for (int sector = 0; sector < sectors; sector++) {
      int start = area.position() + sector * sectorBytes;
      if (records.get(sector) == null && !Fields.isZero(area, start, start + sectorBytes)) {
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
