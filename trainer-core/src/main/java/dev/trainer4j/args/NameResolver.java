// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Sorts the names of one source: today's, those of Hugging Face's version 4, those not supported, and those nobody knows. */
final class NameResolver {
  private static final Logger log = LoggerFactory.getLogger(NameResolver.class);

  private final ArgumentSource source;
  private final List<ArgumentTable<?, ?>> tables;
  private final List<ArgumentProblem> problems;
  private final Map<String, @Nullable Object> resolved = new LinkedHashMap<>();

  NameResolver(
      ArgumentSource source, List<ArgumentTable<?, ?>> tables, List<ArgumentProblem> problems) {
    this.source = source;
    this.tables = tables;
    this.problems = problems;
  }

  /** The values by names of arguments that can be set. */
  Map<String, @Nullable Object> resolve() {
    source.values().forEach(this::resolve);
    return resolved;
  }

  private void resolve(String name, @Nullable Object value) {
    ArgumentRow row = ArgumentReader.row(tables, name).orElse(null);
    LegacyArgument legacy =
        tables.stream()
            .map(table -> table.older().get(name))
            .filter(Objects::nonNull)
            .findFirst()
            .orElse(null);
    if (row instanceof Argument) {
      assign(name, value);
    } else if (legacy != null) {
      resolveLegacy(legacy, value);
    } else if (row != null) {
      problem(name, value, "not to be set: " + row.decision(), "Remove it");
    } else {
      problems.add(
          new ArgumentProblem(
              name, "", "a known argument; there is none of this name", suggestion(name)));
    }
  }

  private void resolveLegacy(LegacyArgument legacy, @Nullable Object value) {
    LegacyArgument.Outcome outcome = legacy.reading().apply(value);
    if (outcome instanceof LegacyArgument.Refused refused) {
      problem(legacy.name(), value, refused.expected(), refused.remedy());
      return;
    }
    log.warn(
        "{}: {} is an argument of an older version. {}.",
        source.name(),
        legacy.name(),
        legacy.advice());
    if (outcome instanceof LegacyArgument.Renamed renamed) {
      if (source.values().containsKey(renamed.name())) {
        problem(
            legacy.name(),
            value,
            "one name for one thing; " + renamed.name() + " is given too",
            "Remove " + legacy.name());
      } else {
        assign(renamed.name(), renamed.value());
      }
    }
  }

  /** Two old names may mean one new one. */
  private void assign(String name, @Nullable Object value) {
    if (resolved.containsKey(name)) {
      problem(name, value, "one value; two older names give two", "Remove one");
    }
    resolved.put(name, value);
  }

  private String suggestion(String name) {
    Set<String> known = new LinkedHashSet<>();
    tables.forEach(table -> table.arguments().forEach(argument -> known.add(argument.name())));
    tables.forEach(table -> known.addAll(table.byName().keySet()));
    tables.forEach(table -> known.addAll(table.older().keySet()));
    return Names.nearest(name, known).map(near -> "Did you mean " + near + "?").orElse("");
  }

  private void problem(String name, @Nullable Object value, String expected, String remedy) {
    problems.add(new ArgumentProblem(name, Secrets.show(name, value), expected, remedy));
  }
}
