// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli.train;

import dev.trainer4j.args.ArgumentReader;
import dev.trainer4j.args.ArgumentTable;
import dev.trainer4j.args.LaunchEnvironment;
import dev.trainer4j.cli.ArgumentsCommand;
import dev.trainer4j.cli.ExitCodes;
import dev.trainer4j.transformers.sft.SftArguments;
import dev.trainer4j.transformers.trainer.Seq2SeqTrainingArguments;
import java.util.List;
import java.util.Set;
import picocli.CommandLine.Command;

/** {@code trainer sft}. */
@Command(
    name = "sft",
    header = "Teach a language model by examples: texts, prompts with completions, conversations.",
    description = {
      "",
      "Supervised fine-tuning with the flags, the YAML and the formats of data of TRL's 'trl sft'."
          + " A row is a text (column text), a prompt and a completion, or a conversation"
          + " (messages). With --use_peft an adapter is trained, with --load_in_4bit over a base of"
          + " 4 bits (QLoRA). The model, or the adapter, is saved in --output_dir.",
      "--dry_run shows the first batch as text, with what is trained between « and », and does"
          + " nothing."
    },
    footer = {
      "",
      "Examples:",
      "  trainer sft --model_name_or_path Qwen/Qwen2.5-0.5B --train_file chats.jsonl --output_dir"
          + " out",
      "  trainer sft --config sft.yaml --use_peft --lora_r 16 --lora_target_modules all-linear",
      "  trainer chat out",
      "",
      "--help-all shows all flags. They may stand in a YAML or JSON file, too (--config); flags win"
          + " over it."
    })
public final class SftCommand extends ArgumentsCommand {

  private static final Set<String> ESSENTIALS =
      Set.of(
          "model_name_or_path",
          "config_name",
          "tokenizer_name",
          "use_peft",
          "lora_r",
          "lora_alpha",
          "lora_target_modules",
          "load_in_4bit",
          "load_in_8bit",
          "train_file",
          "validation_file",
          "dataset_name",
          "max_train_samples",
          "resume_from_checkpoint",
          "overwrite_output_dir",
          "dry_run",
          "output_dir",
          "num_train_epochs",
          "max_steps",
          "per_device_train_batch_size",
          "gradient_accumulation_steps",
          "learning_rate",
          "eval_strategy",
          "save_strategy",
          "push_to_hub",
          "packing",
          "max_length",
          "assistant_only_loss",
          "completion_only_loss",
          "chat_template_path",
          "predict_with_generate",
          "generation_config");

  /** Makes the command. */
  public SftCommand() {}

  @Override
  protected List<ArgumentTable<?, ?>> tables() {
    return List.of(
        SftScriptArguments.table(),
        SftArguments.table(),
        SftArguments.trainingTable(),
        Seq2SeqTrainingArguments.table());
  }

  @Override
  protected Set<String> essentials() {
    return ESSENTIALS;
  }

  @Override
  protected int run(ArgumentReader.Reading read) throws Exception {
    SftArguments arguments =
        read.get(SftArguments.table()).toBuilder()
            .training(
                LaunchEnvironment.ofThisProcess().applyTo(read.get(SftArguments.trainingTable())))
            .build();
    new SftRun(
            read.get(SftScriptArguments.table()),
            arguments,
            read.get(Seq2SeqTrainingArguments.table()),
            console())
        .run();
    return ExitCodes.OK;
  }
}
