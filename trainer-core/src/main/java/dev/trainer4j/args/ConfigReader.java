// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads one configuration by its keys. */
final class ConfigReader {
  private final ConfigKeys keys;
  private final Map<String, Object> values = new LinkedHashMap<>();
  private final Map<String, String> names = new LinkedHashMap<>();
  private final Map<String, String> older = new LinkedHashMap<>();
  private final List<String> withoutEffect = new ArrayList<>();
  private final List<ArgumentProblem> problems = new ArrayList<>();

  ConfigReader(ConfigKeys keys) {
    this.keys = keys;
  }

  ConfigReading read(Map<?, ? extends @Nullable Object> given) {
    walk("", given);
    return new ConfigReading(keys.argument(), values, older, withoutEffect, problems);
  }

  private void walk(String parent, Map<?, ? extends @Nullable Object> given) {
    given.forEach(
        (name, value) -> {
          // Python's None, which stands for what is not set.
          if (value != null) {
            read(parent + name, value);
          }
        });
  }

  private void read(String name, Object value) {
    String key = keys.keyOf(name);
    ConfigKeys.Row row = keys.rows().get(key);
    if (row == null && keys.isObject(key)) {
      object(key, value);
      return;
    }
    String earlier = names.put(key, name);
    if (row != null && earlier != null) {
      problem(name, value, "one name for one thing; '" + earlier + "' is given too", "Remove one");
    } else if (row == null) {
      unknown(name);
    } else {
      if (keys.isOlder(name)) {
        older.put(name, key);
      }
      read(row, name, key, value);
    }
  }

  private void object(String key, Object value) {
    if (value instanceof Map<?, ?> map) {
      walk(key + ".", map);
    } else {
      problem(key, value, "an object", "");
    }
  }

  private void read(ConfigKeys.Row row, String name, String key, Object value) {
    if (row instanceof ConfigKeys.Taken taken) {
      take(name, key, taken, value);
    } else if (row instanceof ConfigKeys.WithoutEffect idle) {
      if (check(name, idle.type(), value, "")) {
        withoutEffect.add(key);
      }
    } else if (row instanceof ConfigKeys.Anyway anyway) {
      check(name, anyway.type(), value, anyway.why());
    } else if (row instanceof ConfigKeys.OffSwitch off) {
      boolean on = !(value instanceof Map<?, ?> map) || !isOff(map.get("enabled"));
      if (on) {
        refuse(name, value, off.why());
      }
    } else if (row instanceof ConfigKeys.Never never) {
      refuse(name, value, never.why());
    }
  }

  private void take(String name, String key, ConfigKeys.Taken taken, Object value) {
    if (taken.auto() && ConfigReading.AUTO.equals(value)) {
      values.put(key, value);
    } else {
      put(name, key, taken.type(), value, taken.auto() ? ", or auto" : "");
    }
  }

  private <T> void put(String name, String key, ValueType<T> type, Object value, String besides) {
    type.readInRange(value)
        .ifPresentOrElse(
            read -> values.put(key, type.write().apply(read)),
            () -> problem(name, value, type.expected() + besides, ""));
  }

  /** A value left to DeepSpeed is as good as one in range where it has no effect, or cannot be another. */
  private boolean check(String name, ValueType<?> type, Object value, String why) {
    boolean good = ConfigReading.AUTO.equals(value) || type.readInRange(value).isPresent();
    if (!good) {
      problem(
          name,
          value,
          type.expected() + (why.isEmpty() ? "" : ", since " + why),
          why.isEmpty() ? "" : "Remove it");
    }
    return good;
  }

  private static boolean isOff(@Nullable Object enabled) {
    return enabled == null || ValueType.FLAG.read(enabled).filter(on -> !on).isPresent();
  }

  private void refuse(String name, Object value, String why) {
    problem(name, value, "not to be set: " + why, "Remove it");
  }

  private void unknown(String name) {
    String near = keys.nearest(name).map(key -> "Did you mean '" + key + "'?").orElse("");
    problems.add(
        new ArgumentProblem(
            keys.argument() + "." + shorten(name),
            "",
            "a known key; there is none of this name",
            near));
  }

  private void problem(String name, Object value, String expected, String remedy) {
    problems.add(
        ConfigReading.problem(keys.argument() + "." + shorten(name), value, expected, remedy));
  }

  private static String shorten(String name) {
    return name.length() <= 80 ? name : name.substring(0, 80) + "…";
  }
}
