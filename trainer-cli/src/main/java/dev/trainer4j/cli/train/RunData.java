// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli.train;

import dev.trainer4j.cli.Console;
import dev.trainer4j.cli.UsageException;
import dev.trainer4j.data.Dataset;
import dev.trainer4j.data.TrainTestSplit;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The rows of a run.
 *
 * @param train to train on; null if there are none
 * @param validation to evaluate on; null if there are none
 * @param test to predict for; null if there are none
 */
record RunData(@Nullable Rows train, @Nullable Rows validation, @Nullable Rows test) {

  /**
   * Rows with where they come from.
   *
   * @param source a path, or a name of the Hub and a split
   * @param rows by the names of their columns
   */
  record Rows(String source, Dataset<Map<String, Object>> rows) {
    Rows atMost(@Nullable Integer count) {
      return count == null || count >= rows.size() ? this : new Rows(source, rows.range(0, count));
    }

    /** The columns of the first row. */
    List<String> columns() {
      return List.copyOf(rows.get(0).keySet());
    }
  }

  /** Reads what the arguments name. */
  static RunData of(TextArguments args, long seed, Console console) throws IOException {
    RunData named =
        args.trainFile() != null || args.validationFile() != null || args.testFile() != null
            ? ofFiles(args)
            : HubData.read(args, console);
    return named.divided(args, seed, console).limited(args).checked();
  }

  private static RunData ofFiles(TextArguments args) throws IOException {
    if (args.datasetName() != null) {
      throw new UsageException(
          "dataset_name and files are given: give either dataset_name, or train_file, validation_file and test_file");
    }
    return new RunData(
        file("train_file", args.trainFile()),
        file("validation_file", args.validationFile()),
        file("test_file", args.testFile()));
  }

  private static @Nullable Rows file(String flag, java.nio.file.@Nullable Path path)
      throws IOException {
    return path == null ? null : new Rows(path.toString(), DataFiles.read("--" + flag, path));
  }

  /** Takes a part of the training data to evaluate on, if that is asked for. */
  private RunData divided(TextArguments args, long seed, Console console) {
    Integer percent = args.validationSplitPercentage();
    if (percent == null || train == null) {
      return this;
    }
    if (validation != null) {
      throw new UsageException(
          "validation_split_percentage is given, but the data set has a part to evaluate on: "
              + validation.source());
    }
    TrainTestSplit<Map<String, Object>> split = train.rows().trainTestSplit(percent / 100.0, seed);
    console.tell(
        "Evaluation: "
            + percent
            + " % of "
            + train.source()
            + ", chosen at random by seed "
            + seed
            + ".");
    return new RunData(
        new Rows(train.source(), split.train()),
        new Rows(percent + " % of " + train.source(), split.test()),
        test);
  }

  private RunData limited(TextArguments args) {
    return new RunData(
        train == null ? null : train.atMost(args.maxTrainSamples()),
        validation == null ? null : validation.atMost(args.maxEvalSamples()),
        test == null ? null : test.atMost(args.maxPredictSamples()));
  }

  /** The same columns everywhere, where they could matter. */
  private RunData checked() {
    Rows first = train == null ? validation : train;
    if (first == null || validation == null) {
      return this;
    }
    Set<String> missing = new TreeSet<>(first.columns());
    missing.removeAll(validation.columns());
    if (missing.size() == first.columns().size()) {
      throw new IllegalArgumentException(
          validation.source()
              + " has the columns "
              + validation.columns()
              + ", and "
              + first.source()
              + " has "
              + first.columns()
              + ": none of them is in both. Is the first line the names of the columns?");
    }
    return this;
  }

  /** The rows that columns and labels are guessed from. */
  Rows first() {
    Rows rows = train != null ? train : validation != null ? validation : test;
    if (rows == null) {
      throw new IllegalStateException("a run without data");
    }
    return rows;
  }
}
