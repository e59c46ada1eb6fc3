// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Arguments of a library of its own, which stand beside the training arguments in the same file or on the same command line. Mistakes
 * in both are reported together.
 *
 * <pre>{@code
 * FurtherArguments further = FurtherArguments.builder()
 *     .flag("predict_with_generate", "whether evaluation writes texts")
 *     .wholeNumber("generation_max_length", 2, "tokens of a text at most")
 *     .build();
 * FurtherArguments.Reading reading = further.fromCommandLine(args);
 * TrainingArguments training = reading.training();
 * boolean generates = reading.further().flag("predict_with_generate");
 * }</pre>
 */
public final class FurtherArguments {
  static final FurtherArguments NONE = builder().build();

  private final Map<String, Entry> entries;
  private final Function<Values, List<ArgumentProblem>> rules;

  /** What an argument takes, and its line of {@code --help}. */
  record Entry(ValueType<?> type, String help) {}

  /**
   * What was read.
   *
   * @param training the training arguments
   * @param further the other ones
   */
  public record Reading(TrainingArguments training, Values further) {}

  private FurtherArguments(
      Map<String, Entry> entries, Function<Values, List<ArgumentProblem>> rules) {
    this.entries = new LinkedHashMap<>(entries);
    this.rules = rules;
  }

  /**
   * Starts without arguments.
   *
   * @return a new builder
   */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Reads a file: JSON if its name ends in {@code .json}, else YAML.
   *
   * @param file arguments by their names; what it leaves out keeps its default
   * @return both kinds of arguments
   * @throws InvalidArgumentsException with every mistake of the file
   */
  public Reading fromFile(Path file) {
    return ArgumentReader.read(List.of(), this, ArgumentSource.file(file, Syntax.of(file)));
  }

  /**
   * Reads a map.
   *
   * @param values arguments by their names; what it leaves out keeps its default
   * @return both kinds of arguments
   * @throws InvalidArgumentsException with every mistake
   */
  public Reading fromMap(Map<String, ?> values) {
    return ArgumentReader.read(List.of(), this, ArgumentSource.map(values));
  }

  /**
   * Reads a command line, as {@link TrainingArguments#fromCommandLine}.
   *
   * @param args the words of the command line
   * @return both kinds of arguments
   * @throws InvalidArgumentsException with every mistake of the command line and of the file it names
   * @throws HelpRequestedException when {@code --help} is among them
   */
  public Reading fromCommandLine(String... args) {
    return CommandLineReader.read(this, args);
  }

  Map<String, Entry> entries() {
    return entries;
  }

  /** What an argument takes, whoever's it is; null for one that nobody knows. */
  @Nullable ValueType<?> type(String name) {
    SupportedArgument<?> supported = SupportedArguments.BY_NAME.get(name);
    if (supported != null) {
      return supported.type();
    }
    Entry entry = entries.get(name);
    return entry == null ? null : entry.type();
  }

  List<ArgumentProblem> check(Values values) {
    return rules.apply(values);
  }

  /** The values that were given. */
  public static final class Values {
    private final Map<String, Object> values;

    Values(Map<String, Object> values) {
      this.values = values;
    }

    /**
     * Whether a flag is set.
     *
     * @param name of a flag
     * @return false by default
     */
    public boolean flag(String name) {
      return Boolean.TRUE.equals(values.get(name));
    }

    /**
     * A whole number.
     *
     * @param name of a whole number
     * @return empty if it was not given
     */
    public OptionalInt wholeNumber(String name) {
      return values.get(name) instanceof Integer number
          ? OptionalInt.of(number)
          : OptionalInt.empty();
    }

    /**
     * A text.
     *
     * @param name of a text
     * @return empty if it was not given
     */
    public Optional<String> text(String name) {
      return values.get(name) instanceof String text ? Optional.of(text) : Optional.empty();
    }
  }

  /** Collects names. */
  public static final class Builder {
    private final Map<String, Entry> entries = new LinkedHashMap<>();
    private Function<Values, List<ArgumentProblem>> rules = values -> List.of();

    private Builder() {}

    /**
     * Adds one that is true or false, false by default.
     *
     * @param name in snake_case, as in files
     * @param help its line of {@code --help}
     * @return this builder
     */
    public Builder flag(String name, String help) {
      return add(name, ValueType.FLAG, help);
    }

    /**
     * Adds a whole number, unset by default.
     *
     * @param name in snake_case, as in files
     * @param least the least it may be
     * @param help its line of {@code --help}
     * @return this builder
     */
    public Builder wholeNumber(String name, int least, String help) {
      return add(name, ValueType.wholeFrom(least), help);
    }

    /**
     * Adds a text, unset by default.
     *
     * @param name in snake_case, as in files
     * @param help its line of {@code --help}
     * @return this builder
     */
    public Builder text(String name, String help) {
      return add(name, ValueType.TEXT, help);
    }

    /**
     * Sets what must hold between values; it is asked once each is in its range.
     *
     * @param check returns the mistakes, none if all is well
     * @return this builder
     */
    public Builder rules(Function<Values, List<ArgumentProblem>> check) {
      rules = values -> new ArrayList<>(check.apply(values));
      return this;
    }

    private Builder add(String name, ValueType<?> type, String help) {
      if (SupportedArguments.BY_NAME.containsKey(name) || entries.containsKey(name)) {
        throw new IllegalArgumentException(
            "there is an argument '" + name + "' already: choose another name");
      }
      entries.put(name, new Entry(type, help));
      return this;
    }

    /**
     * Returns the arguments that a library adds.
     *
     * @return what reads them
     */
    public FurtherArguments build() {
      return new FurtherArguments(entries, rules);
    }
  }
}
