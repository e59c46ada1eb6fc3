// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
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
  /** A name in quotes or after a dot is a key of {@code optim_args} and its like, which has one spelling only. */
  private static final Pattern SNAKE_CASE =
      Pattern.compile("(?<!['.])\\b[a-z][a-z0-9]*(?:_[a-z0-9]+)+\\b");

  private final Supplier<B> starts;
  private final Function<B, A> unchecked;
  private final Map<String, ArgumentRow> rows;
  private final Map<String, LegacyArgument> older;
  private final BiConsumer<A, ArgumentProblems> rules;
  private final UnaryOperator<A> canonical;

  private ArgumentTable(Builder<A, B> builder) {
    starts = builder.starts;
    unchecked = builder.unchecked;
    rows = new LinkedHashMap<>(builder.rows);
    older = new LinkedHashMap<>(builder.older);
    rules = builder.rules;
    canonical = builder.canonical;
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
  public static <A, B> Builder<A, B> of(
      Class<A> arguments, Supplier<B> builder, Function<B, A> unchecked) {
    return new Builder<>(arguments, builder, unchecked);
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
      throw new InvalidArgumentsException(what, all.stream().map(p -> inCamelCase(p)).toList());
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

  private ArgumentProblem inCamelCase(ArgumentProblem problem) {
    return new ArgumentProblem(
        inCamelCase(problem.argument()),
        problem.value(),
        inCamelCase(problem.expected()),
        inCamelCase(problem.remedy()));
  }

  /**
   * A text for someone who uses the builder. Only names of arguments change; names of values stay.
   *
   * @param text with names of files
   * @return the same with names of the builder
   */
  public String inCamelCase(String text) {
    return SNAKE_CASE
        .matcher(text)
        .replaceAll(
            found ->
                rows.get(found.group()) instanceof Argument
                    ? Names.camelCase(found.group())
                    : found.group());
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

  /**
   * Collects rows.
   *
   * @param <A> the arguments
   * @param <B> their builder
   */
  public static final class Builder<A, B> {
    private final Class<A> arguments;
    private final Supplier<B> starts;
    private final Function<B, A> unchecked;
    private final Map<String, ArgumentRow> rows = new LinkedHashMap<>();
    private final Map<String, LegacyArgument> older = new LinkedHashMap<>();
    private final Set<String> apart = new TreeSet<>();
    private BiConsumer<A, ArgumentProblems> rules = (args, problems) -> {};
    private UnaryOperator<A> canonical = args -> args;
    private String group = "";

    private Builder(Class<A> arguments, Supplier<B> starts, Function<B, A> unchecked) {
      this.arguments = arguments;
      this.starts = starts;
      this.unchecked = unchecked;
    }

    /**
     * Begins a group.
     *
     * @param heading the heading of the following rows in the documentation
     * @return this builder
     */
    public Builder<A, B> group(String heading) {
      group = heading;
      return this;
    }

    /**
     * Adds an argument that Hugging Face has, too.
     *
     * @param name Hugging Face's name
     * @param type what it takes
     * @param help its line of {@code --help}, without its default
     * @return this builder
     * @throws IllegalStateException if there is no accessor and builder method of this name and type
     */
    public Builder<A, B> row(String name, ValueType<?> type, String help) {
      return argument(name, false, type, help);
    }

    /**
     * Adds an argument of our own.
     *
     * @param name in snake_case
     * @param type what it takes
     * @param help its line of {@code --help}, without its default
     * @return this builder
     * @throws IllegalStateException if there is no accessor and builder method of this name and type
     */
    public Builder<A, B> ours(String name, ValueType<?> type, String help) {
      return argument(name, true, type, help);
    }

    /**
     * Adds an argument of Hugging Face's that may come.
     *
     * @param name Hugging Face's name
     * @param what what it would be
     * @return this builder
     */
    public Builder<A, B> later(String name, String what) {
      return add(new RefusedArgument(group, name, "not supported yet: " + what));
    }

    /**
     * Adds an argument of Hugging Face's that means nothing here.
     *
     * @param name Hugging Face's name
     * @param reason why
     * @return this builder
     */
    public Builder<A, B> never(String name, String reason) {
      return add(new RefusedArgument(group, name, "not applicable: " + reason));
    }

    /**
     * Adds an older name of an argument, which is read with a warning.
     *
     * @param olderName as files had it
     * @param name the argument that it means
     * @return this builder
     */
    public Builder<A, B> alias(String olderName, String name) {
      return older(LegacyArgument.renamed(olderName, name));
    }

    Builder<A, B> older(LegacyArgument argument) {
      older.put(argument.name(), argument);
      return this;
    }

    /**
     * Names what the builder sets and neither files nor the command line have.
     *
     * @param javaNames in camelCase
     * @return this builder
     */
    public Builder<A, B> apart(String... javaNames) {
      apart.addAll(List.of(javaNames));
      return this;
    }

    /**
     * Sets what must hold between arguments. Rules see values that are out of range, too.
     *
     * @param check adds the mistakes
     * @return this builder
     */
    public Builder<A, B> rules(BiConsumer<A, ArgumentProblems> check) {
      rules = check;
      return this;
    }

    /**
     * Sets how checked arguments are spelled, so that what is read back from a file equals what was written.
     *
     * @param spelling one spelling per meaning
     * @return this builder
     */
    public Builder<A, B> canonical(UnaryOperator<A> spelling) {
      canonical = spelling;
      return this;
    }

    /**
     * Makes the table.
     *
     * @return the table
     * @throws IllegalStateException if there is an accessor and a builder method without a row
     */
    public ArgumentTable<A, B> build() {
      Set<String> missing = Accessor.names(arguments, builderClass());
      missing.removeAll(apart);
      rows.keySet().forEach(name -> missing.remove(Names.camelCase(name)));
      if (!missing.isEmpty()) {
        throw new IllegalStateException(
            arguments.getSimpleName() + " has no row in its table for " + missing);
      }
      return new ArgumentTable<>(this);
    }

    private <T> Builder<A, B> argument(String name, boolean ours, ValueType<T> type, String help) {
      Accessor accessor = Accessor.of(arguments, builderClass(), name, type.javaType());
      return add(new Argument<>(group, name, ours, type, help, accessor));
    }

    private Builder<A, B> add(ArgumentRow row) {
      if (rows.put(row.name(), row) != null) {
        throw new IllegalStateException("two rows are called " + row.name());
      }
      return this;
    }

    private Class<?> builderClass() {
      return starts.get().getClass();
    }
  }
}
