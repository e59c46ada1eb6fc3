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
  private final Map<String, Object> further = new LinkedHashMap<>();
  private final FurtherArguments others;

  private ArgumentReader(FurtherArguments others) {
    this.others = others;
  }

  /** Reads sources of which a later one wins over an earlier one. */
  static TrainingArguments read(ArgumentSource... sources) {
    return read(List.of(), FurtherArguments.NONE, sources).training();
  }

  /** Reads also arguments of others, with mistakes that were found before there was a source. */
  static FurtherArguments.Reading read(
      List<ArgumentProblem> found, FurtherArguments others, ArgumentSource... sources) {
    ArgumentReader reader = new ArgumentReader(others);
    reader.problems.addAll(found);
    Map<String, @Nullable Object> values = new LinkedHashMap<>();
    for (ArgumentSource source : sources) {
      values.putAll(new NameResolver(source, others, reader.problems).resolve());
    }
    TrainingArguments args = reader.assign(values);
    ArgumentRules.check(args).stream()
        // A value that could not be read left its default behind, and rules that trip over that say
        // nothing of use.
        .filter(problem -> reader.unread.stream().noneMatch(problem::mentions))
        .forEach(reader.problems::add);
    FurtherArguments.Values further = new FurtherArguments.Values(reader.further);
    if (reader.unread.isEmpty()) {
      reader.problems.addAll(others.check(further));
    }
    if (!reader.problems.isEmpty()) {
      String where =
          Arrays.stream(sources).map(ArgumentSource::name).collect(Collectors.joining(" and "));
      throw new InvalidArgumentsException(where, reader.problems);
    }
    return new FurtherArguments.Reading(TrainingArguments.Builder.canonical(args), further);
  }

  private TrainingArguments assign(Map<String, @Nullable Object> values) {
    TrainingArguments.Builder builder = TrainingArguments.builder();
    values.forEach(
        (name, value) -> {
          SupportedArgument<?> argument = SupportedArguments.BY_NAME.get(name);
          FurtherArguments.Entry other = others.entries().get(name);
          if (other != null) {
            assign(name, other.type(), value);
          }
          if (argument == null || (value == null && argument.type().nullable())) {
            return;
          }
          if (value == null || !argument.read(builder, value)) {
            unreadable(name, argument.type(), value);
          }
        });
    return builder.unchecked();
  }

  /** Of others' arguments null says the default, and their range has to be asked here. */
  private <T> void assign(String name, ValueType<T> type, @Nullable Object value) {
    if (value == null) {
      return;
    }
    type.read(value)
        .filter(type::accepts)
        .ifPresentOrElse(read -> further.put(name, read), () -> unreadable(name, type, value));
  }

  private void unreadable(String name, ValueType<?> type, @Nullable Object value) {
    String shown = ValueType.show(value == null ? null : Secrets.mask(name, value));
    problems.add(new ArgumentProblem(name, shown, type.expected(), ""));
    unread.add(name);
  }
}
