package io.twinlog.appliance.config;

import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigList;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueType;
import io.twinlog.appliance.text.Suggestions;
import io.twinlog.appliance.text.Units;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * One block of the file while it is read. A value that is missing or bad is noted as a problem, and
 * reading goes on with its default, so that one run finds all mistakes. {@link #finish} notes the
 * keys that nobody asked for.
 */
final class Section {

  private static final Pattern HAS_UNIT = Pattern.compile(".*[A-Za-z]\\s*");

  private final ConfigObject object;
  private final String path;
  private final Problems problems;
  private final Set<String> known = new LinkedHashSet<>();

  Section(ConfigObject object, String path, Problems problems) {
    this.object = object;
    this.path = path;
    this.problems = problems;
  }

  /** The value of a key that may be left out. */
  Optional<ConfigValue> find(String key) {
    known.add(key);
    return Optional.ofNullable(object.get(key));
  }

  /** The value of a key that may not be left out; its absence is noted. */
  Optional<ConfigValue> require(String key, String allowed) {
    Optional<ConfigValue> value = find(key);
    if (value.isEmpty()) {
      wrong(key, "is missing; allowed: " + allowed);
    }
    return value;
  }

  /** A size in bytes: a multiple of {@code unit} within the bounds. */
  long size(String key, Optional<ConfigValue> given, long fallback, long unit, long min, long max) {
    if (given.isEmpty()) {
      return fallback;
    }
    long bytes;
    try {
      bytes = given.get().atKey("size").getBytes("size");
    } catch (ConfigException e) {
      bytes = -1;
    }
    if (bytes < min || bytes > max || bytes % unit != 0) {
      String multiple = unit == 1 ? "" : "a multiple of " + Units.bytes(unit) + " ";
      String bounds = "from " + Units.bytes(min) + " to " + Units.bytes(max);
      bad(key, given.get(), "is not a size that fits", multiple + bounds);
      return fallback;
    }
    return bytes;
  }

  /** A duration within the bounds; its unit must be written. */
  Duration duration(String key, Duration fallback, Duration min, Duration max) {
    Optional<ConfigValue> given = find(key);
    if (given.isEmpty()) {
      return fallback;
    }
    try {
      Duration duration = given.get().atKey("duration").getDuration("duration");
      boolean unit = HAS_UNIT.matcher(given.get().unwrapped().toString()).matches();
      if (unit && duration.compareTo(min) >= 0 && duration.compareTo(max) <= 0) {
        return duration;
      }
    } catch (ConfigException e) {
      // Said below, in the same words as a duration out of bounds.
    }
    String bounds = "from " + Units.millis(min.toMillis()) + " to " + Units.millis(max.toMillis());
    bad(key, given.get(), "is not a duration that fits", bounds + ", with its unit");
    return fallback;
  }

  /** A whole number within the bounds. */
  int number(String key, int fallback, int min, int max) {
    Optional<ConfigValue> given = find(key);
    if (given.isEmpty()) {
      return fallback;
    }
    try {
      int number = given.get().atKey("number").getInt("number");
      if (number >= min && number <= max) {
        return number;
      }
    } catch (ConfigException e) {
      // Said below, in the same words as a number out of bounds.
    }
    bad(key, given.get(), "is not a number that fits", "from " + min + " to " + max);
    return fallback;
  }

  /** One of a few words; the first is the default. */
  String choice(String key, String... words) {
    Optional<ConfigValue> given = find(key);
    if (given.isEmpty()) {
      return words[0];
    }
    List<String> allowed = List.of(words);
    Optional<String> word = asText(given.get()).filter(allowed::contains);
    if (word.isEmpty()) {
      String hint = asText(given.get()).map(text -> Suggestions.hint(text, allowed)).orElse("");
      bad(key, given.get(), "is not known" + hint, String.join(", ", words));
    }
    return word.orElse(words[0]);
  }

  /** A text, or each text of a list, together with its place in the file. */
  List<ConfigValue> texts(String key, Optional<ConfigValue> given, String allowed) {
    List<ConfigValue> texts = new ArrayList<>();
    if (given.isPresent()) {
      List<? extends ConfigValue> values =
          given.get() instanceof ConfigList list ? list : List.of(given.get());
      for (ConfigValue value : values) {
        if (asText(value).isPresent()) {
          texts.add(value);
        } else {
          bad(key, value, "is not a text", allowed);
        }
      }
    }
    return texts;
  }

  /** A block inside this one. */
  Optional<Section> section(String key, Optional<ConfigValue> given) {
    if (given.isEmpty()) {
      return Optional.empty();
    }
    if (given.get() instanceof ConfigObject inner) {
      return Optional.of(new Section(inner, at(key), problems));
    }
    bad(key, given.get(), "is not a block", key + " { ... }");
    return Optional.empty();
  }

  /** The keys of this block in the order in which they are written. */
  List<String> keysInOrder() {
    return object.keySet().stream()
        .sorted(
            Comparator.comparingInt((String key) -> object.get(key).origin().lineNumber())
                .thenComparing(Comparator.naturalOrder()))
        .toList();
  }

  /** Notes a bad value together with what would be a good one. */
  void bad(String key, ConfigValue value, String what, String allowed) {
    String shown = value.render(ConfigRenderOptions.concise());
    problems.add(value.origin(), at(key), shown + " " + what + "; allowed: " + allowed);
  }

  /** Notes what is wrong with one value of a list. */
  void wrongValue(String key, ConfigValue value, String what) {
    problems.add(value.origin(), at(key), what);
  }

  /** Notes something wrong with a key that may be absent, or between keys. */
  void wrong(String key, String what) {
    ConfigValue value = object.get(key);
    problems.add(value == null ? object.origin() : value.origin(), at(key), what);
  }

  /** Notes every key that is not known. */
  void finish() {
    for (String key : keysInOrder()) {
      if (!known.contains(key)) {
        String hint = Suggestions.hint(key, known);
        wrong(key, "unknown key" + hint + "; allowed: " + String.join(", ", known));
      }
    }
  }

  private String at(String key) {
    return path.isEmpty() ? key : path + ": " + key;
  }

  static Optional<String> asText(ConfigValue value) {
    boolean scalar =
        value.valueType() == ConfigValueType.STRING || value.valueType() == ConfigValueType.NUMBER;
    return scalar ? Optional.of(value.unwrapped().toString()) : Optional.empty();
  }
}
