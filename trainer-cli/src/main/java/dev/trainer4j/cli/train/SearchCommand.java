// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli.train;

import dev.trainer4j.args.ArgumentReader;
import dev.trainer4j.args.ArgumentTable;
import dev.trainer4j.cli.ArgumentsCommand;
import dev.trainer4j.cli.ExitCodes;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import picocli.CommandLine.Command;

/** {@code trainer search}. */
@Command(
    name = "search",
    header = "Look for hyperparameters: train many times, and tell what went best.",
    description = {
      "",
      "Takes the flags of 'trainer train' and a file that says which values hyperparameters may have:",
      "",
      "  learning_rate: {distribution: log_uniform, min: 1e-5, max: 1e-3}",
      "  num_train_epochs: {distribution: int_uniform, min: 1, max: 4}",
      "  per_device_train_batch_size: [8, 16, 32]",
      "",
      "Each trial has a folder run-N in --output_dir; search.jsonl and search.html there tell of all."
          + " The same command goes on where a search was stopped."
    },
    footer = {
      "",
      "Example:",
      "  trainer search --model_name_or_path distilbert/distilbert-base-uncased --train_file reviews.csv \\",
      "      --validation_split_percentage 10 --output_dir search --space space.yaml --trials 30 \\",
      "      --objective eval_accuracy --direction maximize --eval_strategy epoch --pruner asha",
      "",
      "--help-all shows all flags. They may stand in a YAML or JSON file, too (--config); flags win over it."
    })
public final class SearchCommand extends ArgumentsCommand {

  /** Makes the command. */
  public SearchCommand() {}

  @Override
  protected List<ArgumentTable<?, ?>> tables() {
    List<ArgumentTable<?, ?>> tables = new ArrayList<>();
    tables.add(SearchArguments.table());
    tables.addAll(TrainCommand.allTables());
    return tables;
  }

  @Override
  protected Set<String> essentials() {
    Set<String> names = new TreeSet<>(TrainCommand.ESSENTIALS);
    SearchArguments.table().arguments().forEach(argument -> names.add(argument.name()));
    names.removeAll(
        Set.of("test_file", "resume_from_checkpoint", "overwrite_output_dir", "push_to_hub"));
    return names;
  }

  @Override
  protected int run(ArgumentReader.Reading arguments) throws Exception {
    SearchArguments search = arguments.get(SearchArguments.table());
    search.asDirection(); // Before data are read.
    TextSearch.requireSearchable(arguments.get(TextArguments.table()));
    try (RunSetup setup = RunSetup.of(arguments, console())) {
      console().out().println(new TextSearch(setup, search, console()).run());
    }
    return ExitCodes.OK;
  }
}
