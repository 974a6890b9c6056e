package io.twinlog.blockdev.shelf;

import io.twinlog.blockdev.sys.DirectFile;
import io.twinlog.blockdev.sys.SystemCallException;
import java.io.IOException;
import java.lang.Thread.UncaughtExceptionHandler;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.Executor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A regular file or block device as a shelf, with one thread for each lane. Opened past the page
 * cache, since the other node writes the same storage from another machine and a cache would serve
 * what was there before. tmpfs has nothing but its pages, and both nodes then live on one machine
 * by definition: it is taken, with a warning.
 *
 * <p>A failed fdatasync means that completed writes of any lane may be gone, although a later one
 * may well succeed: the kernel reports the loss once. So it fails the Sync that it was for, and in
 * every other lane the next Sync, if the lane has done anything since its last one. Whoever hears
 * of it writes everything since its last good Sync again ({@link IoChain.Sync}).
 */
public final class FileShelf implements Shelf {

  /** How many chains wait in one lane at most; an owner has a few under way. */
  static final int QUEUE_CHAINS = 1024;

  private static final Logger log = LoggerFactory.getLogger(FileShelf.class);

  /** The smallest and the largest sector; memory must be aligned to the device's. */
  private static final int SECTOR_512 = 512;

  private static final int SECTOR_4096 = 4096;

  private final String name;
  private final DirectFile file;
  private final long sizeBytes;
  private final int sectorBytes;
  private final Map<IoChain.Lane, FileLane> lanes = new EnumMap<>(IoChain.Lane.class);

  private FileShelf(String name, DirectFile file, int sectorBytes) throws IOException {
    this.name = name;
    this.file = file;
    this.sizeBytes = file.sizeBytes();
    this.sectorBytes = sectorBytes;
  }

  /** Opens what is there and starts the threads; see {@link ShelfSpec#open}. */
  static FileShelf open(ShelfSpec.FileSpec spec, String label, UncaughtExceptionHandler fatal)
      throws IOException {
    DirectFile file = openFile(spec);
    try {
      if (!file.isStorage()) {
        throw new IOException(
            "shelf " + spec.text() + ": neither a regular file nor a block device");
      }
      FileShelf shelf = new FileShelf(spec.text(), file, sectorBytes(file));
      shelf.start(label, fatal);
      return shelf;
    } catch (IOException e) {
      file.close();
      throw e;
    }
  }

  private static DirectFile openFile(ShelfSpec.FileSpec spec) throws IOException {
    try {
      if (spec.buffered()) {
        return DirectFile.open(spec.path(), false);
      }
      DirectFile file = openDirect(spec);
      if (isTmpfs(spec)) {
        log.warn("{} is on tmpfs: no other machine sees it, and it is gone at reboot", spec.text());
      }
      return file;
    } catch (SystemCallException e) {
      throw new IOException("cannot open shelf " + spec.text() + ": " + e.getMessage(), e);
    }
  }

  private static DirectFile openDirect(ShelfSpec.FileSpec spec) throws IOException {
    try {
      return DirectFile.open(spec.path(), true);
    } catch (SystemCallException e) {
      if (!e.isInvalidArgument()) {
        throw e;
      }
      // Kernels before 6.6 refuse O_DIRECT on tmpfs.
      if (isTmpfs(spec)) {
        return DirectFile.open(spec.path(), false);
      }
      throw new IOException(
          "cannot open shelf "
              + spec.text()
              + ": its file system cannot do direct I/O (O_DIRECT), and the page cache would hide"
              + " what the other node writes; if no other machine ever uses this shelf, say "
              + new ShelfSpec.FileSpec(spec.path(), true, spec.deadline()).text(),
          e);
    }
  }

  private static boolean isTmpfs(ShelfSpec.FileSpec spec) throws IOException {
    return Files.getFileStore(spec.path()).type().equals("tmpfs");
  }

