package io.twinlog.blockdev.log;

import io.twinlog.blockdev.log.RingContents.LaterPiece;
import java.nio.ByteBuffer;
import java.util.UUID;

/**
 * Looks a little beyond the place where a ring's log seems to end. An appender begins a batch only
 * when the one before it is durable: so a piece of a later batch shows that what is not whole here
 * was so once, and is damaged. From each intact piece it goes on to the next; over what is not one
 * it searches for {@link #SEARCH_BYTES} at most.
 */
final class RingProbe {

  /** Damage up to this much, less one piece, is seen. */
  static final int SEARCH_BYTES = 1 << 20;

  private final Layout layout;
  private final UUID resource;
  private final int node;
  private final RingEnd end;
  private final long lapEnd;
  private final int maxReadBytes;
  private final PieceHeader header = new PieceHeader();

  private long position;
  private int searched;
  private boolean hops;
  private LaterPiece found;

  RingProbe(Layout layout, UUID resource, int node, RingEnd end, long lapEnd, int maxReadBytes) {
    this.layout = layout;
    this.resource = resource;
    this.node = node;
    this.end = end;
    this.lapEnd = lapEnd;
    this.maxReadBytes = maxReadBytes;
    this.position = end.position();
  }

  /** What to read and feed next; null when there is nothing more to look at. */
  ReadRequest next() {
    if (found != null || searched >= SEARCH_BYTES || position >= lapEnd) {
      return null;
    }
    long place = layout.ringPlace(node, position);
    long toRingEnd = layout.ringOffset(node) + layout.ringBytes() - place;
    long most = hops ? PieceHeader.BYTES : Math.min(maxReadBytes, SEARCH_BYTES - searched);
    return new ReadRequest(place, (int) Math.min(most, Math.min(toRingEnd, lapEnd - position)));
  }

  /** Takes exactly the bytes last asked for; their position does not move. */
  void feed(ByteBuffer bytes) {
    long start = position;
    long bufferEnd = start + bytes.remaining();
    while (position < bufferEnd && found == null && searched < SEARCH_BYTES) {
      look(bytes, bytes.position() + (int) (position - start));
    }
  }

  private void look(ByteBuffer bytes, int at) {
    hops =
        header.read(bytes, at)
            && header.uuidHigh == resource.getMostSignificantBits()
            && header.uuidLow == resource.getLeastSignificantBits()
            && header.node == node
            && header.position == position;
    if (!hops) {
      position += PieceHeader.BYTES;
      searched += PieceHeader.BYTES;
    } else if (header.sequence > end.sequence()) {
      found = new LaterPiece(header.view, header.cut, header.sequence, position);
    } else {
      position += PieceHeader.BYTES + header.dataBytes;
      searched = 0;
    }
  }

  /** A piece of a later batch, or null. */
  LaterPiece found() {
    return found;
  }
}
