// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.search;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Which values hyperparameters may take.
 *
 * <pre>{@code
 * SearchSpace space = SearchSpace.builder()
 *     .logUniform("learning_rate", 1e-5, 1e-3)
 *     .intUniform("num_train_epochs", 1, 4)
 *     .choice("per_device_train_batch_size", 8, 16, 32)
 *     .uniform("model.dropout", 0, 0.5)
 *     .build();
 * }</pre>
 *
 * <p>Names are those of the training arguments, as files have them. Names that begin with {@code model.} are the user's own,
 * for what makes the model: {@code trial.number("model.dropout")}.
 */
public final class SearchSpace {

  /** What the names begin with that are no training arguments. */
  static final String OWN = "model.";

  private final Map<String, ParameterRange> ranges;

  private SearchSpace(Map<String, ParameterRange> ranges) {
    this.ranges = Collections.unmodifiableMap(new LinkedHashMap<>(ranges));
  }

  /** Starts a space. */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Returns Hugging Face's default space: {@code learning_rate} from 1e-6 to 1e-4 by logarithm, {@code num_train_epochs} from 1
   * to 5, {@code seed} from 1 to 40, {@code per_device_train_batch_size} of 4, 8, 16, 32 or 64.
   */
  public static SearchSpace defaults() {
    return builder()
        .logUniform("learning_rate", 1e-6, 1e-4)
        .intUniform("num_train_epochs", 1, 5)
        .intUniform("seed", 1, 40)
        .choice("per_device_train_batch_size", 4, 8, 16, 32, 64)
        .build();
  }

  /**
   * Reads a file, JSON if its name ends in {@code .json}, else YAML:
   *
   * <pre>
   * learning_rate: {distribution: log_uniform, min: 1e-5, max: 1e-3}
   * num_train_epochs: {distribution: int_uniform, min: 1, max: 4}
   * per_device_train_batch_size: [8, 16, 32]
   * </pre>
   *
   * @throws IllegalArgumentException naming file and place, if it holds something else
   */
  public static SearchSpace read(Path file) {
    return SpaceFile.read(file);
  }

  Map<String, ParameterRange> ranges() {
    return ranges;
  }

  /** Returns the names of the hyperparameters, in order. */
  public List<String> names() {
    return List.copyOf(ranges.keySet());
  }

  /** Returns the space as a file has it. */
  public Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    ranges.forEach((name, range) -> map.put(name, range.toMap()));
    return map;
  }

  @Override
  public String toString() {
    return toMap().toString();
  }

  /** Collects ranges; {@code build()} checks. */
  public static final class Builder {

    private final Map<String, ParameterRange> ranges = new LinkedHashMap<>();
    private final List<String> problems = new ArrayList<>();

    private Builder() {}

    /** Adds a number from {@code low} to {@code high}, even by value. */
    public Builder uniform(String name, double low, double high) {
      require(
          name,
          low < high && Double.isFinite(high - low),
          low,
          high,
          "numbers, the first below the second");
      return add(name, new NumberRange(low, high, false));
    }

    /** Adds a number from {@code low}, which is above 0, to {@code high}, even by logarithm. */
    public Builder logUniform(String name, double low, double high) {
      require(
          name,
          low > 0 && low < high && Double.isFinite(high),
          low,
          high,
          "numbers above 0, the first below the second");
      return add(name, new NumberRange(low, high, true));
    }

    /** Adds a whole number from {@code low} to {@code high}, both included, even by value. */
    public Builder intUniform(String name, int low, int high) {
      require(name, low < high, low, high, "whole numbers, the first below the second");
      return add(name, new IntegerRange(low, high, false));
    }

    /** Adds a whole number from {@code low}, at least 1, to {@code high}, both included, even by logarithm. */
    public Builder intLogUniform(String name, int low, int high) {
      require(
          name,
          low >= 1 && low < high,
          low,
          high,
          "whole numbers of at least 1, the first below the second");
      return add(name, new IntegerRange(low, high, true));
    }

    /** Adds one of several values without an order: texts, numbers, or true and false. */
    public Builder choice(String name, Object... values) {
      List<Object> plain = new ArrayList<>();
      for (Object value : values) {
        plain.add(plain(value));
      }
      for (Object value : plain) {
        if (!(value instanceof String || value instanceof Number || value instanceof Boolean)) {
          problems.add(
              name
                  + ": "
                  + value
                  + " is a "
                  + value.getClass().getSimpleName()
                  + ", expected a text, a number, true or false");
        }
      }
      if (plain.isEmpty() || new LinkedHashSet<>(plain).size() < plain.size()) {
        problems.add(name + ": " + plain + ", expected different values, at least one");
      }
      return add(name, new Choices(plain));
    }

    /** As {@code search.jsonl} gives it back: texts, Integer, else Double, true and false. */
    private static Object plain(Object value) {
      if (value instanceof Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
      }
      if (value instanceof Number number) {
        double exact = Double.parseDouble(number.toString());
        boolean whole = !(number instanceof Double || number instanceof Float);
        return whole && exact == number.intValue() ? (Object) number.intValue() : exact;
      }
      return value;
    }

    private void require(String name, boolean holds, Object low, Object high, String expected) {
      if (!holds) {
        problems.add(name + ": from " + low + " to " + high + ", expected " + expected);
      }
    }

    Builder add(String name, ParameterRange range) {
      if (name.isBlank() || name.equals(OWN)) {
        problems.add("a hyperparameter has no name");
      }
      if (ranges.put(name, range) != null) {
        problems.add(name + ": is there twice");
      }
      return this;
    }

    /**
     * Builds the space.
     *
     * @throws IllegalArgumentException listing everything that is wrong
     */
    public SearchSpace build() {
      List<String> all = new ArrayList<>(problems);
      if (ranges.isEmpty()) {
        all.add("it has no hyperparameters; add some, or take SearchSpace.defaults()");
      }
      if (!all.isEmpty()) {
        throw new IllegalArgumentException(
            "the search space cannot be built:\n  " + String.join("\n  ", all));
      }
      return new SearchSpace(ranges);
    }
  }
}
