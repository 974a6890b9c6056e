package io.twinlog.deploy.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.CompletableFuture;

/** A client that writes single blocks in turn, and knows what has to survive and what may. */
final class Promises {

  private static final int BLOCKS = 64;

  /** Per block, the version that must not be lost, and the newest one written. */
  private final int[] least = new int[BLOCKS];

  private final int[] newest = new int[BLOCKS];
  private int version;

  /** Writes so many blocks; the acknowledgements promise nothing yet. */
  void write(NbdClient client, int count) throws IOException {
    for (int i = 0; i < count; i++) {
      int block = ++version % BLOCKS;
      newest[block] = version;
      client.write((long) block * Blocks.BYTES, Blocks.content(block, 1, version));
    }
  }

  /** Writes a block whose acknowledgement may be long in coming; nothing else until then. */
  CompletableFuture<Void> beginWrite(NbdClient client) {
    return CompletableFuture.runAsync(
        () -> {
          try {
            write(client, 1);
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
  }

  /** What was acknowledged so far must survive. */
  void count() {
    System.arraycopy(newest, 0, least, 0, BLOCKS);
  }

  /**
   * Each block has its promised version or a newer one; and as one write came after the other, the
   * newest version found says that all before it are there, too.
   */
  void verify(NodeProcess node) throws IOException {
    int last = 0;
    int[] found = new int[BLOCKS];
    try (NbdClient client = NbdClient.open(node, 60_000)) {
      for (int block = 0; block < BLOCKS; block++) {
        byte[] content = client.read((long) block * Blocks.BYTES, Blocks.BYTES);
        found[block] = newest[block];
        while (found[block] > 0 && !Blocks.is(content, 0, block, found[block])) {
          found[block] = Math.max(0, found[block] - BLOCKS);
        }
        if (!Blocks.is(content, 0, block, found[block]) || found[block] < least[block]) {
          throw new AssertionError(
              "block %d: version %d was promised, found %d"
                  .formatted(block, least[block], found[block]));
        }
        last = Math.max(last, found[block]);
      }
    }
    for (int block = 0; block < BLOCKS; block++) {
      int next = found[block] == 0 ? firstVersionOf(block) : found[block] + BLOCKS;
      if (next <= last) {
        throw new AssertionError(
            "version %d is there, but not %d of block %d: no prefix".formatted(last, next, block));
      }
    }
  }

  private static int firstVersionOf(int block) {
    return block == 0 ? BLOCKS : block;
  }
}
