package io.twinlog.replication.core;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;

/**
 * The buffers that chains on several shelves are out with. When operations are given up, any buffer
 * that is out may be in their hands, for a chain's buffer is cut into pieces for several shelves:
 * so none of these is given back, whoever releases it, before the operations have returned. Nothing
 * is copied for that, and others are taken meanwhile: {@link ReplicaConfig#pieceBuffers}.
 */
final class LentBuffers {
  private final Effects effects;
  private final IdentityHashMap<ByteBuffer, Lent> out = new IdentityHashMap<>();

  private static final class Lent {
    /** How many shelves may still use it. */
    int holds;

    boolean released;
  }

  LentBuffers(Effects effects) {
    this.effects = effects;
  }

  ByteBuffer acquire(int bytes) {
    ByteBuffer buffer = effects.acquireBuffer(bytes);
    out.put(buffer, new Lent());
    return buffer;
  }

  void release(ByteBuffer buffer) {
    Lent lent = out.get(buffer);
    if (lent == null || lent.released) {
      throw new IllegalStateException("a buffer was given back that is not out");
    }
    lent.released = true;
    giveBack(buffer, lent);
  }

  /** Keeps all that is out until {@link #letGo} of what this returns. */
  List<ByteBuffer> keep() {
    out.values().forEach(lent -> lent.holds++);
    return new ArrayList<>(out.keySet());
  }

  void letGo(List<ByteBuffer> kept) {
    for (ByteBuffer buffer : kept) {
      Lent lent = out.get(buffer);
      lent.holds--;
      giveBack(buffer, lent);
    }
  }

  private void giveBack(ByteBuffer buffer, Lent lent) {
    if (lent.released && lent.holds == 0) {
      out.remove(buffer);
      effects.releaseBuffer(buffer);
    }
  }
}
