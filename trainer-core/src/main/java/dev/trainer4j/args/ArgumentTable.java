// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The description of some arguments, from which all else follows: reading and writing of files and command lines, help, checks, and
 * the documentation. An argument is one row here, and an accessor and a builder method of the same name in camelCase:
 *
 * <pre>{@code
 * static final ArgumentTable<LoraConfig, LoraConfig.Builder> TABLE =
 *     ArgumentTable.of(LoraConfig.class, LoraConfig::builder, LoraConfig.Builder::unchecked)
 *         .row("r", wholeFrom(1), "rank of an update")
 *         .row("lora_dropout", numberFromToBelow(0, 1), "dropout on the input of an adapter")
 *         .rules((config, problems) -> problems.check(...))
 *         .build();
 * }</pre>
 *
 * <p>Defaults are those of the builder. An accessor that returns an {@code Optional} of any kind, or is {@code @Nullable}, may be unset.
 * Making a table fails where a row has no accessor or another type than it, and where a builder method has no row.
 *
 * @param <A> the arguments, immutable
 * @param <B> their builder
 */
public final class ArgumentTable<A, B> {
  private final Supplier<B> starts;
  private final Function<B, A> unchecked;
  private final Map<String, ArgumentRow> rows;
  private final Map<String, LegacyArgument> older;
  private final BiConsumer<A, ArgumentProblems> rules;
  private final UnaryOperator<A> canonical;
  private final BuilderNames names;

  ArgumentTable(
      Supplier<B> starts,
      Function<B, A> unchecked,
      Map<String, ArgumentRow> rows,
      Map<String, LegacyArgument> older,
      BiConsumer<A, ArgumentProblems> rules,
      UnaryOperator<A> canonical) {
    this.starts = starts;
    this.unchecked = unchecked;
    this.rows = rows;
    this.older = older;
    this.rules = rules;
    this.canonical = canonical;
    names = new BuilderNames(rows);
  }

  /**
   * Starts a table.
   *
   * @param <A> the arguments, immutable
   * @param <B> their builder
   * @param arguments the class with the accessors
   * @param builder makes a builder that has the defaults
   * @param unchecked what {@code build()} of the builder would return, without any check
   * @return a builder without rows
   */
  public static <A, B> ArgumentTableBuilder<A, B> of(
      Class<A> arguments, Supplier<B> builder, Function<B, A> unchecked) {
    return new ArgumentTableBuilder<>(arguments, builder, unchecked);
  }

  /**
   * The same table for a trainer that starts with other defaults.
   *
   * @param start makes a builder that has them
   * @return a table of the same rows and rules
   */
  public ArgumentTable<A, B> startingFrom(Supplier<B> start) {
    return new ArgumentTable<>(start, unchecked, rows, older, rules, canonical);
  }

  /**
   * All rows, also of names that are refused.
   *
   * @return in the order of the documentation
   */
  public List<ArgumentRow> rows() {
    return List.copyOf(rows.values());
  }

  /**
   * The arguments that can be set.
   *
   * @return in the order of the documentation
   */
  public List<Argument<?>> arguments() {
    List<Argument<?>> arguments = new ArrayList<>();
    for (ArgumentRow row : rows.values()) {
      if (row instanceof Argument<?> argument) {
        arguments.add(argument);
      }
    }
    return arguments;
  }

  /**
   * What a builder starts with, for who shows it.
   *
   * @return the arguments without any check: a table may have arguments that must be given
   */
  public A defaults() {
    return unchecked.apply(starts.get());
  }

  /**
   * Sets what a map says.
   *
   * @param builder what to set it in
   * @param values plain values by the names of this table; other names are left alone
   * @return the mistakes: values that do not read as the type of their argument. Ranges are not looked at
   */
  public List<ArgumentProblem> fill(B builder, Map<String, ? extends @Nullable Object> values) {
    List<ArgumentProblem> problems = new ArrayList<>();
    values.forEach(
        (name, value) -> {
          if (rows.get(name) instanceof Argument<?> argument) {
            problems.addAll(argument.set(builder, value));
          }
        });
    return problems;
  }

