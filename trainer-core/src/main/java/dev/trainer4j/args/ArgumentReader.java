// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Makes arguments of what a file, a map or a command line says: old names, then types, then rules; all mistakes together. */
final class ArgumentReader {
  private final List<ArgumentProblem> problems = new ArrayList<>();
  private final Set<String> unread = new LinkedHashSet<>();

  private ArgumentReader() {}

  /** Reads sources of which a later one wins over an earlier one. */
  static TrainingArguments read(ArgumentSource... sources) {
    return read(List.of(), sources);
  }

  /** As {@link #read(ArgumentSource...)}, with mistakes that were found before there was a source. */
  static TrainingArguments read(List<ArgumentProblem> found, ArgumentSource... sources) {
    ArgumentReader reader = new ArgumentReader();
    reader.problems.addAll(found);
    Map<String, @Nullable Object> values = new LinkedHashMap<>();
    for (ArgumentSource source : sources) {
      values.putAll(new NameResolver(source, reader.problems).resolve());
    }
    TrainingArguments args = reader.assign(values);
    ArgumentRules.check(args).stream()
        // A value that could not be read left its default behind, and rules that trip over that say
        // nothing of use.
        .filter(problem -> reader.unread.stream().noneMatch(problem::mentions))
        .forEach(reader.problems::add);
    if (!reader.problems.isEmpty()) {
      String where =
          Arrays.stream(sources).map(ArgumentSource::name).collect(Collectors.joining(" and "));
      throw new InvalidArgumentsException(where, reader.problems);
    }
    return TrainingArguments.Builder.canonical(args);
  }

  private TrainingArguments assign(Map<String, @Nullable Object> values) {
    TrainingArguments.Builder builder = TrainingArguments.builder();
    values.forEach(
        (name, value) -> {
          SupportedArgument<?> argument = SupportedArguments.BY_NAME.get(name);
          if (argument == null || (value == null && argument.type().nullable())) {
            return;
          }
          if (value == null || !argument.read(builder, value)) {
            String shown = ValueType.show(value == null ? null : Secrets.mask(name, value));
            problems.add(new ArgumentProblem(name, shown, argument.type().expected(), ""));
            unread.add(name);
          }
        });
    return builder.unchecked();
  }
}
