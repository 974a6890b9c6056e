package io.twinlog.deploy.nemesis;

import io.twinlog.blockdev.aoe.FaultyWire;
import io.twinlog.blockdev.aoe.FaultyWire.Faults;
import io.twinlog.deploy.nemesis.fuse.StoragePaths;
import io.twinlog.deploy.process.Launcher;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * Shelves that are durable vblades at a switch, to which each node has a cable of its own with a
 * {@link FaultyWire} in it. Nodes fence by reserving them.
 */
final class AoeSan implements San {

  private static final String SWITCH = "san0";
  private static final int MTU = 9000;

  /** The first shelf is AoE 7.0, the next one 8.0. */
  private static final int FIRST_ADDRESS = 7;

  private static final Faults CUT = new Faults(1000, 0, 0, 0, 1);

  /** Nothing is late by as much as a frame may be on its way. */
  private static final Faults BAD = new Faults(20, 20, 50, 50, 300_000_000);

  private final List<Path> files;
  private final boolean kept;
  private final Process[] vblades;
  private final TreeMap<String, FaultyWire> wires = new TreeMap<>();

  private AoeSan(List<Path> files, boolean kept) {
    this.files = files;
    this.kept = kept;
    vblades = new Process[files.size()];
  }

  /**
   * Serves formatted files.
   *
   * @param kept whether nodes are told that reservations last
   * @param seed of what wires do
   */
  static AoeSan serve(List<Path> files, boolean kept, long seed)
      throws IOException, InterruptedException {
    AoeSan san = new AoeSan(files, kept);
    shell("ip link add %s address 02:00:00:00:01:fe mtu %d type bridge".formatted(SWITCH, MTU));
    shell("ip link set %s up".formatted(SWITCH));
    for (String node : Network.NODES) {
      int number = Network.NODES.indexOf(node) + 1;
      shell("ip link add sn-%s mtu %d type veth peer name san netns %s".formatted(node, MTU, node));
      shell(
          "ip -n %s link set san mtu %d address 02:00:00:00:01:%02d up"
              .formatted(node, MTU, number));
      shell(
          "ip link add sw-%s mtu %d type veth peer name sp-%s mtu %d"
              .formatted(node, MTU, node, MTU));
      shell("ip link set sn-%1$s up && ip link set sw-%1$s up".formatted(node));
      shell("ip link set sp-%s master %s up".formatted(node, SWITCH));
      san.wires.put(node, FaultyWire.start("sn-" + node, "sw-" + node, seed + number));
    }
    for (int shelf = 0; shelf < files.size(); shelf++) {
      san.start(shelf);
    }
    return san;
  }

  private void end(int shelf) {
    vblades[shelf].destroyForcibly().onExit().join();
  }

  private static void shell(String command) throws IOException, InterruptedException {
    Launcher.run("sh", "-c", command).orFail();
  }

  private void start(int shelf) throws IOException {
    vblades[shelf] =
        new ProcessBuilder(
                "vblade",
                "-s",
                Integer.toString(FIRST_ADDRESS + shelf),
                "0",
                SWITCH,
                files.get(shelf) + "")
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
  }

  @Override
  public String configuration(String node) {
    return "fencing = reserve, "
        + Site.shelves(
            IntStream.range(0, files.size())
                .mapToObj(
                    shelf ->
                        "aoe:san/%d.0?deadline=3s%s"
                            .formatted(FIRST_ADDRESS + shelf, kept ? "&reserve=kept" : ""))
                .toList());
  }

  @Override
  public int count() {
    return files.size();
  }

  @Override
  public StoragePaths path(String node) {
    return new StoragePaths(List.of());
  }

  /** One that is to keep its reservation only hangs. */
  @Override
  public void lose(int shelf) throws IOException, InterruptedException {
    if (kept) {
      stall(shelf);
    } else {
      end(shelf);
    }
  }

  @Override
  public void stall(int shelf) throws IOException, InterruptedException {
    if (vblades[shelf].isAlive()) {
      shell("kill -STOP %d".formatted(vblades[shelf].pid()));
    }
  }

  @Override
  public void giveBack(int shelf) throws IOException, InterruptedException {
    if (vblades[shelf].isAlive()) {
      shell("kill -CONT %d".formatted(vblades[shelf].pid()));
    } else {
      start(shelf);
    }
  }

  /** All forget who has reserved them. */
  void restart() throws IOException {
    for (int shelf = 0; shelf < count(); shelf++) {
      end(shelf);
      start(shelf);
    }
  }

  @Override
  public void empty(int shelf) throws IOException {
    end(shelf);
    setSize(files.get(shelf), Files.size(files.get(shelf)));
    start(shelf);
  }

  /** A file of zeros. */
  static void setSize(Path file, long bytes) throws IOException {
    try (RandomAccessFile opened = new RandomAccessFile(file.toFile(), "rw")) {
      opened.setLength(0);
      opened.setLength(bytes);
    }
  }

  /** Nothing passes the node's cable any more, in either direction. */
  void cut(String node) {
    wires.get(node).suffer(CUT);
  }

  /** All cables lose, double, delay and reorder. */
  void worsen() {
    wires.values().forEach(wire -> wire.suffer(BAD));
  }

  @Override
  public void heal() throws IOException, InterruptedException {
    wires.values().forEach(wire -> wire.suffer(Faults.NONE));
    for (int shelf = 0; shelf < count(); shelf++) {
      giveBack(shelf);
    }
  }

  /** Nobody's end waits for a target. */
  @Override
  public void letGo() {}

  @Override
  public void close() throws IOException {
    for (int shelf = 0; shelf < count(); shelf++) {
      end(shelf);
    }
    for (FaultyWire wire : wires.values()) {
      wire.close();
    }
  }
}
