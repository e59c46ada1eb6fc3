// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Reads arguments of one or several tables from one file, map or command line: old names, then types, then ranges and rules; all
 * mistakes are reported together.
 *
 * <pre>{@code
 * ArgumentReader reader = ArgumentReader.of(TrainingArguments.table(), LoraConfig.table());
 * ArgumentReader.Reading reading = reader.fromCommandLine(args);
 * TrainingArguments training = reading.get(TrainingArguments.table());
 * }</pre>
 */
public final class ArgumentReader {
  private final List<ArgumentTable<?, ?>> tables;

  private ArgumentReader(List<ArgumentTable<?, ?>> tables) {
    this.tables = tables;
  }

  /**
   * A reader of tables.
   *
   * @param tables what the sources may hold; no name may be an argument of two of them, but what one refuses may be an argument of
   *     another
   * @return the reader
   * @throws IllegalArgumentException if two tables have an argument of one name
   */
  public static ArgumentReader of(ArgumentTable<?, ?>... tables) {
    Set<String> names = new HashSet<>();
    for (ArgumentTable<?, ?> table : tables) {
      for (ArgumentRow row : table.arguments()) {
        if (!names.add(row.name())) {
          throw new IllegalArgumentException(
              "two tables have an argument '" + row.name() + "': choose another name");
        }
      }
    }
    return new ArgumentReader(List.of(tables));
  }

  /** What was read. */
  public static final class Reading {
    private final Map<ArgumentTable<?, ?>, Object> arguments = new HashMap<>();

    private Reading() {}

    /**
     * The arguments of a table.
     *
     * @param <A> the arguments
     * @param table one of those of the reader
     * @return the arguments, checked
     */
    @SuppressWarnings("unchecked") // Put there under the table that made them.
    public <A> A get(ArgumentTable<A, ?> table) {
      A read = (A) arguments.get(table);
      if (read == null) {
        throw new IllegalArgumentException("the reader has no such table");
      }
      return read;
    }
  }

  /**
   * Reads a file: JSON if its name ends in {@code .json}, else YAML.
   *
   * @param file arguments by their names; what it leaves out keeps its default
   * @return the arguments
   * @throws InvalidArgumentsException with every mistake of the file
   */
  public Reading fromFile(Path file) {
    return read(ArgumentSource.file(file, Syntax.of(file)));
  }

  /**
   * Reads a map.
   *
   * @param values arguments by their names; what it leaves out keeps its default
   * @return the arguments
   * @throws InvalidArgumentsException with every mistake
   */
  public Reading fromMap(Map<String, ?> values) {
    return read(ArgumentSource.map(values));
  }

  /**
   * Reads a command line, as {@link TrainingArguments#fromCommandLine}.
   *
   * @param words the words of the command line
   * @return the arguments
   * @throws InvalidArgumentsException with every mistake of the command line and of the file it names
   * @throws HelpRequestedException when {@code --help} is among them
   */
  public Reading fromCommandLine(String... words) {
    return CommandLineReader.read(this, words);
  }

  /**
   * What {@code --help} prints.
   *
   * @return every flag with its default and its meaning
   */
  public String commandLineHelp() {
    return CommandLineHelp.text(tables);
  }

  /** Reads sources of which a later one wins over an earlier one. */
  Reading read(ArgumentSource... sources) {
    return read(List.of(), sources);
  }

  /** Reads sources, with mistakes that were found before there was one. */
  Reading read(List<ArgumentProblem> found, ArgumentSource... sources) {
    List<ArgumentProblem> problems = new ArrayList<>(found);
    Map<String, @Nullable Object> values = new LinkedHashMap<>();
    for (ArgumentSource source : sources) {
      values.putAll(new NameResolver(source, tables, problems).resolve());
    }
    Reading reading = new Reading();
    for (ArgumentTable<?, ?> table : tables) {
      problems.addAll(read(table, values, reading));
    }
    if (!problems.isEmpty()) {
      String where =
          Arrays.stream(sources).map(ArgumentSource::name).collect(Collectors.joining(" and "));
      throw new InvalidArgumentsException(where, problems);
    }
    return reading;
  }

  private static <A, B> List<ArgumentProblem> read(
      ArgumentTable<A, B> table, Map<String, @Nullable Object> values, Reading reading) {
    B builder = table.start();
    List<ArgumentProblem> problems = new ArrayList<>(table.fill(builder, values));
    A arguments = table.unchecked(builder);
    problems.addAll(table.outOfRange(arguments));
    // A value that could not be read left its default behind, and rules that trip over that, or
    // over
    // a value out of its range, say nothing of use.
    List<String> wrong = problems.stream().map(ArgumentProblem::outermost).toList();
    table.brokenRules(arguments).stream()
        .filter(problem -> wrong.stream().noneMatch(problem::mentions))
        .forEach(problems::add);
    if (problems.isEmpty()) {
      reading.arguments.put(table, table.canonical(arguments));
    }
    return problems;
  }

  /** The argument of this name, whichever table has it; a refusal only where none has. */
  static Optional<ArgumentRow> row(List<ArgumentTable<?, ?>> tables, String name) {
    List<ArgumentRow> rows =
        tables.stream()
            .flatMap(table -> Optional.ofNullable(table.byName().get(name)).stream())
            .toList();
    return rows.stream()
        .filter(Argument.class::isInstance)
        .findFirst()
        .or(() -> rows.stream().findFirst());
  }

  /** What an argument takes; null for a name that cannot be set. */
  @Nullable ValueType<?> type(String name) {
    return row(tables, name).orElse(null) instanceof Argument<?> argument ? argument.type() : null;
  }
}
