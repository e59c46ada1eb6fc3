// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli.train;

import dev.trainer4j.args.ArgumentReader;
import dev.trainer4j.args.ArgumentTable;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.cli.ArgumentsCommand;
import dev.trainer4j.cli.ExitCodes;
import dev.trainer4j.transformers.trainer.Seq2SeqTrainingArguments;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import picocli.CommandLine.Command;

/** {@code trainer train}. */
@Command(
    name = "train",
    header = "Train a model on texts in a file, from a folder or the Hub.",
    description = {
      "",
      "Learns labels, numbers, answers, translations, summaries or language itself, with the flags of Hugging Face's"
          + " example scripts run_glue, run_classification, run_ner, run_qa, run_swag, run_summarization,"
          + " run_translation, run_clm and run_mlm. What to learn and from which columns is found in the data and told;"
          + " --dry_run shows it and does nothing. The model is saved in --output_dir, with figures in"
          + " all_results.json."
    },
    footer = {
      "",
      "Examples:",
      "  trainer train --model_name_or_path distilbert/distilbert-base-uncased --train_file reviews.csv \\",
      "      --validation_split_percentage 10 --num_train_epochs 2 --output_dir out",
      "  trainer train --config run.yaml --learning_rate 1e-5",
      "",
      "--help-all shows all flags. They may stand in a YAML or JSON file, too (--config); flags win over it."
    })
public final class TrainCommand extends ArgumentsCommand {

  static final Set<String> ESSENTIALS =
      Set.of(
          "model_name_or_path",
          "config_name",
          "task",
          "train_file",
          "validation_file",
          "test_file",
          "dataset_name",
          "validation_split_percentage",
          "max_train_samples",
          "text_column_name",
          "label_column_name",
          "max_seq_length",
          "block_size",
          "output_dir",
          "num_train_epochs",
          "per_device_train_batch_size",
          "learning_rate",
          "warmup_steps",
          "eval_strategy",
          "save_strategy",
          "load_best_model_at_end",
          "seed",
          "push_to_hub",
          "resume_from_checkpoint",
          "overwrite_output_dir",
          "dry_run",
          "source_lang",
          "target_lang",
          "source_prefix",
          "predict_with_generate");

  /** Makes the command. */
  public TrainCommand() {}

  static List<ArgumentTable<?, ?>> allTables() {
    return List.of(
        TextArguments.table(), TrainingArguments.table(), Seq2SeqTrainingArguments.table());
  }

  @Override
  protected List<ArgumentTable<?, ?>> tables() {
    return allTables();
  }

  @Override
  protected Set<String> essentials() {
    return ESSENTIALS;
  }

  @Override
  protected int run(ArgumentReader.Reading arguments) throws Exception {
    try (RunSetup setup = RunSetup.of(arguments, console())) {
      Verbs verbs = Verbs.of(setup.args(), setup.training(), setup.data());
      if (setup.args().dryRun()) {
        new DryRun(setup, console(), verbs).print();
      } else {
        Path folder = setup.training().outputDir();
        new TrainRun(setup, console(), verbs, folder).run();
      }
    }
    return ExitCodes.OK;
  }
}
