// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli.train;

import static dev.trainer4j.args.ValueType.FLAG;
import static dev.trainer4j.args.ValueType.KEYS_AND_VALUES;
import static dev.trainer4j.args.ValueType.PATH;
import static dev.trainer4j.args.ValueType.TEXT;
import static dev.trainer4j.args.ValueType.TEXTS;
import static dev.trainer4j.args.ValueType.number;
import static dev.trainer4j.args.ValueType.numberFromToBelow;
import static dev.trainer4j.args.ValueType.oneOf;
import static dev.trainer4j.args.ValueType.wholeFrom;

import dev.trainer4j.args.ArgumentProblems;
import dev.trainer4j.args.ArgumentTable;
import dev.trainer4j.args.ArgumentTableBuilder;
import dev.trainer4j.args.HiddenImplementation;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.immutables.value.Value;
import org.jspecify.annotations.Nullable;

/**
 * What {@code trainer train} and {@code trainer evaluate} take beside the training arguments: model, data and columns, under the
 * names of Hugging Face's example scripts. Immutable.
 */
@HiddenImplementation
@Value.Immutable
public abstract class TextArguments implements EarlierRun {

  private static final String ADAPTERS =
      "all weights are trained here; 'trainer sft' trains adapters of language models";

  private static final ArgumentTable<TextArguments, Builder> TABLE =
      EarlierRun.addTo(rows()).rules(TextArguments::check).build();

  TextArguments() {}

  private static ArgumentTableBuilder<TextArguments, Builder> rows() {
    return ModelFlags.addTo(
            ArgumentTable.of(TextArguments.class, TextArguments::builder, Builder::unchecked)
                .group("Model")
                .row(
                    "model_name_or_path",
                    TEXT,
                    "folder of a model, or its name on the Hub, such as"
                        + " distilbert/distilbert-base-uncased"))
        .row(
            "config_name",
            TEXT,
            "folder or name of a configuration: train from scratch, without weights")
        .row("config_overrides", KEYS_AND_VALUES, "changes to the configuration, as k=v,k2=v2")
        .row("tokenizer_name", TEXT, "folder or name of the tokenizer; unset means the model's")
        .row(
            "ignore_mismatched_sizes",
            FLAG,
            "make a new head where the model's has another number of labels")
        .never("model_type", "a model from scratch needs a config_name")
        .never("cache_dir", "set the environment variable HF_HUB_CACHE")
        .never("use_fast_tokenizer", "there are only fast ones")
        .never("token", "set the environment variable HF_TOKEN, or run 'hf auth login' once")
        .never(
            "use_auth_token", "set the environment variable HF_TOKEN, or run 'hf auth login' once")
        .never("low_cpu_mem_usage", "models are always loaded tensor by tensor")
        .never("resize_position_embeddings", "positions beyond those of the model are not made up")
        .never("forced_bos_token", "set it in a generation_config")
        .never("use_peft", ADAPTERS)
        .never("lora_r", ADAPTERS)
        .never("lora_alpha", ADAPTERS)
        .never("lora_dropout", ADAPTERS)
        .never("lora_target_modules", ADAPTERS)
        .never("load_in_4bit", ADAPTERS)
        .never("load_in_8bit", ADAPTERS)
        .group("Task and data")
        .ours(
            "task",
            oneOf(TextTask.class).or(TextTask::spelled),
            "what to learn; unset means guessed from the data")
        .row(
            "task_name",
            TEXT,
            "a task of GLUE, such as mrpc, whose data comes from the Hub; or ner, pos or chunk")
        .row(
            "train_file",
            PATH,
            "data to train on: .csv, .jsonl, .json, .parquet, or .txt for language models")
        .row("validation_file", PATH, "data to evaluate on")
        .row("test_file", PATH, "data to predict labels or texts for")
        .row("dataset_name", TEXT, "folder of a data set, or its name on the Hub")
        .row("dataset_config_name", TEXT, "which part of the data set")
        .row(
            "validation_split_percentage",
            wholeFrom(1).where("a whole number from 1 to 99", value -> value < 100),
            "share of the training data to evaluate on, where there is no validation file")
        .row("max_train_samples", wholeFrom(1), "use the first so many samples to train")
        .row("max_eval_samples", wholeFrom(1), "use the first so many samples to evaluate")
        .row("max_predict_samples", wholeFrom(1), "use the first so many samples to predict")
        .never("streaming", "data is read whole; train with the library on data beyond memory")
        .never("overwrite_cache", "prepared data is not cached")
        .never("preprocessing_num_workers", "data is prepared on all cores")
        .group("Columns")
        .row(
            "text_column_name",
            TEXTS,
            "column with the text; two for pairs. Unset means guessed from the names")
        .row("label_column_name", TEXT, "column with the label; unset means guessed")
        .alias("text_column_names", "text_column_name")
        .alias("text_column", "text_column_name")
        .row("summary_column", TEXT, "column with what is to be written, for summarization")
        .row("source_lang", TEXT, "language to translate from: a key of the column translation")
        .row("target_lang", TEXT, "language to translate to: a key of the column translation")
        .row("source_prefix", TEXT, "what stands before each source, such as 'summarize: ' for T5")
        .group("Texts")
        .row(
            "max_seq_length",
            wholeFrom(1),
            "tokens of a sample at most; unset means 128, for answers 384, for masked words 1024,"
                + " or what the model takes")
        .row("pad_to_max_length", FLAG, "fill every sample up to max_seq_length")
        .row(
            "block_size",
            wholeFrom(2),
            "tokens of a sample of a causal language model; unset means 1024")
        .row("line_by_line", FLAG, "masked language model: each line is a sample, none are joined")
        .row("mlm_probability", numberFromToBelow(0, 1), "share of the tokens that are masked")
        .row("doc_stride", wholeFrom(0), "tokens that the pieces of a long context share")
        .row("n_best_size", wholeFrom(1), "first and last tokens of answers that are tried")
        .row("max_answer_length", wholeFrom(1), "tokens of an answer at most")
        .row("version_2_with_negative", FLAG, "some questions have no answer, as in SQuAD 2")
        .row(
            "null_score_diff_threshold",
            number("a number", value -> true),
            "by how much the score of no answer must exceed that of the best one")
        .row("label_all_tokens", FLAG, "give every token of a word its label, not the first alone")
        .row("max_source_length", wholeFrom(1), "tokens of a source at most; longer ones are cut")
        .row("max_target_length", wholeFrom(1), "tokens of a target at most; longer ones are cut")
        .never("val_max_target_length", "set generation_max_length")
        .never("num_beams", "set generation_num_beams")
        .never("ignore_pad_token_for_loss", "padding never counts in a loss")
        .never("return_entity_level_metrics", "F1 of each kind of entity is always reported")
        .never("keep_linebreaks", "lines are joined as run_clm joins them by default")
        .group("What is done")
        .row("do_train", FLAG, "train; unset means that there is training data")
        .row("do_eval", FLAG, "evaluate at the end; unset means that there is validation data")
        .row("do_predict", FLAG, "predict for the test data; unset means that there is some")
        .row("disable_tqdm", FLAG, "show no progress bar");
  }

