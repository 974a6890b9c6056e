package io.twinlog.blockdev.aoe;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** What one frame carries: a run of sectors of a step, or a flush. */
final class Piece {

  final Work work;

  /** ATA's command code. */
  final int operation;

  final long sector;
  final int sectors;

  /** The step's buffer and where in it the run begins; null for a flush. */
  final ByteBuffer buffer;

  final int position;

  /** When it was first sent, if it was. */
  long firstSentAt;

  long lastSentAt;

  /** Every sending of it, answered or not. */
  final List<Copies.Copy> copies = new ArrayList<>(1);

  int refusals;

  /** On its way on this path; null while it waits to be sent. */
  TargetPath path;

  long sendAgainAt;
  boolean done;

  Piece(Work work, int operation, long sector, int sectors, ByteBuffer buffer, int position) {
    this.work = work;
    this.operation = operation;
    this.sector = sector;
    this.sectors = sectors;
    this.buffer = buffer;
    this.position = position;
  }

  boolean isWrite() {
    return operation == AoeMessage.Ata.WRITE_EXTENDED;
  }

  /** Where in its buffer sector 0 would be: the same for all pieces of one step. */
  long bufferBegin() {
    return position - sector * AoeMessage.Ata.SECTOR_BYTES;
  }

  boolean overlaps(long otherSector, int otherSectors) {
    return sector < otherSector + otherSectors && otherSector < sector + sectors;
  }

  /** The part of it from a sector on, as a piece that was sent as early. */
  Piece part(int from, int count) {
    Piece part = new Piece(work, operation, sector + from, count, buffer, position + from * 512);
    part.firstSentAt = firstSentAt;
    part.refusals = refusals;
    return part;
  }
}
