package io.twinlog.deploy.nemesis.history;

import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/**
 * What a client asked for and what it was told.
 *
 * @param kind of it
 * @param client who asked; asks for one thing at a time
 * @param node whom it asked
 * @param firstBlock the first block
 * @param values one for each block: what was written, or what was read; see {@link Content}
 * @param invokedNanos when it was sent, at the latest that late
 * @param answeredNanos when the answer was there, or {@link #NEVER}: it may have happened, may
 *     still happen, or never
 */
@SuppressWarnings("ArrayRecordComponent") // Up to 256 values each, of many operations.
public record Operation(
    Kind kind,
    int client,
    String node,
    int firstBlock,
    long[] values,
    long invokedNanos,
    long answeredNanos) {

  /** The two operations that a block device has, and a look at what is left. */
  public enum Kind {
    READ,
    WRITE,
    /** A read after both nodes were lost at once, which is when it was invoked. */
    RECOVERED
  }

  /** The time of an answer that has not come. */
  public static final long NEVER = Long.MAX_VALUE;

  /** The same with what was read or written, and when that was known. */
  public Operation answered(long[] answer, long nanos) {
    return new Operation(kind, client, node, firstBlock, answer, invokedNanos, nanos);
  }

  boolean isAnswered() {
    return answeredNanos != NEVER;
  }

  boolean isRead() {
    return kind == Kind.READ;
  }

  boolean isWrite() {
    return kind == Kind.WRITE;
  }

  /** The block after the last. */
  int endBlock() {
    return firstBlock + values.length;
  }

  boolean covers(int block) {
    return block >= firstBlock && block < endBlock();
  }

  long value(int block) {
    return values[block - firstBlock];
  }

  /** A line that {@link #parse} reads. All blocks of a write have the same value. */
  String text() {
    String list =
        isWrite() || Arrays.stream(values).allMatch(value -> value == values[0])
            ? Long.toString(values[0])
            : LongStream.of(values).mapToObj(Long::toString).collect(Collectors.joining(","));
    return String.join(
        " ",
        kind.name(),
        Integer.toString(client),
        node,
        Integer.toString(firstBlock),
        Integer.toString(values.length),
        list,
        Long.toString(invokedNanos),
        isAnswered() ? Long.toString(answeredNanos) : "never");
  }

  /**
   * Reads a line.
   *
   * @throws IllegalArgumentException when it is not one
   */
  static Operation parse(String line) {
    String[] word = line.split(" ", -1);
    if (word.length != 8) {
      throw new IllegalArgumentException("not an operation: " + line);
    }
    long[] values = new long[Integer.parseInt(word[4])];
    String[] list = word[5].split(",", -1);
    for (int i = 0; i < values.length; i++) {
      values[i] = Long.parseLong(list.length == 1 ? list[0] : list[i]);
    }
    return new Operation(
        Kind.valueOf(word[0]),
        Integer.parseInt(word[1]),
        word[2],
        Integer.parseInt(word[3]),
        values,
        Long.parseLong(word[6]),
        word[7].equals("never") ? NEVER : Long.parseLong(word[7]));
  }

  @Override
  public String toString() {
    return text();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Operation operation && operation.text().equals(text());
  }

  @Override
  public int hashCode() {
    return text().hashCode();
  }
}