  /** Starts from the defaults. */
  public static Builder builder() {
    return new Builder();
  }

  /** The description of these arguments: names, types, ranges and help. */
  public static ArgumentTable<TextArguments, Builder> table() {
    return TABLE;
  }

  /** Folder or name of the model; null for one from scratch. */
  public abstract @Nullable String modelNameOrPath();

  /** Folder or name of a configuration; null for the model's. */
  public abstract @Nullable String configName();

  /** Changes to the configuration of a model from scratch. */
  @Value.Default
  public Map<String, String> configOverrides() {
    return Map.of();
  }

  /** Folder or name of the tokenizer; null for the model's. */
  public abstract @Nullable String tokenizerName();

  /** Revision of the model on the Hub; null for main. */
  public abstract @Nullable String modelRevision();

  /** Whether a head of another size is made anew. */
  @Value.Default
  public boolean ignoreMismatchedSizes() {
    return false;
  }

  /** The task; null for guessed. */
  public abstract @Nullable TextTask task();

  /** A task by its name in GLUE or run_ner. */
  public abstract @Nullable String taskName();

  /** Training data. */
  public abstract @Nullable Path trainFile();

  /** Data to evaluate on. */
  public abstract @Nullable Path validationFile();

  /** Data to predict for. */
  public abstract @Nullable Path testFile();

  /** Folder or name of a data set. */
  public abstract @Nullable String datasetName();

  /** The part of the data set. */
  public abstract @Nullable String datasetConfigName();

  /** Percent of the training data to evaluate on. */
  public abstract @Nullable Integer validationSplitPercentage();

  /** The most samples to train on. */
  public abstract @Nullable Integer maxTrainSamples();

  /** The most samples to evaluate on. */
  public abstract @Nullable Integer maxEvalSamples();

  /** The most samples to predict for. */
  public abstract @Nullable Integer maxPredictSamples();

