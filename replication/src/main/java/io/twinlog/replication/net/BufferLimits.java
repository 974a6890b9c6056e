package io.twinlog.replication.net;

/**
 * How many buffers a replica's backing I/O may have out at once: the sum of its users' limits.
 *
 * @param small of up to 4096 bytes: slot and checkpoint records
 * @param pieces of up to {@link io.twinlog.replication.core.ReplicaConfig#PIECE_BYTES}: batches,
 *     checkpoint and populate
 */
public record BufferLimits(int small, int pieces) {

  public BufferLimits {
    if (small < 1 || pieces < 1) {
      throw new IllegalArgumentException(small + " small and " + pieces + " piece buffers");
    }
  }
}
