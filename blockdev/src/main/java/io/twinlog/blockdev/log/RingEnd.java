package io.twinlog.blockdev.log;

/**
 * Where the next batch of a ring goes.
 *
 * @param sequence the batch's sequence number
 * @param position the ring position at which it begins
 * @param chain CRC32C of the commit record before it, which the batch quotes; 0 when the ring holds
 *     none that a reader needs
 */
public record RingEnd(long sequence, long position, int chain) {}
