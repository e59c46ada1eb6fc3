// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli.train;

import static dev.trainer4j.args.ValueType.FLAG;
import static dev.trainer4j.args.ValueType.PATH;
import static dev.trainer4j.args.ValueType.TEXT;
import static dev.trainer4j.args.ValueType.TEXTS;
import static dev.trainer4j.args.ValueType.choice;
import static dev.trainer4j.args.ValueType.numberAbove;
import static dev.trainer4j.args.ValueType.numberFromToBelow;
import static dev.trainer4j.args.ValueType.wholeFrom;

import dev.trainer4j.args.ArgumentProblems;
import dev.trainer4j.args.ArgumentTable;
import dev.trainer4j.args.ArgumentTableBuilder;
import dev.trainer4j.args.HiddenImplementation;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.immutables.value.Value;
import org.jspecify.annotations.Nullable;

/**
 * What {@code trainer sft} takes beside the arguments of the trainer: model, adapter, quantization and data, under the names of TRL's
 * {@code ModelConfig} and {@code ScriptArguments}. Immutable.
 */
@HiddenImplementation
@Value.Immutable
public abstract class SftScriptArguments implements EarlierRun {

  private static final ArgumentTable<SftScriptArguments, Builder> TABLE =
      EarlierRun.addTo(rows()).rules(SftScriptArguments::check).build();

  SftScriptArguments() {}

  private static ArgumentTableBuilder<SftScriptArguments, Builder> rows() {
    return ModelFlags.addTo(
            ArgumentTable.of(
                    SftScriptArguments.class, SftScriptArguments::builder, Builder::unchecked)
                .group("Model")
                .row(
                    "model_name_or_path",
                    TEXT,
                    "folder of a causal language model, or its name on the Hub; of an adapter, to"
                        + " train it on"))
        .ours("config_name", TEXT, "folder or name of a configuration: train from random weights")
        .ours("tokenizer_name", TEXT, "folder or name of the tokenizer; unset means the model's")
        .group("Adapter and quantized base")
        .row("use_peft", FLAG, "train an adapter, and freeze the model")
        .row("lora_r", wholeFrom(1), "rank of the adapter; unset means 16")
        .row("lora_alpha", numberAbove(0), "scale of the adapter times its rank; unset means 32")
        .row("lora_dropout", numberFromToBelow(0, 1), "its dropout; unset means 0.05")
        .row(
            "lora_target_modules",
            TEXTS,
            "modules that are adapted, or all-linear; unset means what PEFT adapts of the family")
        .row("lora_modules_to_save", TEXTS, "modules that are trained as a whole beside it")
        .row("use_rslora", FLAG, "divide alpha by the root of the rank")
        .row("use_dora", FLAG, "train magnitudes apart from directions")
        .later("lora_target_parameters", "it is of models with a mixture of experts")
        .never("lora_task_type", "the task is that of the model, CAUSAL_LM")
        .row("load_in_4bit", FLAG, "keep the frozen model in 4 bits (QLoRA)")
        .row("load_in_8bit", FLAG, "keep the frozen model in 8 bits")
        .row("bnb_4bit_quant_type", choice("nf4", "fp4"), "code of 4 bits; unset means nf4")
        .row("use_bnb_nested_quant", FLAG, "quantize the scales of 4 bits too")
        .never("bnb_4bit_quant_storage", "weights of 4 bits are stored two in a byte")
        .group("Data")
        .ours(
            "train_file",
            PATH,
            "rows to train on: .jsonl, .json, .csv, .parquet, or .txt with a text in each line")
        .ours("validation_file", PATH, "rows to evaluate on")
        .row("dataset_name", TEXT, "folder of a data set, or its name on the Hub")
        .row("dataset_config", TEXT, "which part of the data set")
        .row("dataset_train_split", TEXT, "what is trained on; unset means train")
        .row(
            "dataset_test_split",
            TEXT,
            "what is evaluated on; unset means test, or validation where there is no test")
        .ours("max_train_samples", wholeFrom(1), "use the first so many rows to train")
        .ours("max_eval_samples", wholeFrom(1), "use the first so many rows to evaluate")
        .later("dataset_streaming", "data is read whole here; SftTrainer takes streams")
        .never("gradient_checkpointing_use_reentrant", "it is a setting of PyTorch's autograd")
        .never("ignore_bias_buffers", "it is a setting of PyTorch's DistributedDataParallel")
        .group("What is done");
  }

  /** Starts from the defaults. */
  public static Builder builder() {
    return new Builder();
  }

  /** Returns the description of the arguments. */
  static ArgumentTable<SftScriptArguments, Builder> table() {
    return TABLE;
  }

  /** The model, or an adapter. */
  public abstract @Nullable String modelNameOrPath();

  /** The revision on the Hub. */
  public abstract @Nullable String modelRevision();

