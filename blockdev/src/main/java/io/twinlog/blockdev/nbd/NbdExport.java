package io.twinlog.blockdev.nbd;

import io.netty.channel.EventLoop;
import io.twinlog.blockdev.BlockService;
import java.nio.charset.StandardCharsets;

/**
 * A resource as a server offers it; its name is the name of the service.
 *
 * @param service the device; used on {@code loop} only, but for its name and size
 * @param loop the event loop that owns the resource
 * @param description a line for a person, at most 4096 bytes of UTF-8
 * @param budget the bytes that all clients of the resource may have under way; used on {@code loop}
 */
public record NbdExport(
    BlockService service, EventLoop loop, String description, InflightBudget budget) {

  public NbdExport {
    checkString("name", service.name());
    checkString("description", description);
    if (service.name().isEmpty()) {
      throw new IllegalArgumentException("the empty name stands for the default export");
    }
  }

  String name() {
    return service.name();
  }

  private static void checkString(String what, String text) {
    // "Conventions": no NUL, no more than 4096 bytes.
    if (text.indexOf('\0') >= 0
        || text.getBytes(StandardCharsets.UTF_8).length > Handshake.MAX_STRING_BYTES) {
      throw new IllegalArgumentException("export " + what + " is not a valid NBD string");
    }
  }
}
