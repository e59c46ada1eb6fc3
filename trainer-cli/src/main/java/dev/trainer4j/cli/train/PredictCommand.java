// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli.train;

import dev.trainer4j.cli.Console;
import dev.trainer4j.cli.ExitCodes;
import dev.trainer4j.cli.WholeFile;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code trainer predict}. */
@Command(
    name = "predict",
    header = "Predict with a trained model: one line of JSON for each row.",
    description = {
      "",
      "What is predicted stands in the model's folder: a label with its score and those of all labels, several labels, a",
      "number, entities, an answer, the right ending, or a written text.",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  trainer predict out new.csv --output predictions.jsonl",
      "  echo 'Well worth the money.' | trainer predict out"
    })
public final class PredictCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(
      index = "0",
      paramLabel = "MODEL",
      description = "Folder that 'trainer train' wrote, or a name of the Hub.")
  private String model;

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "FILE",
      description =
          "Rows as .csv, .jsonl, .json, .parquet or .txt. Without it, or as -, lines of standard input: objects of"
              + " JSON, or plain texts.")
  private @Nullable String file;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FILE",
      description = "Where to write; whole or not at all. By default standard output, row by row.")
  private @Nullable Path output;

  @Option(
      names = {"--batch_size", "--batch-size"},
      paramLabel = "N",
      defaultValue = "32",
      description = "Rows that the model reads at once (default ${DEFAULT-VALUE}).")
  private int batchSize;

  @Option(
      names = {"--text_column_name", "--text-column-name"},
      arity = "1..2",
      paramLabel = "NAME",
      description =
          "Column with the text; two for pairs. By default guessed from the names, and told.")
  private List<String> textColumns = List.of();

  @Option(
      names = {"--source_prefix", "--source-prefix"},
      paramLabel = "TEXT",
      description = "What stands before each source, for models that write, such as 'summarize: '.")
  private @Nullable String sourcePrefix;

  @Option(
      names = {"--version_2_with_negative", "--version-2-with-negative"},
      description =
          "A question may have no answer, as a model that was trained so says: it is empty then.")
  private boolean version2;

  @Option(
      names = {"--null_score_diff_threshold", "--null-score-diff-threshold"},
      paramLabel = "X",
      description =
          "By how much the score of no answer must exceed that of the best one (default 0).")
  private @Nullable Double threshold;

  @Option(
      names = {"--with_input", "--with-input"},
      description = "Print the columns of the row, too.")
  private boolean withInput;

  @Option(
      names = {"--use_cpu", "--use-cpu"},
      description = "Stay on the CPU.")
  private boolean useCpu;

  /** Makes the command. */
  public PredictCommand() {}

  @Override
  public Integer call() throws Exception {
    if (batchSize < 1) {
      throw new ParameterException(
          spec.commandLine(),
          "--batch_size is " + batchSize + ", expected a whole number of at least 1.");
    }
    if (output != null) {
      WholeFile.check("--output", output);
    }
    TextArguments.Builder args =
        TextArguments.builder()
            .modelNameOrPath(model)
            .textColumnName(textColumns)
            .version2WithNegative(version2);
    if (threshold != null) {
      if (!version2) {
        throw new ParameterException(
            spec.commandLine(),
            "--null_score_diff_threshold does nothing without --version_2_with_negative: give both.");
      }
      args.nullScoreDiffThreshold(threshold);
    }
    if (sourcePrefix != null) {
      args.sourcePrefix(sourcePrefix);
    }
    try (PredictRun run =
            PredictRun.load(args.unchecked(), useCpu, batchSize, Console.of(spec.commandLine()));
        RowSource rows = RowSource.open(file)) {
      run.predict(rows, output, withInput);
    }
    return ExitCodes.OK;
  }
}