  /**
   * Sets what a file says.
   *
   * @param builder what to set it in
   * @param values plain values by name; null for what is unset
   * @param others gets what this table has no argument for
   * @throws IllegalArgumentException with all values that do not read as the type of their argument. Ranges are not looked at
   */
  public void fill(B builder, Map<?, ?> values, BiConsumer<String, Object> others) {
    Map<String, Object> settings = new LinkedHashMap<>();
    values.forEach(
        (name, value) -> {
          String key = String.valueOf(name);
          if (value != null && rows.get(key) instanceof Argument<?>) {
            settings.put(key, value);
          } else if (value != null) {
            others.accept(key, value);
          }
        });
    List<ArgumentProblem> problems = fill(builder, settings);
    if (!problems.isEmpty()) {
      throw new IllegalArgumentException(
          problems.stream().map(ArgumentProblem::toString).collect(Collectors.joining(" ")));
    }
  }

  /**
   * Looks for mistakes: values out of their range, then whatever the rules find.
   *
   * @param arguments what a builder holds
   * @return by the names of files; empty if all is well
   */
  public List<ArgumentProblem> problems(A arguments) {
    List<ArgumentProblem> problems = new ArrayList<>(outOfRange(arguments));
    problems.addAll(brokenRules(arguments));
    return problems;
  }

  List<ArgumentProblem> outOfRange(A arguments) {
    ArgumentProblems problems = new ArgumentProblems(this, arguments);
    for (Argument<?> argument : arguments()) {
      problems.check(
          !argument.isInRange(arguments), argument.name(), argument.type().expected(), "");
    }
    return problems.found();
  }

  List<ArgumentProblem> brokenRules(A arguments) {
    ArgumentProblems problems = new ArgumentProblems(this, arguments);
    rules.accept(arguments, problems);
    return problems.found();
  }

  /**
   * What {@code build()} of the builder returns.
   *
   * @param arguments what the builder holds
   * @param what a message calls them
   * @return the arguments, in one spelling per meaning
   * @throws InvalidArgumentsException with every mistake, by the names of the builder
   */
  public A checked(A arguments, String what) {
    return checked(arguments, what, List.of());
  }

  A checked(A arguments, String what, List<ArgumentProblem> found) {
    List<ArgumentProblem> all = new ArrayList<>(found);
    all.addAll(problems(arguments));
    if (!all.isEmpty()) {
      throw new InvalidArgumentsException(what, all.stream().map(names::of).toList());
    }
    return canonical.apply(arguments);
  }

  /**
   * The arguments as plain values, secrets masked.
   *
   * @param arguments what has them
   * @return a new map by the names of files, in the order of the documentation; null for what is unset
   */
  public Map<String, @Nullable Object> toMap(A arguments) {
    Map<String, @Nullable Object> values = new LinkedHashMap<>();
    for (Argument<?> argument : arguments()) {
      Object value = argument.plain(arguments);
      values.put(argument.name(), value == null ? null : Secrets.mask(argument.name(), value));
    }
    return values;
  }

  /**
   * The arguments as JSON, secrets masked.
   *
   * @param arguments what has them
   * @return an object
   */
  public String toJson(A arguments) {
    return Syntax.JSON.write(toMap(arguments));
  }

  /**
   * The arguments as YAML, secrets masked.
   *
   * @param arguments what has them
   * @return a mapping
   */
  public String toYaml(A arguments) {
    return Syntax.YAML.write(toMap(arguments));
  }

  /**
   * The mistakes that {@link #problems} finds, for a builder whose messages are sentences: {@code topP is 7.0, expected a number in
   * (0, 1]}.
   *
   * @param arguments what a builder holds
   * @return by the names of the builder; empty if all is well
   */
  public List<String> sentences(A arguments) {
    return problems(arguments).stream()
        .map(
            problem -> {
              Argument<?> argument = argument(problem.argument());
              Object value = argument.get(arguments);
              String expected = inCamelCase(problem.expected());
              return argument.javaName() + " is " + value + ", expected " + expected;
            })
        .toList();
  }

  /**
   * A text for someone who uses the builder. Only names of arguments change; names of values stay.
   *
   * @param text with names of files
   * @return the same with names of the builder
   */
  public String inCamelCase(String text) {
    return names.of(text);
  }

  Map<String, ArgumentRow> byName() {
    return rows;
  }

  Map<String, LegacyArgument> older() {
    return older;
  }

  Argument<?> argument(String name) {
    if (rows.get(name) instanceof Argument<?> argument) {
      return argument;
    }
    throw new IllegalStateException("no argument is called " + name);
  }

  B start() {
    return starts.get();
  }

  A unchecked(B builder) {
    return unchecked.apply(builder);
  }

  A canonical(A checked) {
    return canonical.apply(checked);
  }
}
