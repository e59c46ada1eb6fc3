// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Makes inputs of a model of rows of a table: numbers on one scale, and codes of categories. What it learned from the
 * training data is saved with the model, so that rows of a service are treated as those of training.
 *
 * <pre>{@code
 * TabularFeatures features = TabularFeatures.builder()
 *     .numbers("age", "income").oneHot("country").label("churn").fit(rows);
 * Trainer.builder(model, args)
 *     .trainDataset(rows.map(features))
 *     .processingClass(features)
 *     ...
 * TabularFeatures same = TabularFeatures.load(Path.of("out/checkpoint-500"));
 * float[] input = (float[]) same.apply(row).get("features");
 * }</pre>
 *
 * <p>A sample has
 *
 * <ul>
 *   <li>{@code features}: a {@code float[]} with each number as (x - mean) / standard deviation, scikit-learn's {@code
 *       StandardScaler}, and then, for each column that is {@code oneHot}, 1 at the place of its category;
 *   <li>{@code categories}: a {@code long[]} with the code of each column that is {@code categorical}, for an embedding.
 *       Codes count from 1; 0 stands for what the training data did not have;
 *   <li>{@code labels}: the code of the label, counted from 0 in sorted order, as a long; or the number of the target, as a
 *       float. It is left out of rows that have none, as in a service.
 * </ul>
 *
 * <p>Immutable, and safe for use from several threads.
 */
public final class TabularFeatures
    implements Function<Map<String, ?>, Map<String, Object>>, ProcessingClass {

  /** The file in a folder of a model. */
  public static final String FILE_NAME = "tabular_features.json";

  private final TabularColumns columns;

  TabularFeatures(TabularColumns columns) {
    this.columns = columns;
  }

  /** Returns a builder without columns. */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Reads what {@link #save} wrote.
   *
   * @throws IOException if the folder has no {@value #FILE_NAME}, or it cannot be read
   * @throws DataException if the file does not hold what it should
   */
  public static TabularFeatures load(Path folder) throws IOException {
    return new TabularFeatures(TabularFile.read(folder.resolve(FILE_NAME)));
  }

  /** Writes {@value #FILE_NAME}; a trainer does, with every checkpoint. */
  @Override
  public void save(Path folder) throws IOException {
    TabularFile.write(folder.resolve(FILE_NAME), columns);
  }

  /** Returns how many numbers {@code features} has: the inputs of a model's first layer. */
  public int size() {
    return columns.size();
  }

  /**
   * Returns how many codes a {@code categorical} column has, that of the unknown included: the rows of its embedding.
   *
   * @throws IllegalArgumentException if there is no such column
   */
  public int categoryCount(String column) {
    List<String> known = columns.categorical().get(column);
    if (known == null) {
      throw new IllegalArgumentException(
          "there is no categorical column '" + column + "', but " + columns.categorical().keySet());
    }
    return known.size() + 1;
  }

  /** Returns the names of the labels, the first of index 0; none if there is no label column. */
  public List<String> labels() {
    return columns.labels();
  }

  /**
   * Makes a sample of a row.
   *
   * @throws IllegalArgumentException if a number is missing or none, with the column and the value; or if a label is one
   *     that the training data did not have
   */
  @Override
  public Map<String, Object> apply(Map<String, ?> row) {
    Map<String, Object> sample = new LinkedHashMap<>();
    if (size() > 0) {
      sample.put("features", columns.features(row));
    }
    if (!columns.categorical().isEmpty()) {
      sample.put("categories", columns.codes(row));
    }
    Object label = columns.label(row);
    if (label != null) {
      sample.put("labels", label);
    }
    return sample;
  }

  /** Collects the columns of {@link TabularFeatures}. */
  public static final class Builder {

    private final Map<String, String> kinds = new LinkedHashMap<>();
    private @Nullable String label;
    private boolean labelIsNumber;
    private boolean imputes;

    private Builder() {}

    /** Names columns of numbers, as numbers or as text. */
    public Builder numbers(String... names) {
      return add("number", names);
    }

    /** Names columns of categories, each of which becomes one input a category. */
    public Builder oneHot(String... names) {
      return add("oneHot", names);
    }

    /** Names columns of categories, each of which becomes a code, for an embedding. */
    public Builder categorical(String... names) {
      return add("categorical", names);
    }

    /** Names the column of classes to learn. */
    public Builder label(String name) {
      return learn(name, false);
    }

    /** Names the column of numbers to learn; they stay as they are. */
    public Builder target(String name) {
      return learn(name, true);
    }

    /** Puts the mean of the column in place of a missing number; otherwise it is an error. */
    public Builder imputeMean() {
      imputes = true;
      return this;
    }

    private Builder learn(String name, boolean isNumber) {
      if (label != null) {
        throw new IllegalArgumentException(
            "'" + label + "' is to be learned already, and '" + name + "' too: name one column.");
      }
      add("label", name);
      label = name;
      labelIsNumber = isNumber;
      return this;
    }

    private Builder add(String kind, String... names) {
      for (String name : names) {
        if (kinds.putIfAbsent(name, kind) != null) {
          throw new IllegalArgumentException(
              "column '" + name + "' is given twice: name each column once.");
        }
      }
      return this;
    }

    /**
     * Learns scales and categories from the training data, in one pass over it.
     *
     * @throws IllegalArgumentException if no column was named, or a row lacks one or has what is no number; with the row
     */
    public TabularFeatures fit(Dataset<? extends Map<String, ?>> rows) {
      if (kinds.values().stream().allMatch("label"::equals)) {
        throw new IllegalArgumentException(
            "no column of features is named: add some with numbers, oneHot or categorical.");
      }
      if (rows.size() == 0) {
        throw new IllegalArgumentException(
            "there are no rows to learn scales and categories from.");
      }
      TabularFit fit = new TabularFit(names("number"), imputes);
      String[] categories = {"oneHot", "categorical"};
      for (long i = 0; i < rows.size(); i++) {
        try {
          Map<String, ?> row = rows.get(i);
          fit.add(row);
          for (String kind : categories) {
            names(kind).forEach(name -> fit.addCategory(name, row));
          }
          if (label != null && !labelIsNumber) {
            fit.addCategory(label, row);
          }
        } catch (IllegalArgumentException e) {
          throw new IllegalArgumentException("row " + i + ": " + e.getMessage(), e);
        }
      }
      return new TabularFeatures(
          new TabularColumns(
              fit.scales(),
              fit.categories(names("oneHot")),
              fit.categories(names("categorical")),
              label,
              label == null || labelIsNumber
                  ? List.of()
                  : fit.categories(List.of(label)).getOrDefault(label, List.of()),
              imputes));
    }

    private List<String> names(String kind) {
      return kinds.keySet().stream().filter(name -> kind.equals(kinds.get(name))).toList();
    }
  }

  /** Returns the columns. */
  @Override
  public String toString() {
    return "features "
        + columns.scales().keySet()
        + ", one-hot "
        + columns.oneHot().keySet()
        + ", categories "
        + Arrays.toString(columns.categorical().keySet().toArray());
  }
}
