package io.twinlog.blockdev.shelf;

import io.twinlog.blockdev.sys.DirectFile;
import io.twinlog.blockdev.sys.SystemCallException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.EnumMap;
import java.util.Map;

/**
 * Carries out the steps of chains on a file; used by all lanes of a shelf at once.
 *
 * <p>A Sync is an fdatasync. One pwritev2 with RWF_DSYNC in place of a write and its Sync was
 * measured on a virtual disk with a write-back cache and no FUA: on ext4 the same within the noise
 * for 512 and 4096 bytes, on a loop device slower, and it would make durable no write but its own.
 * A disk with FUA was not at hand.
 */
final class FileSteps {

  /** No step of the lane has been carried out since its last Sync. */
  private static final long NOTHING = -1;

  /** A file without holes has its room. */
  private static final String MAKE_ROOM =
      "; the file has holes: make room on its file system, and what waits for it goes on by itself";

  private final String shelfName;
  private final DirectFile file;
  private final long sizeBytes;
  private final GroupSync groupSync;

  /**
   * Per lane, used by its thread alone: how many syncs of the shelf had failed when the first step
   * since the lane's last Sync began.
   */
  private final Map<IoChain.Lane, long[]> failuresBefore = new EnumMap<>(IoChain.Lane.class);

  FileSteps(String shelfName, DirectFile file, long sizeBytes) {
    this(shelfName, file, sizeBytes, file::sync);
  }

  /** With another fdatasync than the file's. */
  FileSteps(String shelfName, DirectFile file, long sizeBytes, GroupSync.Call sync) {
    this.shelfName = shelfName;
    this.file = file;
    this.sizeBytes = sizeBytes;
    this.groupSync = new GroupSync(sync);
    for (IoChain.Lane lane : IoChain.Lane.values()) {
      failuresBefore.put(lane, new long[] {NOTHING});
    }
  }

  /** Returns null when every step was carried out, else why the chain ended. */
  IOException carryOut(IoChain chain) {
    long[] before = failuresBefore.get(chain.lane());
    try {
      for (IoChain.Step step : chain.steps()) {
        if (step instanceof IoChain.Sync) {
          sync(chain, before);
          continue;
        }
        if (before[0] == NOTHING) {
          before[0] = groupSync.failures();
        }
        if (step instanceof IoChain.Write write) {
          write(chain, write.offsetBytes(), write.data());
        } else if (step instanceof IoChain.Read read) {
          read(chain, read.offsetBytes(), read.into());
        }
      }
      return null;
    } catch (IOException e) {
      return e;
    }
  }

  private void write(IoChain chain, long offsetBytes, ByteBuffer data) throws IOException {
    int length = data.remaining();
    checkInside("write", chain, offsetBytes, length);
    int done = 0;
    while (done < length) {
      int count;
      try {
        count = file.write(data, data.position() + done, length - done, offsetBytes + done);
      } catch (SystemCallException e) {
        String why = e.getMessage() + (e.isNoSpace() ? MAKE_ROOM : "");
        throw failure("write", chain, offsetBytes + done, length - done, why, e);
      }
      if (count == 0) {
        throw failure(
            "write", chain, offsetBytes + done, length - done, "nothing was written", null);
      }
      done += count;
    }
  }

  private void read(IoChain chain, long offsetBytes, ByteBuffer into) throws IOException {
    int length = into.remaining();
    checkInside("read", chain, offsetBytes, length);
    int done = 0;
    while (done < length) {
      int count;
      try {
        count = file.read(into, into.position() + done, length - done, offsetBytes + done);
      } catch (SystemCallException e) {
        throw failure("read", chain, offsetBytes + done, length - done, e.getMessage(), e);
      }
      if (count == 0) {
        throw failure(
            "read",
            chain,
            offsetBytes + done,
            length - done,
            "the file ends here; it has shrunk since it was opened",
            null);
      }
      done += count;
    }
  }

  private void sync(IoChain chain, long[] before) throws IOException {
    long failures = before[0];
    // Whatever comes of it, the lane's owner is told about everything up to here.
    before[0] = NOTHING;
    try {
      groupSync.sync();
    } catch (SystemCallException e) {
      throw new IOException(
          "sync failed on shelf " + shelfName + " (" + chain.name() + "): " + e.getMessage(), e);
    }
    if (failures != NOTHING && failures != groupSync.failures()) {
      throw new IOException(
          "sync failed on shelf "
              + shelfName
              + " ("
              + chain.name()
              + "): another one failed meanwhile, and may have taken what was written along");
    }
  }

  /** A write past the end of a regular file would not fail but make it longer. */
  private void checkInside(String operation, IoChain chain, long offsetBytes, int length)
      throws IOException {
    if (offsetBytes < 0 || offsetBytes > sizeBytes - length) {
      throw failure(
          operation, chain, offsetBytes, length, "past the end, at " + sizeBytes + " bytes", null);
    }
  }

  private IOException failure(
      String operation, IoChain chain, long offsetBytes, int length, String why, Exception cause) {
    return new IOException(
        operation
            + " failed on shelf "
            + shelfName
            + ", "
            + length
            + " bytes at offset "
            + offsetBytes
            + " ("
            + chain.name()
            + "): "
            + why,
        cause);
  }
}
