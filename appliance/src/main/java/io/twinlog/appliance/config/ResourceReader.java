package io.twinlog.appliance.config;

import com.typesafe.config.ConfigValue;
import io.twinlog.appliance.config.ResourceConfig.Limits;
import io.twinlog.appliance.text.Units;
import io.twinlog.blockdev.log.Layout;
import io.twinlog.blockdev.log.Stagger;
import io.twinlog.blockdev.shelf.ShelfSpec;
import io.twinlog.replication.core.Fencing;
import io.twinlog.replication.core.ReplicaConfig.Timing;
import io.twinlog.replication.core.ResyncRates;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads one {@code resource} block. */
final class ResourceReader {

  private static final long KIB = 1024;
  private static final long MIB = 1024 * KIB;

  /** What names of resources and nodes are made of: they become NBD export names and file names. */
  static final String NAME_FORM = "letters, digits, - and _, at most 63, a letter or digit first";

  private static final Path DEFAULT_RAM_DIR = Path.of("/dev/shm/twinlog");
  private static final String RAM_DIR_FORM = "the absolute path of a directory in a tmpfs";
  private static final String SIZE_FORM = "a size such as 256 MiB";
  private static final String SHELF_FORM =
      "one shelf, or 2 to "
          + Stagger.MAX_SHELVES
          + ", each as \"file:/PATH\" or \"aoe:INTERFACE/SHELF.SLOT\"";
  private static final String NODES_FORM = "nodes { NAME { peer = ... } NAME { peer = ... } }";

  /** One request of the largest size must fit: 32 MiB. */
  private static final long MIN_PENDING_BYTES = 32 * MIB;

  private final String name;
  private final Section block;
  private final List<String> warnings;

  ResourceReader(String name, Section block, List<String> warnings) {
    this.name = name;
    this.block = block;
    this.warnings = warnings;
  }

  /** Empty when so much is missing that nothing more can be checked; then problems were noted. */
  Optional<ResourceConfig> read() {
    if (!isName(name)) {
      block.wrong("name", "'" + name + "' is no name for a resource; allowed: " + NAME_FORM);
    }
    long size = size("size", block.require("size", SIZE_FORM), 0, Layout.MAX_DEVICE_BYTES);
    Optional<Section> backing = block.section("backing", block.require("backing", SHELF_FORM));
    List<ShelfSpec> shelves = backing.map(this::shelves).orElse(List.of());
    long ring = backing.map(b -> ring(b, size)).orElse(0L);
    backing.ifPresent(Section::finish);
    List<NodeConfig> nodes = nodes();
    Optional<Path> secret = secretFile(nodes);
    boolean automatic = block.choice("failover", "manual", "automatic").equals("automatic");
    boolean toLog = block.choice("flush", "ram", "log").equals("log");
    Fencing fencing = fencing(shelves);
    String ram = block.choice("ram", "anonymous", "shm");
    Optional<Path> ramDir = ramDir(ram.equals("shm"), size);
    boolean huge = block.choice("huge-pages", "no", "yes").equals("yes");
    if (huge && ramDir.isPresent()) {
      block.wrong("huge-pages", "are not to be had with ram = shm; allowed: no");
    }
    long maxDirty = size("max-dirty", block.find("max-dirty"), size, Math.max(size, 4 * KIB));
    Timing timing = TimingReader.read(block.section("timing", block.find("timing")));
    Limits limits = limits(block.section("limits", block.find("limits")));
    ResyncRates resync = resync(block.section("resync", block.find("resync")));
    AoeOptions aoe = AoeReader.read(block.section("aoe", block.find("aoe")));
    warnOfOpenAoe(nodes, aoe);
    block.finish();
    if (shelves.isEmpty() || nodes.size() != 2) {
      return Optional.empty();
    }
    return Optional.of(
        new ResourceConfig(
            name, size, shelves, ring, nodes, secret, automatic, toLog, fencing, huge, maxDirty,
            timing, limits, resync, ramDir, aoe));
  }

  private Fencing fencing(List<ShelfSpec> shelves) {
    boolean reserve = block.choice("fencing", "masks", "reserve").equals("reserve");
    int kept = 0;
    for (int i = 0; i < shelves.size(); i++) {
      if (shelves.get(i) instanceof ShelfSpec.AoeSpec aoe) {
        kept |= aoe.kept() ? 1 << i : 0;
      } else if (reserve) {
        block.wrong(
            "fencing",
            "\"reserve\" needs shelves that can be reserved, and "
                + shelves.get(i).text()
                + " cannot; allowed: masks, or every shelf as \"aoe:INTERFACE/SHELF.SLOT\"");
      }
    }
    return reserve ? new Fencing(true, kept) : Fencing.MASKS;
  }

  /** Where the RAM copy is, when it is to outlive the process. */
  private Optional<Path> ramDir(boolean shared, long size) {
    Optional<Path> given =
        block.texts("ram-dir", block.find("ram-dir"), RAM_DIR_FORM).stream()
            .findFirst()
            .map(value -> Path.of(ConfigLoader.text(value)));
    if (given.isPresent() && (!shared || !given.get().isAbsolute())) {
      block.wrong(
          "ram-dir",
          (shared ? "is not absolute" : "means nothing without ram = shm")
              + "; allowed: "
              + RAM_DIR_FORM);
    }
    if (shared && size >= Layout.MAX_DEVICE_BYTES) {
      block.wrong("ram", "\"shm\" does not do for so large a device; allowed: less than 1 TiB");
    }
    return shared ? Optional.of(given.orElse(DEFAULT_RAM_DIR)) : Optional.empty();
  }