  /** The configuration of a model from scratch. */
  public abstract @Nullable String configName();

  /** The tokenizer. */
  public abstract @Nullable String tokenizerName();

  /** Whether an adapter is trained. */
  @Value.Default
  public boolean usePeft() {
    return false;
  }

  /** The rank. */
  public abstract @Nullable Integer loraR();

  /** The scale. */
  public abstract @Nullable Double loraAlpha();

  /** The dropout. */
  public abstract @Nullable Double loraDropout();

  /** The adapted modules. */
  public abstract List<String> loraTargetModules();

  /** The modules that are trained as a whole. */
  public abstract List<String> loraModulesToSave();

  /** Rank-stabilized scale. */
  @Value.Default
  public boolean useRslora() {
    return false;
  }

  /** DoRA. */
  @Value.Default
  public boolean useDora() {
    return false;
  }

  /** 4 bits. */
  @Value.Default
  public boolean loadIn4bit() {
    return false;
  }

  /** 8 bits. */
  @Value.Default
  public boolean loadIn8bit() {
    return false;
  }

  /** The code of 4 bits. */
  public abstract @Nullable String bnb4bitQuantType();

  /** Double quantization. */
  @Value.Default
  public boolean useBnbNestedQuant() {
    return false;
  }

  /** The rows to train on. */
  public abstract @Nullable Path trainFile();

  /** The rows to evaluate on. */
  public abstract @Nullable Path validationFile();

  /** A data set of the Hub, or a folder. */
  public abstract @Nullable String datasetName();

  /** A part of it. */
  public abstract @Nullable String datasetConfig();

  /** What is trained on. */
  public abstract @Nullable String datasetTrainSplit();

  /** What is evaluated on. */
  public abstract @Nullable String datasetTestSplit();

  /** The most rows to train on. */
  public abstract @Nullable Integer maxTrainSamples();

  /** The most rows to evaluate on. */
  public abstract @Nullable Integer maxEvalSamples();

  private static void check(SftScriptArguments args, ArgumentProblems problems) {
    problems.check(
        (args.modelNameOrPath() == null) == (args.configName() == null),
        "model_name_or_path",
        "a model to train on from, or else a config_name for one with random weights",
        "Give one of the two");
    problems.check(
        (args.trainFile() == null) == (args.datasetName() == null),
        "train_file",
        "a file with rows, or else a dataset_name",
        "Give one of the two");
    problems.check(
        args.validationFile() != null && args.datasetName() != null,
        "validation_file",
        "to be unset beside dataset_name, whose dataset_test_split is evaluated on",
        "");
    EarlierRun.check(args, problems);
    needs(problems, args.datasetName() != null, "dataset_name", ofDataset(args));
    needs(problems, args.usePeft(), "use_peft", ofAdapter(args));
    needs(
        problems,
        args.loadIn4bit(),
        "load_in_4bit",
        Map.of(
            "bnb_4bit_quant_type",
            args.bnb4bitQuantType() != null,
            "use_bnb_nested_quant",
            args.useBnbNestedQuant()));
    problems.check(
        args.loadIn4bit() && args.loadIn8bit(), "load_in_8bit", "false beside load_in_4bit", "");
    needs(
        problems,
        args.modelNameOrPath() != null,
        "model_name_or_path",
        Map.of(
            "load_in_4bit", args.loadIn4bit(),
            "load_in_8bit", args.loadIn8bit(),
            "model_revision", args.modelRevision() != null));
  }

  private static Map<String, Boolean> ofDataset(SftScriptArguments args) {
    return Map.of(
        "dataset_config", args.datasetConfig() != null,
        "dataset_train_split", args.datasetTrainSplit() != null,
        "dataset_test_split", args.datasetTestSplit() != null);
  }

  private static Map<String, Boolean> ofAdapter(SftScriptArguments args) {
    Map<String, Boolean> given = new LinkedHashMap<>();
    given.put("lora_r", args.loraR() != null);
    given.put("lora_alpha", args.loraAlpha() != null);
    given.put("lora_dropout", args.loraDropout() != null);
    given.put("lora_target_modules", !args.loraTargetModules().isEmpty());
    given.put("lora_modules_to_save", !args.loraModulesToSave().isEmpty());
    given.put("use_rslora", args.useRslora());
    given.put("use_dora", args.useDora());
    return given;
  }

  private static void needs(
      ArgumentProblems problems, boolean there, String needed, Map<String, Boolean> given) {
    given.forEach(
        (name, set) ->
            problems.check(
                set && !there,
                name,
                "to be unset without " + needed + ", which alone reads it",
                ""));
  }

  /** Collects the arguments; a table checks them. */
  public static final class Builder extends ImmutableSftScriptArguments.Builder {

    Builder() {}

    /** The values as they were set. */
    SftScriptArguments unchecked() {
      return super.build();
    }
  }
}
