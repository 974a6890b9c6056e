package io.twinlog.appliance.node;

import io.twinlog.appliance.config.ResourceConfig;
import io.twinlog.blockdev.ram.MappedRam;
import io.twinlog.blockdev.ram.RamOptions;
import io.twinlog.blockdev.sys.SharedMemory;
import io.twinlog.replication.core.RamRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.UUID;

/**
 * The RAM of a resource's copy, and what it says of itself when it outlives the process.
 *
 * @param record {@link RamRecord#NONE} unless {@code ram = shm}
 */
record ResourceRam(MappedRam ram, RamRecord record) {

  private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");
  private static final Set<PosixFilePermission> OWNER_ONLY =
      PosixFilePermissions.fromString("rwx------");

  /**
   * Maps the RAM.
   *
   * @param uuid the resource's
   * @param node 0 or 1
   * @throws IOException when it cannot be had; the message says why and what to do
   */
  static ResourceRam open(ResourceConfig config, UUID uuid, int node, boolean lock)
      throws IOException {
    if (config.ramDir().isEmpty()) {
      RamOptions options = new RamOptions(lock, config.hugePages());
      return new ResourceRam(MappedRam.map(config.sizeBytes(), options), RamRecord.NONE);
    }
    Path file = ownDirectory(config.ramDir().get()).resolve(uuid + "." + node);
    long size = config.sizeBytes();
    SharedMemory memory = SharedMemory.map(file, size, (int) RamRecord.tableBytes(size));
    if (memory == null) {
      throw new IOException(file + " is in use: another process is this node; stop that one first");
    }
    MappedRam ram = MappedRam.of(memory, lock);
    UUID boot = UUID.fromString(Files.readString(BOOT_ID).strip());
    return new ResourceRam(
        ram, RamRecord.open(memory.header(), memory.trailer(), uuid, node, size, boot));
  }

  /** Nobody else may put anything there: the directory is in a place where all may. */
  private static Path ownDirectory(Path directory) throws IOException {
    Files.createDirectories(directory, PosixFilePermissions.asFileAttribute(OWNER_ONLY));
    PosixFileAttributes found =
        Files.readAttributes(directory, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    String owner = found.owner().getName();
    boolean own = owner.equals(System.getProperty("user.name"));
    if (!found.isDirectory() || !own || !found.permissions().equals(OWNER_ONLY)) {
      throw new IOException(
          "ram-dir "
              + directory
              + " of "
              + owner
              + " with "
              + PosixFilePermissions.toString(found.permissions())
              + " is not for this user alone; remove it, or give another ram-dir");
    }
    return directory;
  }
}
