// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The keys that a configuration of another library has, and what becomes of each. A key that is in no row is a mistake. Keys of objects
 * inside of it are written with dots.
 */
final class ConfigKeys {
  /** What becomes of a key. */
  sealed interface Row {}

  /** It is read; with {@code auto} it may say so, and the training arguments have the value. */
  record Taken(ValueType<?> type, boolean auto) implements Row {}

  /** It tunes what the other library has inside, and this one does not have. */
  record WithoutEffect(ValueType<?> type) implements Row {}

  /** One value is what happens anyway, the only one in range. */
  record Anyway(ValueType<?> type, String why) implements Row {}

  /** An object that is of no matter while its key {@code enabled} is not true. */
  record OffSwitch(String why) implements Row {}

  /** It cannot be had. */
  record Never(String why) implements Row {}

  /** An object of which nothing is read. */
  static final ValueType<Map<String, Object>> ANYTHING_INSIDE = ValueType.OPTIONS;

  private final String argument;
  private final String prefix;
  private final Map<String, Row> rows = new LinkedHashMap<>();
  private final Map<String, String> aliases = new LinkedHashMap<>();

  /**
   * Starts without keys.
   *
   * @param argument the training argument that has them
   * @param prefix what may stand before a key, as where all options share one file; may be empty
   */
  ConfigKeys(String argument, String prefix) {
    this.argument = argument;
    this.prefix = prefix;
  }

  ConfigKeys takes(String key, ValueType<?> type) {
    return add(key, new Taken(type, false));
  }

  ConfigKeys takesOrAuto(String key, ValueType<?> type) {
    return add(key, new Taken(type, true));
  }

  ConfigKeys withoutEffect(ValueType<?> type, String... keys) {
    for (String key : keys) {
      add(key, new WithoutEffect(type));
    }
    return this;
  }

  ConfigKeys anyway(String key, ValueType<?> type, String why) {
    return add(key, new Anyway(type, why));
  }

  ConfigKeys off(String why, String... keys) {
    for (String key : keys) {
      anyway(key, ValueType.FLAG.where("false", on -> !on), why);
    }
    return this;
  }

  ConfigKeys offSwitch(String why, String... keys) {
    for (String key : keys) {
      add(key, new OffSwitch(why));
    }
    return this;
  }

  ConfigKeys never(String why, String... keys) {
    for (String key : keys) {
      add(key, new Never(why));
    }
    return this;
  }

  /** Adds an older name, which is read with a warning. */
  ConfigKeys alias(String older, String key) {
    aliases.put(older, key);
    return this;
  }

  private ConfigKeys add(String key, Row row) {
    if (rows.put(key, row) != null) {
      throw new IllegalStateException("two rows are called " + key);
    }
    return this;
  }

  String argument() {
    return argument;
  }

  Map<String, Row> rows() {
    return rows;
  }

  /** Reads a configuration; all its mistakes are found. */
  ConfigReading read(Map<?, ? extends @Nullable Object> given) {
    return new ConfigReader(this).read(given);
  }

  /** The key that this name means. */
  String keyOf(String name) {
    String bare =
        !prefix.isEmpty() && name.startsWith(prefix) ? name.substring(prefix.length()) : name;
    return aliases.getOrDefault(bare, bare);
  }

  /** Whether a name is an older one. */
  boolean isOlder(String name) {
    return aliases.containsKey(name.startsWith(prefix) ? name.substring(prefix.length()) : name);
  }

  /** Whether there are keys inside of this one. */
  boolean isObject(String key) {
    return rows.keySet().stream().anyMatch(name -> name.startsWith(key + "."));
  }

  /** The known key of the same object that is most like a mistyped one. */
  Optional<String> nearest(String key) {
    int dot = key.lastIndexOf('.') + 1;
    String parent = key.substring(0, dot);
    List<String> siblings =
        rows.keySet().stream()
            .filter(name -> name.startsWith(parent))
            .map(name -> name.substring(dot).split("\\.", 2)[0])
            .distinct()
            .toList();
    String typed = key.substring(dot);
    return Names.nearest(typed, siblings)
        .or(() -> siblings.stream().filter(name -> name.startsWith(typed)).findFirst());
  }
}