  /** What the kernel says, or else whether a read of 512 bytes is taken. */
  private static int sectorBytes(DirectFile file) throws IOException {
    if (!file.isDirect()) {
      return SECTOR_512;
    }
    int alignmentBytes = file.directAlignmentBytes();
    if (alignmentBytes > SECTOR_4096) {
      throw new IOException(
          "direct I/O wants multiples of " + alignmentBytes + " bytes; at most 4096 can be served");
    }
    if (alignmentBytes > 0) {
      return Math.max(SECTOR_512, alignmentBytes);
    }
    ByteBuffer probe = AlignedBuffers.allocate(SECTOR_512);
    try {
      file.read(probe, 0, SECTOR_512, 0);
      return SECTOR_512;
    } catch (SystemCallException e) {
      if (e.isInvalidArgument()) {
        return SECTOR_4096;
      }
      throw e;
    }
  }

  private void start(String label, UncaughtExceptionHandler fatal) {
    FileSteps steps = new FileSteps(name, file, sizeBytes);
    for (IoChain.Lane lane : IoChain.Lane.values()) {
      FileLane fileLane = new FileLane(name, steps, QUEUE_CHAINS);
      lanes.put(lane, fileLane);
      fileLane.start(threadName(label, lane), fatal);
    }
  }

  /** At most 15 characters, since Linux cuts off the rest. */
  private static String threadName(String label, IoChain.Lane lane) {
    String suffix =
        switch (lane) {
          case SLOT -> "-slot";
          case LOG -> "-log";
          case DATA -> "-data";
        };
    return label.substring(0, Math.min(label.length(), 15 - suffix.length())) + suffix;
  }

  @Override
  public String name() {
    return name;
  }

  /** As it was when the shelf was opened. */
  @Override
  public long sizeBytes() {
    return sizeBytes;
  }

  @Override
  public int sectorBytes() {
    return sectorBytes;
  }

  /**
   * {@inheritDoc} When too many chains wait already, or the shelf is closed, the chain fails
   * without having been begun.
   *
   * @throws IllegalArgumentException when a step's buffer, offset or length is not aligned
   */
  @Override
  public void submit(IoChain chain, Executor owner) {
    for (IoChain.Step step : chain.steps()) {
      if (step instanceof IoChain.Write write) {
        checkAligned(chain, write.offsetBytes(), write.data());
      } else if (step instanceof IoChain.Read read) {
        checkAligned(chain, read.offsetBytes(), read.into());
      }
    }
    lanes.get(chain.lane()).submit(chain, owner);
  }

  private void checkAligned(IoChain chain, long offsetBytes, ByteBuffer buffer) {
    if (!buffer.isDirect()
        || offsetBytes % sectorBytes != 0
        || buffer.remaining() % sectorBytes != 0
        || buffer.alignmentOffset(buffer.position(), sectorBytes) != 0) {
      throw new IllegalArgumentException(
          chain.name()
              + ": not a direct buffer with address, offset and length in multiples of "
              + sectorBytes
              + " bytes: "
              + buffer
              + " for offset "
              + offsetBytes);
    }
  }

  @Override
  public void close() throws IOException {
    for (FileLane lane : lanes.values()) {
      lane.stop();
    }
    for (FileLane lane : lanes.values()) {
      lane.join();
    }
    file.close();
  }

  /** {@inheritDoc} The file stays open then: its descriptor must not become another file's. */
  @Override
  public void closeWithin(Duration deadline) throws IOException {
    for (FileLane lane : lanes.values()) {
      lane.stopWithin(deadline.toNanos());
    }
    for (FileLane lane : lanes.values()) {
      if (lane.isLeftBehind()) {
        log.warn(
            "{}: left behind with an operation that has not returned for {} s; the process may not"
                + " end before it does",
            name,
            deadline.toSeconds());
        return;
      }
    }
    file.close();
  }

  @Override
  public boolean mayWriteLate() {
    return lanes.values().stream().anyMatch(FileLane::isLeftBehind);
  }
}
