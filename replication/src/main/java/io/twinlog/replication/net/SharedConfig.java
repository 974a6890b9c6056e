package io.twinlog.replication.net;

import com.google.protobuf.ByteString;
import io.twinlog.proto.peer.ConfigItem;
import io.twinlog.proto.peer.Hello;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The part of a resource's configuration that has to be the same on both nodes, as hashes: enough
 * to say by name where two nodes differ (design, section 3, "Identity").
 */
final class SharedConfig {

  /** Keeps the hello below its 64 KiB. */
  private static final int MAX_ITEMS = 500;

  private static final int MAX_KEY_CHARS = 64;
  private static final int HASH_BYTES = 8;

  private final ByteString hash;
  private final List<ConfigItem> items;

  /** {@code values} without secrets; at most 500 keys of at most 64 characters. */
  SharedConfig(Map<String, String> values) {
    if (values.size() > MAX_ITEMS) {
      throw new IllegalArgumentException(values.size() + " configuration items");
    }
    MessageDigest all = sha256();
    List<ConfigItem> list = new ArrayList<>();
    for (Map.Entry<String, String> item : new TreeMap<>(values).entrySet()) {
      if (item.getKey().length() > MAX_KEY_CHARS) {
        throw new IllegalArgumentException("configuration key " + item.getKey() + " is too long");
      }
      byte[] text = (item.getKey() + "\0" + item.getValue()).getBytes(StandardCharsets.UTF_8);
      byte[] itemHash = sha256().digest(text);
      all.update(itemHash);
      list.add(
          ConfigItem.newBuilder()
              .setKey(item.getKey())
              .setValueHash(ByteString.copyFrom(itemHash, 0, HASH_BYTES))
              .build());
    }
    hash = ByteString.copyFrom(all.digest());
    items = List.copyOf(list);
  }

  void describe(Hello.Builder hello) {
    hello.setConfigHash(hash).addAllConfig(items);
  }

  /** The keys whose values differ or that only one side has, sorted; empty when all is the same. */
  List<String> differences(Hello peer) {
    if (peer.getConfigHash().equals(hash)) {
      return List.of();
    }
    Map<String, ByteString> theirs = byKey(peer.getConfigList());
    Map<String, ByteString> ours = byKey(items);
    TreeSet<String> keys = new TreeSet<>(Comparator.naturalOrder());
    keys.addAll(theirs.keySet());
    keys.addAll(ours.keySet());
    keys.removeIf(key -> theirs.get(key) != null && theirs.get(key).equals(ours.get(key)));
    return keys.stream().map(Text::printable).toList();
  }

  private static Map<String, ByteString> byKey(List<ConfigItem> list) {
    Map<String, ByteString> map = new TreeMap<>();
    for (ConfigItem item : list) {
      map.put(item.getKey(), item.getValueHash());
    }
    return map;
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
