// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli.train;

import dev.trainer4j.cli.Console;
import dev.trainer4j.cli.UsageException;
import dev.trainer4j.cli.train.RunData.Rows;
import dev.trainer4j.data.Datasets;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The rows of {@code trainer sft}.
 *
 * @param train to train on
 * @param eval to evaluate on; null if there are none
 */
record SftRows(Rows train, @Nullable Rows eval) {

  /**
   * Reads what the arguments name.
   *
   * @param evaluates whether evaluations were asked for; a file of rows to evaluate on is read in any case
   */
  static SftRows of(SftScriptArguments args, boolean evaluates, Console console)
      throws IOException {
    SftRows all = args.datasetName() == null ? ofFiles(args) : ofDataset(args, evaluates, console);
    if (evaluates && all.eval == null) {
      throw new UsageException(
          "eval_strategy asks for evaluations, but there is nothing to evaluate on: give a"
              + " validation_file, or a data set with a split test or validation");
    }
    if (all.train.rows().size() == 0) {
      throw new IllegalArgumentException(all.train.source() + " has no rows");
    }
    return new SftRows(
        all.train.atMost(args.maxTrainSamples()),
        all.eval == null ? null : all.eval.atMost(args.maxEvalSamples()));
  }

  private static SftRows ofFiles(SftScriptArguments args) throws IOException {
    var train = args.trainFile();
    var eval = args.validationFile();
    if (train == null) {
      throw new IllegalStateException("checked with the arguments");
    }
    return new SftRows(
        rows("--train_file", train), eval == null ? null : rows("--validation_file", eval));
  }

  /** What becomes of lines that are no JSON is said by {@code invalid_rows}. */
  private static Rows rows(String flag, Path file) throws IOException {
    return new Rows(file.toString(), DataFiles.read(flag, file, Datasets::lenientJsonLines));
  }

  private static SftRows ofDataset(SftScriptArguments args, boolean evaluates, Console console)
      throws IOException {
    RunData data =
        HubData.read(
            TextArguments.builder()
                .datasetName(args.datasetName())
                .datasetConfigName(args.datasetConfig())
                .build(),
            console);
    String train = args.datasetTrainSplit() == null ? "train" : args.datasetTrainSplit();
    String test = args.datasetTestSplit();
    Rows eval = null;
    if (test != null) {
      eval = split(data, "dataset_test_split", test);
    } else if (evaluates) {
      eval = data.test() != null ? data.test() : data.validation();
    }
    return new SftRows(split(data, "dataset_train_split", train), eval);
  }

  private static Rows split(RunData data, String flag, String name) {
    Rows rows =
        switch (name) {
          case "train" -> data.train();
          case "validation" -> data.validation();
          case "test" -> data.test();
          default ->
              throw new UsageException(
                  flag + " is '" + name + "', expected train, validation or test");
        };
    if (rows == null) {
      throw new UsageException(flag + " is '" + name + "', which the data set lacks");
    }
    return rows;
  }
}
