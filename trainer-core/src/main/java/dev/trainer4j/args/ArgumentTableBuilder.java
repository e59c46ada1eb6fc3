// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/**
 * Collects the rows of an {@link ArgumentTable}, and what must hold between them.
 *
 * @param <A> the arguments
 * @param <B> their builder
 */
public final class ArgumentTableBuilder<A, B> {
  private final Class<A> arguments;
  private final Supplier<B> starts;
  private final Function<B, A> unchecked;
  private final Map<String, ArgumentRow> rows = new LinkedHashMap<>();
  private final Map<String, LegacyArgument> older = new LinkedHashMap<>();
  private final Set<String> apart = new TreeSet<>();
  private BiConsumer<A, ArgumentProblems> rules = (args, problems) -> {};
  private UnaryOperator<A> canonical = args -> args;
  private String group = "";

  ArgumentTableBuilder(Class<A> arguments, Supplier<B> starts, Function<B, A> unchecked) {
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
  public ArgumentTableBuilder<A, B> group(String heading) {
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
  public ArgumentTableBuilder<A, B> row(String name, ValueType<?> type, String help) {
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
  public ArgumentTableBuilder<A, B> ours(String name, ValueType<?> type, String help) {
    return argument(name, true, type, help);
  }

  /**
   * Adds an argument of Hugging Face's that may come.
   *
   * @param name Hugging Face's name
   * @param what what it would be
   * @return this builder
   */
  public ArgumentTableBuilder<A, B> later(String name, String what) {
    return add(new RefusedArgument(group, name, "not supported yet: " + what));
  }

  /**
   * Adds an argument of Hugging Face's that means nothing here.
   *
   * @param name Hugging Face's name
   * @param reason why
   * @return this builder
   */
  public ArgumentTableBuilder<A, B> never(String name, String reason) {
    return add(new RefusedArgument(group, name, "not applicable: " + reason));
  }

  /**
   * Adds an older name of an argument, which is read with a warning.
   *
   * @param olderName as files had it
   * @param name the argument that it means
   * @return this builder
   */
  public ArgumentTableBuilder<A, B> alias(String olderName, String name) {
    return older(LegacyArgument.renamed(olderName, name));
  }

  ArgumentTableBuilder<A, B> older(LegacyArgument argument) {
    older.put(argument.name(), argument);
    return this;
  }

  /**
   * Names what the builder sets and neither files nor the command line have.
   *
   * @param javaNames in camelCase
   * @return this builder
   */
  public ArgumentTableBuilder<A, B> apart(String... javaNames) {
    apart.addAll(List.of(javaNames));
    return this;
  }

  /**
   * Sets what must hold between arguments. Rules see values that are out of range, too.
   *
   * @param check adds the mistakes
   * @return this builder
   */
  public ArgumentTableBuilder<A, B> rules(BiConsumer<A, ArgumentProblems> check) {
    rules = check;
    return this;
  }

  /**
   * Sets how checked arguments are spelled, so that what is read back from a file equals what was written.
   *
   * @param spelling one spelling per meaning
   * @return this builder
   */
  public ArgumentTableBuilder<A, B> canonical(UnaryOperator<A> spelling) {
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
    return new ArgumentTable<>(
        starts, unchecked, new LinkedHashMap<>(rows), new LinkedHashMap<>(older), rules, canonical);
  }

  private <T> ArgumentTableBuilder<A, B> argument(
      String name, boolean ours, ValueType<T> type, String help) {
    Accessor accessor = Accessor.of(arguments, builderClass(), name, type.javaType());
    return add(new Argument<>(group, name, ours, type, help, accessor));
  }

  private ArgumentTableBuilder<A, B> add(ArgumentRow row) {
    if (rows.put(row.name(), row) != null) {
      throw new IllegalStateException("two rows are called " + row.name());
    }
    return this;
  }

  private Class<?> builderClass() {
    return starts.get().getClass();
  }
}
