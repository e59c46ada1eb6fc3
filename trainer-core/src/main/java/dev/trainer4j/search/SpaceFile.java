// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.search;

import dev.trainer4j.args.PlainFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Search spaces in files: a name, and a list of values or a mapping with a distribution. */
final class SpaceFile {

  private static final String FORMS =
      "a list of values, or a mapping such as {distribution: log_uniform, min: 1e-5, max: 1e-3}, of uniform,"
          + " log_uniform, int_uniform, int_log_uniform (min, max) or choice (values)";

  private final SearchSpace.Builder space = SearchSpace.builder();
  private final List<String> problems = new ArrayList<>();

  private SpaceFile() {}

  static SearchSpace read(Path file) {
    SpaceFile reader = new SpaceFile();
    PlainFile.read(file).forEach((name, value) -> reader.add(name, String.valueOf(value), value));
    if (!reader.problems.isEmpty()) {
      throw new IllegalArgumentException(
          file + " is no search space:\n  " + String.join("\n  ", reader.problems));
    }
    try {
      return reader.space.build();
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(file + ": " + e.getMessage(), e);
    }
  }

  private void add(String name, String shown, Object value) {
    if (value instanceof List<?> values) {
      choice(name, values);
    } else if (value instanceof Map<?, ?> map) {
      distribution(name, map);
    } else {
      problems.add(name + ": " + shown + ", expected " + FORMS);
    }
  }

  private void choice(String name, List<?> values) {
    if (values.stream().anyMatch(value -> value == null)) {
      problems.add(name + ": a value is missing in " + values);
    } else {
      space.choice(name, values.toArray());
    }
  }

  private void distribution(String name, Map<?, ?> map) {
    String kind = String.valueOf(map.get("distribution"));
    boolean choice = kind.equals("choice");
    Set<Object> wanted =
        choice ? Set.of("distribution", "values") : Set.of("distribution", "min", "max");
    if (!new HashSet<Object>(map.keySet()).equals(wanted)) {
      problems.add(name + ": " + map + ", expected " + FORMS);
      return;
    }
    switch (kind) {
      case "uniform" -> space.uniform(name, number(name, map, "min"), number(name, map, "max"));
      case "log_uniform" ->
          space.logUniform(name, number(name, map, "min"), number(name, map, "max"));
      case "int_uniform" ->
          space.intUniform(name, integer(name, map, "min"), integer(name, map, "max"));
      case "int_log_uniform" ->
          space.intLogUniform(name, integer(name, map, "min"), integer(name, map, "max"));
      case "choice" -> {
        if (map.get("values") instanceof List<?> values) {
          choice(name, values);
        } else {
          problems.add(name + ".values: " + map.get("values") + ", expected a list");
        }
      }
      default -> problems.add(name + ".distribution: " + kind + ", expected " + FORMS);
    }
  }

  /** Python's YAML takes 1e-5 for a text, so people who write it so mean a number. */
  private double number(String name, Map<?, ?> map, String key) {
    try {
      return Double.parseDouble(String.valueOf(map.get(key)));
    } catch (NumberFormatException e) {
      problems.add(name + "." + key + ": " + map.get(key) + ", expected a number");
      return Double.NaN;
    }
  }

  private int integer(String name, Map<?, ?> map, String key) {
    try {
      return Integer.parseInt(String.valueOf(map.get(key)));
    } catch (NumberFormatException e) {
      problems.add(name + "." + key + ": " + map.get(key) + ", expected a whole number");
      return 0;
    }
  }
}
