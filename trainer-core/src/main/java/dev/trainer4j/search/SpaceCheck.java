// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.search;

import dev.trainer4j.args.Argument;
import dev.trainer4j.args.ArgumentTable;
import dev.trainer4j.args.InvalidArgumentsException;
import dev.trainer4j.args.TrainingArguments;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Holds a space against the training arguments before the first trial, and makes the arguments of each trial. */
final class SpaceCheck {

  /** They say where a run is and who is told of it, not how it trains. */
  private static final Set<String> OF_THE_SEARCH =
      Set.of("output_dir", "run_name", "project", "report_to");

  private static final ArgumentTable<TrainingArguments, TrainingArguments.Builder> TABLE =
      TrainingArguments.table();

  private SpaceCheck() {}

  /** Returns all that is wrong with a space for these arguments, a line each. */
  static List<String> problems(SearchSpace space, TrainingArguments args) {
    List<String> problems = new ArrayList<>();
    space.ranges().forEach((name, range) -> problems.addAll(problems(name, range, args)));
    return problems;
  }

  private static List<String> problems(String name, ParameterRange range, TrainingArguments args) {
    if (name.startsWith(SearchSpace.OWN)) {
      return List.of();
    }
    if (!isArgument(name)) {
      return List.of(
          name
              + ": no training argument is called so"
              + meant(name)
              + "; names of your own, for what makes the model, begin with "
              + SearchSpace.OWN);
    }
    if (OF_THE_SEARCH.contains(name) || name.startsWith("hub_") || name.startsWith("push_to")) {
      return List.of(
          name + ": says nothing about how a model is trained; leave it out of the space");
    }
    return range.probes().stream()
        .map(value -> problems(args, Map.of(name, value)))
        .filter(problems -> !problems.isEmpty())
        .findFirst()
        .orElse(List.of());
  }

  private static boolean isArgument(String name) {
    return TABLE.arguments().stream().map(Argument::name).anyMatch(name::equals);
  }

  private static String meant(String name) {
    String snake = name.replaceAll("([A-Z])", "_$1").toLowerCase(Locale.ROOT);
    return isArgument(snake) ? " in a space, which has it as " + snake : "";
  }

  /** Looks at them as at a file, whose names a space has. */
  private static List<String> problems(TrainingArguments args, Map<String, Object> values) {
    Map<String, @Nullable Object> all = args.toMap();
    all.putAll(values);
    try {
      TrainingArguments.fromMap(all);
      return List.of();
    } catch (InvalidArgumentsException e) {
      return e.problems();
    }
  }

  /**
   * Returns the arguments with the hyperparameters of a trial.
   *
   * @throws IllegalArgumentException if they do not go together
   */
  static TrainingArguments args(TrainingArguments args, Map<String, Object> hyperparameters) {
    TrainingArguments.Builder builder = args.toBuilder();
    TABLE.fill(builder, hyperparameters);
    return builder.build();
  }
}
