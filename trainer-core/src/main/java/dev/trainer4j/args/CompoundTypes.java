// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The arguments that are more than one value: lists, sets and the two maps of further options. */
final class CompoundTypes {
  private CompoundTypes() {}

  static final ValueType<List<String>> TEXTS =
      new ValueType<>(
          "a list of names",
          ValueType.Arity.AT_LEAST_ONE,
          false,
          CompoundTypes::parseTexts,
          texts -> texts.stream().noneMatch(String::isBlank),
          ArrayList::new);

  private static final List<String> NOBODY = List.of("none");

  /** {@code report_to}: names that only a trainer can know, or one of two words. */
  static final ValueType<List<String>> REPORT_TO =
      new ValueType<>(
          "a list of different names, or all or none alone",
          ValueType.Arity.AT_LEAST_ONE,
          true,
          CompoundTypes::parseTexts,
          CompoundTypes::isReportTo,
          names -> names.isEmpty() ? "none" : new ArrayList<>(names));

  private static boolean isReportTo(List<String> names) {
    boolean alone = names.size() < 2 || (!names.contains("all") && !names.contains("none"));
    boolean different = Set.copyOf(names).size() == names.size();
    return alone && different && names.stream().noneMatch(String::isBlank);
  }

  /** Writes {@code none} as the empty list that it means. */
  static List<String> canonicalReportTo(List<String> names) {
    return names.equals(NOBODY) ? List.of() : names;
  }

  /** {@code lr_scheduler_kwargs}: a map, or on a command line the JSON of one. */
  static final ValueType<Map<String, Object>> KWARGS =
      new ValueType<>(
          "a map of options, or the JSON of one",
          ValueType.Arity.ONE,
          true,
          CompoundTypes::parseKwargs,
          any -> true,
          LinkedHashMap::new);

  /** {@code optim_args}: Hugging Face's {@code "k=v,k2=v2"}, or a map. */
  static final ValueType<Map<String, String>> KEYS_AND_VALUES =
      new ValueType<>(
          "key=value pairs joined by commas, or a map",
          ValueType.Arity.ONE,
          true,
          CompoundTypes::parseKeysAndValues,
          any -> true,
          LinkedHashMap::new);

  static ValueType<Set<String>> setOf(String... names) {
    Set<String> known = new LinkedHashSet<>(List.of(names));
    return new ValueType<>(
        "a list out of " + String.join(", ", names),
        ValueType.Arity.AT_LEAST_ONE,
        false,
        raw -> parseTexts(raw).map(LinkedHashSet::new),
        known::containsAll,
        ArrayList::new);
  }

  private static Optional<List<String>> parseTexts(Object raw) {
    if (raw instanceof String text) {
      return Optional.of(List.of(text));
    }
    if (raw instanceof List<?> list && list.stream().allMatch(String.class::isInstance)) {
      return Optional.of(list.stream().map(String.class::cast).toList());
    }
    return Optional.empty();
  }

  private static Optional<Map<String, Object>> parseKwargs(Object raw) {
    if (raw instanceof String json) {
      try {
        return Optional.of(Syntax.JSON.parse(json)).filter(CompoundTypes::hasNoNull);
      } catch (SyntaxProblem e) {
        return Optional.empty();
      }
    }
    return stringKeys(raw).filter(CompoundTypes::hasNoNull);
  }

  private static Optional<Map<String, String>> parseKeysAndValues(Object raw) {
    if (raw instanceof String text) {
      return OptimizerOptions.parse(text);
    }
    Optional<Map<String, Object>> map = stringKeys(raw).filter(CompoundTypes::hasNoNull);
    return map.map(
        values -> {
          Map<String, String> texts = new LinkedHashMap<>();
          values.forEach((key, value) -> texts.put(key, value.toString()));
          return texts;
        });
  }

  private static Optional<Map<String, Object>> stringKeys(Object raw) {
    if (!(raw instanceof Map<?, ?> map)) {
      return Optional.empty();
    }
    Map<String, Object> result = new LinkedHashMap<>();
    map.forEach((key, value) -> result.put(String.valueOf(key), value));
    return Optional.of(result);
  }

  private static boolean hasNoNull(Map<String, Object> map) {
    return !map.containsValue(null);
  }
}
