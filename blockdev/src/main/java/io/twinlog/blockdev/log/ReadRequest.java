package io.twinlog.blockdev.log;

/**
 * What a parser wants to see next.
 *
 * @param offsetBytes physical offset on the shelf, a multiple of 4096
 * @param lengthBytes a multiple of 4096, at most {@link RingScanner#MAX_READ_BYTES}
 */
public record ReadRequest(long offsetBytes, int lengthBytes) {}
