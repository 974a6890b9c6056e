package io.twinlog.deploy.nemesis;

import io.twinlog.blockdev.log.Layout;
import io.twinlog.blockdev.log.Stagger;
import io.twinlog.blockdev.shelf.Shelf;
import io.twinlog.blockdev.shelf.ShelfSpec;
import io.twinlog.deploy.nemesis.fuse.FuseMount;
import io.twinlog.deploy.nemesis.fuse.StoragePath;
import io.twinlog.deploy.nemesis.fuse.StoragePaths;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Shelves that are files, which each node reaches by a path of its own ({@link FuseMount}). */
final class FuseSan implements San {

  private final List<Path> directories;
  private final List<FuseMount> shelves;
  private final List<StoragePaths> paths = new ArrayList<>();

  private FuseSan(List<Path> directories, List<FuseMount> shelves) {
    this.directories = directories;
    this.shelves = shelves;
    for (int node = 0; node < Network.NODES.size(); node++) {
      int of = node;
      paths.add(new StoragePaths(shelves.stream().map(shelf -> shelf.path(of)).toList()));
    }
  }

  /**
   * Serves formatted files.
   *
   * @param deviceBytes of the device that they are the backing of
   */
  static FuseSan serve(Path directory, List<Path> files, long deviceBytes) throws IOException {
    Stagger stagger = staggerOf(files, deviceBytes);
    List<FuseMount> mounts = new ArrayList<>();
    List<Path> directories = new ArrayList<>();
    for (int shelf = 0; shelf < files.size(); shelf++) {
      Path mount = Files.createDirectory(directory.resolve("san" + (shelf + 1)));
      directories.add(mount);
      mounts.add(FuseMount.mount(mount, files.get(shelf), stagger, shelf, Network.NODES));
    }
    return new FuseSan(directories, mounts);
  }

  /** As {@code create} has made it. */
  private static Stagger staggerOf(List<Path> files, long deviceBytes) throws IOException {
    ShelfSpec spec = ShelfSpec.parse(ShelfSpec.FILE + files.get(0));
    try (Shelf shelf = spec.open("r0", (thread, e) -> e.printStackTrace())) {
      Layout layout = Layout.of(deviceBytes, shelf.sectorBytes(), 0);
      return new Stagger(layout, files.size(), Stagger.DEFAULT_CHUNK_BYTES);
    }
  }

  @Override
  public String configuration(String node) {
    return Site.shelves(directories.stream().map(d -> "file:" + d.resolve(node)).toList());
  }

  @Override
  public int count() {
    return shelves.size();
  }

  @Override
  public StoragePaths path(String node) {
    return paths.get(Network.NODES.indexOf(node));
  }

  @Override
  public void lose(int shelf) {
    paths.forEach(path -> path.to(shelf).fail(StoragePath.EIO, StoragePath.Kind.values()));
  }

  @Override
  public void stall(int shelf) {
    paths.forEach(path -> path.to(shelf).stall());
  }

  @Override
  public void giveBack(int shelf) {
    paths.forEach(path -> path.to(shelf).heal());
  }

  @Override
  public void empty(int shelf) throws IOException {
    shelves.get(shelf).empty();
  }

  @Override
  public void heal() {
    paths.forEach(StoragePaths::heal);
  }

  @Override
  public void letGo() {
    heal();
  }

  @Override
  public void close() throws IOException {
    for (FuseMount shelf : shelves) {
      shelf.close();
    }
  }
}
