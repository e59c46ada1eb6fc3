// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.sft;

import static dev.trainer4j.args.ValueType.BYTE_SIZE;
import static dev.trainer4j.args.ValueType.FLAG;
import static dev.trainer4j.args.ValueType.OPTIONS;
import static dev.trainer4j.args.ValueType.PATH;
import static dev.trainer4j.args.ValueType.TEXT;
import static dev.trainer4j.args.ValueType.oneOf;
import static dev.trainer4j.args.ValueType.wholeFrom;

import dev.trainer4j.args.ArgumentProblems;
import dev.trainer4j.args.ArgumentReader;
import dev.trainer4j.args.ArgumentTable;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.args.ValueType;
import java.util.Map;
import java.util.Optional;

/** TRL's own arguments of supervised fine-tuning, one row each, and what must hold between them. */
final class SftArgumentTable {

  static final String SKIP_PREPARE_DATASET = "skip_prepare_dataset";

  static final String LOSS_CHUNK_SIZE = "32MiB";

  private static final ValueType<PackingStrategy> PACKING_STRATEGY =
      oneOf(PackingStrategy.class)
          .or(
              raw ->
                  raw.equals("bfd-requeue")
                      ? Optional.of(PackingStrategy.BFD_SPLIT)
                      : Optional.empty());

  private static final ValueType<Map<String, Object>> DATASET_KWARGS =
      OPTIONS
          .where(
              "a map of skip_prepare_dataset alone, to true or false",
              options ->
                  options.entrySet().stream()
                      .allMatch(
                          option ->
                              option.getKey().equals(SKIP_PREPARE_DATASET)
                                  && option.getValue() instanceof Boolean))
          .orNull();

  static final ArgumentTable<SftArguments, SftArguments.Builder> TABLE =
      ArgumentTable.of(SftArguments.class, SftArguments::builder, SftArguments.Builder::unchecked)
          .group("Model")
          .never("model_init_kwargs", "the model is loaded before, with LoadOptions")
          .never("trust_remote_code", "code of a model's folder is Python, and never runs")
          .never("router_aux_loss_coef", "there are no models with a mixture of experts")
          .row("chat_template_path", PATH, "file or tokenizer folder with the chat template")
          .group("Data preparation")
          .row("dataset_text_field", TEXT, "column of text")
          .row("dataset_kwargs", DATASET_KWARGS, "skip_prepare_dataset: take rows as they are")
          .row("dataset_num_proc", wholeFrom(1), "threads that prepare data; unset means all")
          .ours("dataset_cache_dir", PATH, "folder that keeps prepared rows for the next run")
          .ours("invalid_rows", oneOf(InvalidRows.class), "what to do with rows that are no data")
          .row("eos_token", TEXT, "token that ends a text; unset means the tokenizer's")
          .row("pad_token", TEXT, "token that fills up; unset means the tokenizer's, or eos_token")
          .row("max_length", wholeFrom(1), "most tokens of a row or of a packed block")
          .row("truncation_mode", oneOf(TruncationMode.class), "what is kept of a longer row")
          .row("shuffle_dataset", FLAG, "shuffle rows while they are prepared")
          .row("packing", FLAG, "pack rows into blocks of max_length tokens")
          .row("packing_strategy", PACKING_STRATEGY, "how rows are packed")
          .row("padding_free", FLAG, "lay the rows of a batch one behind the other")
          .row("pad_to_multiple_of", wholeFrom(1), "what a padded length is a multiple of")
          .row("eval_packing", FLAG, "pack evaluation data; unset means as packing")
          .group("Training")
          .row("completion_only_loss", FLAG, "train completions only; unset means where there are")
          .row("assistant_only_loss", FLAG, "train only what the assistant says")
          .row("loss_type", oneOf(LossType.class).orNull(), "loss")
          .ours("loss_chunk_size", BYTE_SIZE, "logits that chunked_nll makes at a time")
          .later("activation_offloading", "gradient_checkpointing saves more memory")
          .apart("training", "skipPrepareDataset")
          .rules(SftArgumentTable::check)
          .build();

  static final ArgumentTable<TrainingArguments, TrainingArguments.Builder> TRAINING =
      TrainingArguments.table().startingFrom(SftArguments::trainingDefaults);

  static final ArgumentReader READER = ArgumentReader.of(TRAINING, TABLE);

  private SftArgumentTable() {}

  static SftArguments of(ArgumentReader.Reading reading) {
    return reading.get(TABLE).toBuilder().training(reading.get(TRAINING)).build();
  }

  private static void check(SftArguments args, ArgumentProblems problems) {
    boolean packs = args.packing() || args.packsEvaluation();
    problems.check(
        packs && args.maxLength().isEmpty(),
        "max_length",
        "a number where packing is on, since it is the length of a block",
        "Set it, or switch packing off");
    problems.check(
        !packs && args.packingStrategy() != PackingStrategy.BFD,
        "packing_strategy",
        "not to be set without packing, which alone reads it",
        "Set packing, or remove it");
    problems.check(
        args.lossType() != LossType.CHUNKED_NLL && !args.lossChunkSize().equals(LOSS_CHUNK_SIZE),
        "loss_chunk_size",
        "not to be set without loss_type chunked_nll, which alone reads it",
        "Remove it");
  }
}
