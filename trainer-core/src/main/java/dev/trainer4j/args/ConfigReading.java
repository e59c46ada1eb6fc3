// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What was read of a configuration.
 *
 * @param argument the training argument that has it
 * @param values by key, plain and in range, without what happens anyway and what has no effect; may hold {@link #AUTO}
 * @param older names that were read as newer ones
 * @param withoutEffect keys that have no effect here
 * @param problems all mistakes
 */
record ConfigReading(
    String argument,
    Map<String, Object> values,
    Map<String, String> older,
    List<String> withoutEffect,
    List<ArgumentProblem> problems) {
  /** What stands where a training argument says the value. */
  static final String AUTO = "auto";

  private static final Logger log = LoggerFactory.getLogger(ConfigReading.class);

  /** The same with a list of mistakes of its own. */
  ConfigReading copy() {
    return new ConfigReading(argument, values, older, withoutEffect, new ArrayList<>(problems));
  }

  /** The same with other values. */
  ConfigReading with(Map<String, Object> others) {
    return new ConfigReading(argument, others, older, withoutEffect, problems);
  }

  boolean has(String key) {
    return values.containsKey(key);
  }

  /** The value of a key, as its type reads it; empty if it is not given or left to the training arguments. */
  <T> Optional<T> get(String key, ValueType<T> type) {
    Object value = values.get(key);
    return value == null || AUTO.equals(value) ? Optional.empty() : type.read(value);
  }

  boolean isOn(String key) {
    return get(key, ValueType.FLAG).orElse(false);
  }

  void problem(String key, String expected, String remedy) {
    Object value = values.get(key);
    problems.add(problem(argument + "." + key, value, expected, remedy));
  }

  static ArgumentProblem problem(
      String name, @Nullable Object value, String expected, String remedy) {
    return new ArgumentProblem(
        name, value == null ? "" : Secrets.show(name, value), expected, remedy);
  }

  static void warnOfOlder(String what, String newer) {
    log.warn("{} is of an older version. Use {}.", what, newer);
  }

  static void warnOfNoEffect(String what, String why) {
    log.warn("{} has no effect here: {}. Remove it.", what, why);
  }

  /** Says what the writer of the file may not know. */
  void warn() {
    older.forEach((name, key) -> warnOfOlder(argument + "." + name, key));
    if (!withoutEffect.isEmpty()) {
      log.warn(
          "{}: {} {} no effect here, where nothing is tuned by hand. Remove {}.",
          argument,
          String.join(", ", withoutEffect),
          withoutEffect.size() == 1 ? "has" : "have",
          withoutEffect.size() == 1 ? "it" : "them");
    }
  }

  /** The configuration in one spelling per meaning: objects in objects, which nobody can change. */
  Map<String, Object> canonical() {
    Map<String, Object> root = new LinkedHashMap<>();
    values.forEach((key, value) -> put(root, List.of(key.split("\\.")), value));
    return frozen(root);
  }

  @SuppressWarnings("unchecked") // put() is all that makes maps in maps.
  private static void put(Map<String, Object> parent, List<String> path, Object value) {
    if (path.size() == 1) {
      parent.put(path.get(0), value);
    } else {
      Object inner = parent.computeIfAbsent(path.get(0), key -> new LinkedHashMap<>());
      put((Map<String, Object>) inner, path.subList(1, path.size()), value);
    }
  }

  private static Map<String, Object> frozen(Map<String, Object> map) {
    map.replaceAll(
        (key, value) ->
            value instanceof Map<?, ?> inner
                ? frozen(plain(inner))
                : value instanceof List<?> list
                    ? Collections.unmodifiableList(new ArrayList<>(list))
                    : value);
    return Collections.unmodifiableMap(map);
  }

  private static Map<String, Object> plain(Map<?, ?> map) {
    Map<String, Object> plain = new LinkedHashMap<>();
    map.forEach((key, value) -> plain.put(String.valueOf(key), value));
    return plain;
  }
}
