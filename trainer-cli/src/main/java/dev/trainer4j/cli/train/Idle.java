// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli.train;

import dev.trainer4j.args.Argument;
import dev.trainer4j.args.ArgumentReader;
import dev.trainer4j.args.ArgumentTable;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.cli.UsageException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/** Refuses flags that an evaluation would not heed. */
final class Idle {
  private static final Set<String> OF_TRAINING =
      Set.of(
          "per_device_eval_batch_size",
          "bf16",
          "fp16",
          "bf16_full_eval",
          "fp16_full_eval",
          "tf32",
          "prediction_loss_only",
          "seed",
          "use_cpu",
          "torch_num_threads",
          "full_determinism",
          "dataloader_num_workers",
          "dataloader_pin_memory",
          "dataloader_prefetch_factor",
          "label_names",
          "include_for_metrics",
          "log_level",
          "log_level_replica");

  private static final Set<String> OF_TEXTS =
      Set.of(
          "config_name",
          "config_overrides",
          "train_file",
          "test_file",
          "validation_split_percentage",
          "max_train_samples",
          "max_predict_samples",
          "do_train",
          "do_eval",
          "do_predict",
          "resume_from_checkpoint",
          "overwrite_output_dir",
          "ignore_mismatched_sizes",
          "dry_run");

  private Idle() {}

  static void require(ArgumentReader.Reading read) {
    List<String> idle = new ArrayList<>();
    given(TrainingArguments.table(), read).stream()
        .filter(name -> !OF_TRAINING.contains(name))
        .forEach(idle::add);
    given(TextArguments.table(), read).stream().filter(OF_TEXTS::contains).forEach(idle::add);
    if (!idle.isEmpty()) {
      throw new UsageException(
          "an evaluation has no use for "
              + String.join(", ", idle)
              + ": remove "
              + (idle.size() == 1 ? "it" : "them"));
    }
  }

  /** The arguments that differ from their defaults. */
  private static <A> List<String> given(ArgumentTable<A, ?> table, ArgumentReader.Reading read) {
    A arguments = read.get(table);
    A defaults = table.defaults();
    return table.arguments().stream()
        .filter(argument -> !Objects.equals(argument.plain(arguments), argument.plain(defaults)))
        .map(Argument::name)
        .toList();
  }
}
