package io.twinlog.blockdev.nbd;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** The data of the options that have some; null stands for data that is malformed. */
final class OptionData {

  /**
   * NBD_OPT_INFO and NBD_OPT_GO: 32 bits name length, name, 16 bits number of requests, 16 bits
   * each.
   */
  record Info(String name, List<Integer> requests) {}

  /**
   * The META_CONTEXT options: 32 bits name length, name, 32 bits number of queries, and for each 32
   * bits length and the query.
   */
  record MetaContext(String name, List<String> queries) {}

  private OptionData() {}

  static Info info(ByteBuf data) {
    String name = string(data);
    if (name == null || data.readableBytes() < 2) {
      return null;
    }
    int count = data.readUnsignedShort();
    if (data.readableBytes() != 2 * count) {
      return null;
    }
    List<Integer> requests = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      requests.add(data.readUnsignedShort());
    }
    return new Info(name, requests);
  }

  static MetaContext metaContext(ByteBuf data) {
    String name = string(data);
    if (name == null || data.readableBytes() < 4) {
      return null;
    }
    long count = data.readUnsignedInt();
    List<String> queries = new ArrayList<>();
    // Each query takes at least the bytes of its length, so the data bounds the loop.
    for (long i = 0; i < count; i++) {
      String query = string(data);
      // "Metadata querying": a query begins with the name of a namespace and a colon.
      if (query == null || query.indexOf(':') < 1) {
        return null;
      }
      queries.add(query);
    }
    return data.isReadable() ? null : new MetaContext(name, queries);
  }

  /** 32 bits length and so many bytes of UTF-8, at most 4096; null if it is not. */
  private static String string(ByteBuf data) {
    if (data.readableBytes() < 4) {
      return null;
    }
    long length = data.readUnsignedInt();
    if (length > Handshake.MAX_STRING_BYTES || length > data.readableBytes()) {
      return null;
    }
    return data.readCharSequence((int) length, StandardCharsets.UTF_8).toString();
  }
}