  /** Columns of texts; empty for guessed. */
  @Value.Default
  public List<String> textColumnName() {
    return List.of();
  }

  /** Column of labels; null for guessed. */
  public abstract @Nullable String labelColumnName();

  /** Column of summaries; null for guessed. */
  public abstract @Nullable String summaryColumn();

  /** Language that is translated from. */
  public abstract @Nullable String sourceLang();

  /** Language that is translated to. */
  public abstract @Nullable String targetLang();

  /** What stands before each source. */
  public abstract @Nullable String sourcePrefix();

  /** The most tokens of a sample. */
  public abstract @Nullable Integer maxSeqLength();

  /** Whether samples are filled up. */
  @Value.Default
  public boolean padToMaxLength() {
    return false;
  }

  /** Tokens of a sample of a causal language model. */
  public abstract @Nullable Integer blockSize();

  /** Whether lines are samples. */
  @Value.Default
  public boolean lineByLine() {
    return false;
  }

  /** Share of masked tokens. */
  @Value.Default
  public double mlmProbability() {
    return 0.15;
  }

  /** Tokens shared by pieces. */
  @Value.Default
  public int docStride() {
    return 128;
  }

  /** Tokens tried as ends of an answer. */
  @Value.Default
  public int nBestSize() {
    return 20;
  }

  /** The most tokens of an answer. */
  @Value.Default
  public int maxAnswerLength() {
    return 30;
  }

  /** Whether some questions have no answer. */
  @Value.Default
  public boolean version2WithNegative() {
    return false;
  }

  /** By how much the score of no answer must exceed that of the best one. */
  @Value.Default
  public double nullScoreDiffThreshold() {
    return 0;
  }

  /** Whether all tokens of a word have its label. */
  @Value.Default
  public boolean labelAllTokens() {
    return false;
  }

  /** The most tokens of a source. */
  @Value.Default
  public int maxSourceLength() {
    return 1024;
  }

  /** The most tokens of a target. */
  @Value.Default
  public int maxTargetLength() {
    return 128;
  }

  /** Whether to train; null for where there is training data. */
  public abstract @Nullable Boolean doTrain();

  /** Whether to evaluate; null for where there is validation data. */
  public abstract @Nullable Boolean doEval();

  /** Whether to predict; null for where there is test data. */
  public abstract @Nullable Boolean doPredict();

  /** Whether there is no progress bar. */
  @Value.Default
  public boolean disableTqdm() {
    return false;
  }

  private static void check(TextArguments args, ArgumentProblems problems) {
    problems.check(
        args.modelNameOrPath() == null && args.configName() == null,
        "model_name_or_path",
        "a model's folder or its name on the Hub",
        "Give one, or a config_name to train from scratch");
    problems.check(
        args.modelNameOrPath() != null && args.configName() != null,
        "config_name",
        "to be unset beside model_name_or_path, whose own configuration counts",
        "Give one of the two");
    problems.check(
        !args.configOverrides().isEmpty() && args.configName() == null,
        "config_overrides",
        "to be unset without config_name, since weights fit their own configuration alone",
        "Remove it");
    boolean data =
        args.trainFile() != null
            || args.validationFile() != null
            || args.testFile() != null
            || args.datasetName() != null
            || (args.taskName() != null && Glue.knows(args.taskName()));
    problems.check(
        !data,
        "train_file",
        "a file with data",
        "Give one, or a validation_file, a test_file, a dataset_name or a task_name of GLUE");
    problems.check(
        args.validationSplitPercentage() != null && args.validationFile() != null,
        "validation_split_percentage",
        "to be unset beside validation_file",
        "Give one of the two");
    problems.check(
        args.nullScoreDiffThreshold() != 0 && !args.version2WithNegative(),
        "null_score_diff_threshold",
        "to be unset without version_2_with_negative, where every question has an answer",
        "Give both");
    problems.check(
        args.textColumnName().size() > 2,
        "text_column_name",
        "one column, or two for pairs of texts",
        "");
    EarlierRun.check(args, problems);
    problems.check(
        (args.sourceLang() == null) != (args.targetLang() == null),
        args.sourceLang() == null ? "source_lang" : "target_lang",
        "a language beside " + (args.sourceLang() == null ? "target_lang" : "source_lang"),
        "Give both");
  }

  /** Collects the arguments; a table checks them. */
  public static final class Builder extends ImmutableTextArguments.Builder {

    Builder() {}

    /** The values as they were set. */
    TextArguments unchecked() {
      return super.build();
    }
  }
}
