// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli.train;

import dev.trainer4j.args.ArgumentReader;
import dev.trainer4j.args.ArgumentTable;
import dev.trainer4j.cli.ArgumentsCommand;
import dev.trainer4j.cli.ExitCodes;
import java.util.List;
import java.util.Set;
import picocli.CommandLine.Command;

/** {@code trainer evaluate}. */
@Command(
    name = "evaluate",
    customSynopsis = "trainer evaluate [MODEL [FILE]] [--config FILE] [--flag VALUE]...",
    header = "Evaluate a trained model on labelled data, and print the figures as JSON.",
    description = {
      "",
      "MODEL is a folder that 'trainer train' wrote, or a name of the Hub; FILE has the columns it was trained on.",
      "What the model does and which labels it knows stand in the folder. Nothing is written."
    },
    footer = {"", "Example:", "  trainer evaluate out test.csv --per_device_eval_batch_size 32"})
public final class EvaluateCommand extends ArgumentsCommand {

  private static final Set<String> ESSENTIALS =
      Set.of(
          "model_name_or_path",
          "validation_file",
          "dataset_name",
          "dataset_config_name",
          "max_eval_samples",
          "task",
          "text_column_name",
          "label_column_name",
          "max_seq_length",
          "block_size",
          "per_device_eval_batch_size",
          "bf16_full_eval",
          "use_cpu",
          "source_lang",
          "target_lang",
          "source_prefix",
          "predict_with_generate");

  /** Makes the command. */
  public EvaluateCommand() {}

  @Override
  protected List<ArgumentTable<?, ?>> tables() {
    return TrainCommand.allTables();
  }

  @Override
  protected Set<String> essentials() {
    return ESSENTIALS;
  }

  @Override
  protected List<String> leading() {
    return List.of("model_name_or_path", "validation_file");
  }

  @Override
  protected int run(ArgumentReader.Reading arguments) throws Exception {
    Idle.require(arguments);
    try (RunSetup setup = RunSetup.forEvaluation(arguments, console())) {
      new TrainRun(setup, console(), new Verbs(false, true, false), null).run();
    }
    return ExitCodes.OK;
  }
}