  private void warnOfOpenAoe(List<NodeConfig> nodes, AoeOptions aoe) {
    if (aoe.allowed().isEmpty() && nodes.stream().anyMatch(node -> node.aoe().isPresent())) {
      warnings.add(
          "resource "
              + name
              + ": aoe: whoever is on that network can read and write it, for AoE has no"
              + " authentication; list its clients in aoe.allow, and keep others off the network");
    }
  }

  static boolean isName(String name) {
    return name.matches("[A-Za-z0-9][A-Za-z0-9_-]{0,62}");
  }

  private long size(String key, Optional<ConfigValue> given, long fallback, long max) {
    return block.size(key, given, fallback, 4 * KIB, 4 * KIB, max);
  }

  private long ring(Section backing, long size) {
    long min = size == 0 ? 4 * KIB : Layout.minimumRingBytes(size);
    return backing.size("ring", backing.find("ring"), 0, 4 * KIB, min, 4 * Layout.MAX_DEVICE_BYTES);
  }

  private List<ShelfSpec> shelves(Section backing) {
    List<ConfigValue> given =
        backing.texts("shelves", backing.require("shelves", SHELF_FORM), SHELF_FORM);
    if (given.size() > Stagger.MAX_SHELVES) {
      backing.wrong("shelves", "has " + given.size() + "; allowed: " + SHELF_FORM);
    }
    List<ShelfSpec> shelves = new ArrayList<>();
    for (ConfigValue value : given) {
      try {
        ShelfSpec shelf = ShelfSpec.parse(ConfigLoader.text(value));
        if (shelves.contains(shelf)) {
          backing.wrongValue("shelves", value, shelf.text() + " is named twice");
        }
        shelves.add(shelf);
      } catch (IllegalArgumentException e) {
        backing.wrongValue("shelves", value, e.getMessage() + "; allowed: " + SHELF_FORM);
      }
    }
    return shelves;
  }

  private List<NodeConfig> nodes() {
    Optional<Section> section = block.section("nodes", block.require("nodes", NODES_FORM));
    if (section.isEmpty()) {
      return List.of();
    }
    List<NodeConfig> nodes = new ArrayList<>();
    List<String> names = section.get().keysInOrder();
    for (String key : names) {
      NodeReader reader = new NodeReader(key);
      section
          .get()
          .section(key, section.get().find(key))
          .flatMap(reader::read)
          .ifPresent(nodes::add);
      if (!isName(key)) {
        section.get().wrong(key, "is no name for a node; allowed: " + NAME_FORM);
      }
    }
    if (names.size() != 2) {
      String count = names.isEmpty() ? "no node" : names.size() + " nodes";
      block.wrong("nodes", "has " + count + "; allowed: exactly two");
    }
    return nodes;
  }

  private Optional<Path> secretFile(List<NodeConfig> nodes) {
    String form = "the path of a file that both nodes have the same content of";
    Optional<Path> file =
        block.texts("secret-file", block.find("secret-file"), form).stream()
            .findFirst()
            .map(value -> Path.of(ConfigLoader.text(value)));
    if (file.isEmpty()) {
      nodes.stream()
          .filter(node -> !node.peer().isLoopback())
          .findFirst()
          .ifPresent(
              node ->
                  block.wrong(
                      "secret-file",
                      "is missing, and peer " + node.peer() + " is not local; allowed: " + form));
    }
    return file;
  }

  /** Sizes are per second. */
  private static ResyncRates resync(Optional<Section> section) {
    ResyncRates rates = ResyncRates.defaults();
    if (section.isEmpty()) {
      return rates;
    }
    Section block = section.get();
    long max = rate(block, "max-rate", rates.maxBytesPerSecond());
    long min = rate(block, "min-rate", Math.min(max, rates.minBytesPerSecond()));
    block.finish();
    if (min > max) {
      block.wrong(
          "min-rate",
          Units.bytes(min)
              + " is more than max-rate = "
              + Units.bytes(max)
              + "; allowed: at most it");
      return rates;
    }
    return new ResyncRates(min, max);
  }

  private static long rate(Section block, String key, long fallback) {
    return block.size(key, block.find(key), fallback, 1, 128 * KIB, 64 * KIB * MIB);
  }

  private static Limits limits(Optional<Section> section) {
    long pending = 256 * MIB;
    int connections = 64;
    int requests = 128;
    if (section.isPresent()) {
      Section limits = section.get();
      pending =
          limits.size(
              "max-pending",
              limits.find("max-pending"),
              pending,
              1,
              MIN_PENDING_BYTES,
              16 * KIB * MIB);
      connections = limits.number("nbd-connections", connections, 1, 4096);
      requests = limits.number("nbd-requests", requests, 1, 4096);
      limits.finish();
    }
    return new Limits(pending, connections, requests);
  }
}
