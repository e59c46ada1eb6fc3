// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The types that are more than one value: lists, sets and maps. */
final class CompoundTypes {
  private CompoundTypes() {}

  static <E> ValueType<List<E>> listOf(ValueType<E> element, String expected) {
    return ValueType.<List<E>>of(List.class, expected, raw -> parseList(element, raw))
        .where(list -> list.stream().allMatch(element.accepts()))
        .writing(list -> new ArrayList<>(list.stream().map(element.write()).toList()))
        .taking(ValueType.Arity.AT_LEAST_ONE);
  }

  static ValueType<Set<String>> setOf(String... texts) {
    Set<String> known = Set.of(texts);
    return ValueType.<Set<String>>of(
            Set.class,
            "a list out of " + String.join(", ", texts),
            raw -> parseList(ValueType.TEXT, raw).map(LinkedHashSet::new))
        .where(known::containsAll)
        .writing(ArrayList::new)
        .taking(ValueType.Arity.AT_LEAST_ONE);
  }

  static ValueType<Map<String, Object>> options() {
    return ValueType.<Map<String, Object>>of(
            Map.class, "a map of options, or the JSON of one", CompoundTypes::parseOptions)
        .writing(LinkedHashMap::new)
        .orNull();
  }

  static ValueType<Map<String, String>> keysAndValues() {
    return ValueType.<Map<String, String>>of(
            Map.class,
            "key=value pairs joined by commas, or a map",
            CompoundTypes::parseKeysAndValues)
        .writing(LinkedHashMap::new)
        .orNull();
  }

  private static <E> Optional<List<E>> parseList(ValueType<E> element, Object raw) {
    List<E> result = new ArrayList<>();
    for (Object one : raw instanceof List<?> list ? list : List.of(raw)) {
      Optional<E> read = one == null ? Optional.empty() : element.read(one);
      if (read.isEmpty()) {
        return Optional.empty();
      }
      result.add(read.get());
    }
    return Optional.of(result);
  }

  private static Optional<Map<String, Object>> parseOptions(Object raw) {
    if (raw instanceof String json) {
      try {
        return withoutNull(Syntax.JSON.parse(json));
      } catch (SyntaxProblem e) {
        return Optional.empty();
      }
    }
    return raw instanceof Map<?, ?> map ? withoutNull(map) : Optional.empty();
  }

  private static Optional<Map<String, String>> parseKeysAndValues(Object raw) {
    if (raw instanceof String text) {
      return splitPairs(text);
    }
    Optional<Map<String, Object>> map =
        raw instanceof Map<?, ?> given ? withoutNull(given) : Optional.empty();
    return map.map(
        values -> {
          Map<String, String> texts = new LinkedHashMap<>();
          values.forEach((key, value) -> texts.put(key, value.toString()));
          return texts;
        });
  }

  /** Reads {@code "k=v,k2=v2"}; empty where a pair has no key, no value, or comes twice. */
  static Optional<Map<String, String>> splitPairs(String keysAndValues) {
    Map<String, String> result = new LinkedHashMap<>();
    for (String pair : keysAndValues.isBlank() ? new String[0] : keysAndValues.split(",", -1)) {
      int equals = pair.indexOf('=');
      String key = equals < 0 ? "" : pair.substring(0, equals).strip();
      String value = pair.substring(equals + 1).strip();
      if (key.isEmpty() || value.isEmpty() || result.put(key, value) != null) {
        return Optional.empty();
      }
    }
    return Optional.of(result);
  }

  private static Optional<Map<String, Object>> withoutNull(Map<?, ? extends @Nullable Object> map) {
    Map<String, Object> result = new LinkedHashMap<>();
    for (Map.Entry<?, ? extends @Nullable Object> entry : map.entrySet()) {
      Object value = entry.getValue();
      if (value == null) {
        return Optional.empty();
      }
      result.put(String.valueOf(entry.getKey()), value);
    }
    return Optional.of(result);
  }
}
