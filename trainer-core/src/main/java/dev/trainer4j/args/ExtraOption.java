// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** One key of {@code lr_scheduler_kwargs} or {@code optim_args}, and what it takes. */
record ExtraOption(String key, ValueType<?> type) {

  /** Reads a value that is in range. */
  Optional<Object> read(Object raw) {
    return type.readInRange(raw).map(value -> value);
  }

  /** Whether a text can only be another spelling of its value. */
  boolean isNoText() {
    return type.javaType() != String.class;
  }

  /** The mistakes in a map of options: keys that nothing reads, and values out of range. */
  static List<ArgumentProblem> check(
      String argument, String owner, List<ExtraOption> known, Map<String, ?> given) {
    List<ArgumentProblem> problems = new ArrayList<>();
    // Sorted, so that a message does not depend on the order of a hash.
    new TreeMap<>(given)
        .forEach(
            (key, value) -> {
              Optional<ExtraOption> option = find(known, key);
              String expected = option.map(o -> o.type().expected()).orElse(keys(owner, known));
              if (option.flatMap(o -> o.read(value)).isEmpty()) {
                String shown = option.isEmpty() ? "" : ValueType.show(Secrets.mask(key, value));
                problems.add(new ArgumentProblem(argument + "." + key, shown, expected, ""));
              }
            });
    return problems;
  }

  /** The options as a message shows them, without the values of keys that nothing reads: these may be secrets. */
  static String show(List<ExtraOption> known, Map<String, ?> given) {
    Map<String, Object> shown = new LinkedHashMap<>();
    given.forEach(
        (key, value) ->
            shown.put(key, find(known, key).isEmpty() ? "…" : Secrets.mask(key, value)));
    return ValueType.show(shown);
  }

  static Optional<ExtraOption> find(List<ExtraOption> known, String key) {
    return known.stream().filter(option -> option.key().equals(key)).findFirst();
  }

  private static String keys(String owner, List<ExtraOption> known) {
    return known.isEmpty()
        ? "no key, since " + owner + " takes none"
        : "one of the keys of "
            + owner
            + ": "
            + String.join(", ", known.stream().map(option -> "'" + option.key() + "'").toList());
  }
}
