package io.twinlog.blockdev.nbd;

import io.twinlog.blockdev.BlockService;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * An export on one server and the clients it has; closes them all when the node leaves the primary
 * role. Used on the export's loop.
 */
final class ServedExport implements BlockService.ClientListener {

  private final NbdExport export;
  private final Set<TransmissionHandler> clients = new HashSet<>();

  ServedExport(NbdExport export) {
    this.export = export;
  }

  /** What it is; may be asked on any thread. */
  NbdExport export() {
    return export;
  }

  void add(TransmissionHandler client) {
    clients.add(client);
  }

  void remove(TransmissionHandler client) {
    clients.remove(client);
  }

  @Override
  public void leftPrimary() {
    // A copy: closing takes a client off the set.
    List<TransmissionHandler> open = new ArrayList<>(clients);
    open.forEach(TransmissionHandler::close);
  }
}
