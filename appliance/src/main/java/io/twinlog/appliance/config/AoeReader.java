package io.twinlog.appliance.config;

import com.typesafe.config.ConfigValue;
import io.twinlog.blockdev.aoe.MacAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads the {@code aoe} block of a resource. */
final class AoeReader {

  private static final String MAC_FORM = "Ethernet addresses such as \"02:00:5e:10:00:01\"";
  private static final String STRING_FORM = "up to 1024 Latin-1 characters";
  private static final int LONGEST_STRING = 1024;

  private AoeReader() {}

  static AoeOptions read(Optional<Section> section) {
    if (section.isEmpty()) {
      return new AoeOptions(true, List.of(), "", true);
    }
    Section block = section.get();
    boolean virtual = block.choice("mac", "virtual", "interface").equals("virtual");
    List<MacAddress> allowed = new ArrayList<>();
    for (ConfigValue value : block.texts("allow", block.find("allow"), MAC_FORM)) {
      try {
        allowed.add(MacAddress.parse(ConfigLoader.text(value)));
      } catch (IllegalArgumentException e) {
        block.bad("allow", value, "is no Ethernet address", MAC_FORM);
      }
    }
    String string = "";
    for (ConfigValue value :
        block.texts("config-string", block.find("config-string"), STRING_FORM)) {
      string = ConfigLoader.text(value);
      if (string.length() > LONGEST_STRING
          || !StandardCharsets.ISO_8859_1.newEncoder().canEncode(string)) {
        block.bad("config-string", value, "is too long, or has other characters", STRING_FORM);
      }
    }
    boolean editable = block.choice("edits", "allowed", "refused").equals("allowed");
    block.finish();
    return new AoeOptions(virtual, allowed, string, editable);
  }
}
