package io.twinlog.deploy.nemesis.fuse;

import io.twinlog.blockdev.log.Stagger;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import jnr.ffi.LibraryLoader;

/**
 * A directory with one file for each node, all of them the same storage: what a SAN is to two
 * machines. Each file has faults of its own. Served over {@code /dev/fuse}, so the programs that
 * use it need not know, and the kernel treats them as it does with any slow or failing disk: a
 * killed process does not end before its requests do.
 *
 * <p>Mounted for as long as this process lives; in a mount namespace of its own nothing remains
 * even when it is killed.
 */
public final class FuseMount implements AutoCloseable {

  /** mount(2), umount2(2); public only because the generated binding lives in another loader. */
  public interface LibC {
    int mount(String source, String target, String type, long flags, String options);

    int umount2(String target, int flags);
  }

  // linux/mount.h
  private static final long MS_NOSUID = 2;
  private static final long MS_NODEV = 4;
  private static final int MNT_DETACH = 2;

  private static final LibC C = LibraryLoader.create(LibC.class).load("c");

  private static final String DEVICE = "/dev/fuse";

  private final RandomAccessFile device;
  private final int descriptor;
  private final Path directory;
  private final Storage storage;
  private final FuseFiles files;
  private final List<StoragePath> paths = new ArrayList<>();
  private final ExecutorService workers;

  private FuseMount(Path directory, Path file, Stagger stagger, int shelf, List<String> names)
      throws IOException {
    this.directory = directory;
    storage = new Storage(file);
    for (int i = 0; i < names.size(); i++) {
      paths.add(new StoragePath(storage, stagger, shelf));
    }
    files = new FuseFiles(names, paths);
    Set<Integer> others = openDevices();
    device = new RandomAccessFile(DEVICE, "rw");
    Set<Integer> own = openDevices();
    own.removeAll(others);
    descriptor = own.iterator().next();
    workers =
        Executors.newCachedThreadPool(
            task -> {
              Thread thread = new Thread(task, "fuse-request");
              thread.setDaemon(true);
              return thread;
            });
  }

  /**
   * Mounts.
   *
   * @param directory empty
   * @param file the storage; keeps its size
   * @param stagger how the backing lies on its shelves
   * @param shelf which of them it is, from 0
   * @param names of the files by which it is reached
   */
  public static FuseMount mount(
      Path directory, Path file, Stagger stagger, int shelf, List<String> names)
      throws IOException {
    FuseMount mount = new FuseMount(directory, file, stagger, shelf, names);
    String options = "fd=" + mount.descriptor + ",rootmode=40000,user_id=0,group_id=0";
    if (C.mount("twinlog-nemesis", directory.toString(), "fuse", MS_NOSUID | MS_NODEV, options)
        != 0) {
      mount.close();
      throw new IOException("cannot mount fuse at " + directory);
    }
    Thread reader = new Thread(mount::serve, "fuse-reader");
    reader.setDaemon(true);
    reader.start();
    return mount;
  }

  /** Java does not say the number of a descriptor; the kernel does. */
  private static Set<Integer> openDevices() throws IOException {
    Set<Integer> devices = new HashSet<>();
    try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
      for (Path link : open.toList()) {
        // The directory itself is open while it is listed, and gone a moment later.
        if (Files.isSymbolicLink(link) && Files.readSymbolicLink(link).toString().equals(DEVICE)) {
          devices.add(Integer.parseInt(link.getFileName().toString()));
        }
      }
    }
    return devices;
  }

  /** The way to the storage that has this place in the list of names. */
  public StoragePath path(int index) {
    return paths.get(index);
  }

  /** Nothing that was written is there any more, as if another, empty disk were in the place. */
  public void empty() throws IOException {
    storage.empty();
  }

  private void serve() {
    byte[] buffer = new byte[FuseFiles.BUFFER_BYTES];
    try {
      while (true) {
        int length = read(buffer);
        if (length < 0) {
          return;
        }
        ByteBuffer request =
            ByteBuffer.wrap(Arrays.copyOf(buffer, length)).order(ByteOrder.nativeOrder());
        workers.execute(() -> answer(request));
      }
    } catch (IOException e) {
      // ENODEV: unmounted.
    }
  }

  private int read(byte[] buffer) throws IOException {
    while (true) {
      try {
        return device.read(buffer);
      } catch (IOException e) {
        // ENOENT: the request was taken back before it could be read (fuse(4)).
        if (!String.valueOf(e.getMessage()).contains("No such file")) {
          throw e;
        }
      }
    }
  }

  private void answer(ByteBuffer request) {
    byte[] reply = files.answer(request);
    if (reply != null) {
      try {
        // One write(2) for each reply; the kernel takes them from any thread.
        device.write(reply);
      } catch (IOException e) {
        // Whoever asked has gone.
      }
    }
  }

  @Override
  public void close() throws IOException {
    paths.forEach(StoragePath::close);
    C.umount2(directory.toString(), MNT_DETACH);
    workers.shutdown();
    device.close();
    storage.close();
  }
}
