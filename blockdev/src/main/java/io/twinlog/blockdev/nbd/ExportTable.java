package io.twinlog.blockdev.nbd;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The exports of one server by name; the empty name means the only one. */
final class ExportTable {

  private final Map<String, ServedExport> byName = new LinkedHashMap<>();

  ExportTable(List<NbdExport> exports) {
    for (NbdExport export : exports) {
      if (byName.put(export.name(), new ServedExport(export)) != null) {
        throw new IllegalArgumentException("two exports are named " + export.name());
      }
    }
  }

  /** In the order of configuration. */
  Collection<ServedExport> all() {
    return byName.values();
  }

  /** The export of that name, or null. */
  ServedExport find(String name) {
    if (name.isEmpty() && byName.size() == 1) {
      return byName.values().iterator().next();
    }
    return byName.get(name);
  }

  /** For a client whose name was not found; does not repeat what it sent. */
  String choices() {
    return "no such export; there is: " + String.join(", ", byName.keySet());
  }
}
