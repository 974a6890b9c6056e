package io.twinlog.replication.core;

import java.util.Arrays;

/** The counted frames of a resync that the target has not taken in yet; allocates when it grows. */
final class Unconfirmed {

  /** Told of each frame that is taken in. */
  @FunctionalInterface
  interface Sink {
    void confirmed(long bytes, boolean piece, long sentNanos);
  }

  private long[] bytes = new long[64];
  private long[] sentNanos = new long[64];
  private boolean[] pieces = new boolean[64];
  private int head;
  private int size;

  /** Number of the last frame that was taken in. */
  private long confirmedFrames;

  private long writeBytes;
  private long pieceBytes;

  /** Nothing is on its way; so many frames were sent on this connection before. */
  void begin(long frames) {
    head = 0;
    size = 0;
    confirmedFrames = frames;
    writeBytes = 0;
    pieceBytes = 0;
  }

  void sent(long length, boolean piece, long nowNanos) {
    if (size == bytes.length) {
      grow();
    }
    int tail = index(size++);
    bytes[tail] = length;
    sentNanos[tail] = nowNanos;
    pieces[tail] = piece;
    if (piece) {
      pieceBytes += length;
    } else {
      writeBytes += length;
    }
  }

  /** The target has taken in every frame up to this one. */
  void confirmed(long frames, Sink sink) {
    while (size > 0 && confirmedFrames < frames) {
      confirmedFrames++;
      int first = head;
      head = index(1);
      size--;
      if (pieces[first]) {
        pieceBytes -= bytes[first];
      } else {
        writeBytes -= bytes[first];
      }
      sink.confirmed(bytes[first], pieces[first], sentNanos[first]);
    }
  }

  boolean isEmpty() {
    return size == 0;
  }

  /** Of clients' writes. */
  long writeBytes() {
    return writeBytes;
  }

  /** Of blocks. */
  long pieceBytes() {
    return pieceBytes;
  }

  private int index(int position) {
    return (head + position) & (bytes.length - 1);
  }

  private void grow() {
    int length = bytes.length;
    bytes = rotated(bytes);
    sentNanos = rotated(sentNanos);
    boolean[] more = new boolean[2 * length];
    for (int i = 0; i < size; i++) {
      more[i] = pieces[(head + i) & (length - 1)];
    }
    pieces = more;
    head = 0;
  }

  private long[] rotated(long[] of) {
    long[] more = Arrays.copyOf(of, 2 * of.length);
    for (int i = 0; i < size; i++) {
      more[i] = of[(head + i) & (of.length - 1)];
    }
    return more;
  }
}
