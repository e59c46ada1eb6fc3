// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.sft;

import dev.trainer4j.args.ArgumentTable;
import dev.trainer4j.args.HiddenImplementation;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.args.ValueType;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalInt;
import java.util.function.UnaryOperator;
import org.immutables.value.Value;
import org.jspecify.annotations.Nullable;

/**
 * All arguments of an {@link SftTrainer}: TRL's {@code SFTConfig}, with its names in camelCase. Immutable.
 *
 * <pre>{@code
 * SftArguments args = SftArguments.builder()
 *     .training(t -> t.outputDir(Path.of("out")).numTrainEpochs(3).learningRate(2e-4))
 *     .packing(true)
 *     .maxLength(2048)
 *     .build();
 * }</pre>
 *
 * <p>As in TRL, three training arguments have other defaults here: {@code learningRate} is 2e-5, {@code loggingSteps} 10, and {@code
 * gradientCheckpointing} true. {@code bf16} is false unless set, where TRL sets it: many processors have no instructions for it and
 * compute it slower than float32.
 */
@HiddenImplementation
@Value.Immutable
public abstract class SftArguments {

  SftArguments() {}

  /** Starts from TRL's defaults. */
  public static Builder builder() {
    return new Builder();
  }

  /** Starts training arguments from TRL's defaults. */
  public static TrainingArguments.Builder trainingDefaults() {
    return TrainingArguments.builder()
        .learningRate(2e-5)
        .loggingSteps(10)
        .gradientCheckpointing(true);
  }

  /** Returns the description of what is not a training argument: names, types, ranges and help. */
  public static ArgumentTable<SftArguments, Builder> table() {
    return SftArgumentTable.TABLE;
  }

  /** Returns the description of the training arguments with TRL's defaults, to be read together with {@link #table()}. */
  public static ArgumentTable<TrainingArguments, TrainingArguments.Builder> trainingTable() {
    return SftArgumentTable.TRAINING;
  }

  /** What every trainer takes. By default {@link #trainingDefaults}. */
  @Value.Default
  public TrainingArguments training() {
    return trainingDefaults().build();
  }

  /** A file with a chat template, or a folder of a tokenizer that has one, in place of the tokenizer's own. Null by default. */
  public abstract @Nullable Path chatTemplatePath();

  /** The column of text, where rows are text. Defaults to {@code text}. */
  @Value.Default
  public String datasetTextField() {
    return "text";
  }

  /** How data is prepared; the one key is {@code skip_prepare_dataset}. Empty by default. */
  public abstract Map<String, Object> datasetKwargs();

  /** How many threads prepare data. Null, the default, means one for each processor. */
  public abstract @Nullable Integer datasetNumProc();

  /** A folder that keeps prepared rows, which a run with the same rows, tokenizer and arguments finds there. Null, the default, means none. */
  public abstract @Nullable Path datasetCacheDir();

  /** What is done with rows that cannot be trained on. Defaults to {@link InvalidRows#ERROR}. */
  @Value.Default
  public InvalidRows invalidRows() {
    return InvalidRows.ERROR;
  }

  /** The token that fills up a batch, of the vocabulary. Null, the default, means the tokenizer's, or else the one that ends a text. */
  public abstract @Nullable String padToken();

  /** The token that ends a text, of the vocabulary. Null, the default, means the tokenizer's. */
  public abstract @Nullable String eosToken();

  /** The most tokens of a row, or, with packing, of a block; empty, which files call null, for no limit. Defaults to {@code 1024}. */
  @Value.Default
  public OptionalInt maxLength() {
    return OptionalInt.of(1024);
  }

  /** What is kept of a longer row. Defaults to {@link TruncationMode#KEEP_START}. */
  @Value.Default
  public TruncationMode truncationMode() {
    return TruncationMode.KEEP_START;
  }

  /** Whether rows are shuffled while they are prepared, before they are packed too. Defaults to {@code false}. */
  @Value.Default
  public boolean shuffleDataset() {
    return false;
  }

  /** Whether rows are packed into blocks of {@code maxLength} tokens. Defaults to {@code false}. */
  @Value.Default
  public boolean packing() {
    return false;
  }

  /** How they are packed. Defaults to {@link PackingStrategy#BFD}. */
  @Value.Default
  public PackingStrategy packingStrategy() {
    return PackingStrategy.BFD;
  }

  /** Whether the rows of a batch are laid one behind the other, without padding. Packing that keeps rows apart always does. Defaults to {@code false}. */
  @Value.Default
  public boolean paddingFree() {
    return false;
  }

  /** What the length of a padded batch is a multiple of. Null, the default, means as long as its longest row. */
  public abstract @Nullable Integer padToMultipleOf();

  /** Whether evaluation data is packed. Null, the default, means as {@code packing} says. */
  public abstract @Nullable Boolean evalPacking();

  /** Whether only completions are trained. Null, the default, means where rows have prompt and completion. */
  public abstract @Nullable Boolean completionOnlyLoss();

  /** Whether only what the assistant says is trained, of conversations. Defaults to {@code false}. */
  @Value.Default
  public boolean assistantOnlyLoss() {
    return false;
  }

  /** The loss. Defaults to {@link LossType#CHUNKED_NLL}. */
  @Value.Default
  public LossType lossType() {
    return LossType.CHUNKED_NLL;
  }

  /** The size of the logits that {@link LossType#CHUNKED_NLL} makes at a time, such as {@code 64MB}. Defaults to {@code 32MiB}. */
  @Value.Default
  public String lossChunkSize() {
    return SftArgumentTable.LOSS_CHUNK_SIZE;
  }

  final long lossChunkBytes() {
    return ValueType.bytes(lossChunkSize());
  }

  /** Whether rows are taken as they are: they have {@code input_ids} and, where not all tokens are trained, {@code labels}. */
  public final boolean skipPrepareDataset() {
    return Boolean.TRUE.equals(datasetKwargs().get(SftArgumentTable.SKIP_PREPARE_DATASET));
  }

  /** Whether evaluation data is packed, as {@code evalPacking} or else {@code packing} says. */
  final boolean packsEvaluation() {
    Boolean packing = evalPacking();
    return packing == null ? packing() : packing;
  }

  /**
   * Reads a file: JSON if its name ends in {@code .json}, else YAML.
   *
   * @param file training arguments and those of SFT by their names in TRL; what it leaves out keeps its default
   * @throws dev.trainer4j.args.InvalidArgumentsException with every mistake of the file
   */
  public static SftArguments fromFile(Path file) {
    return SftArgumentTable.of(SftArgumentTable.READER.fromFile(file));
  }

  /**
   * Reads a map.
   *
   * @param values training arguments and those of SFT by their names in TRL; what it leaves out keeps its default
   * @throws dev.trainer4j.args.InvalidArgumentsException with every mistake
   */
  public static SftArguments fromMap(Map<String, ?> values) {
    return SftArgumentTable.of(SftArgumentTable.READER.fromMap(values));
  }

  /**
   * Reads a command line, as {@link TrainingArguments#fromCommandLine}: {@code --packing --max_length 2048 --learning_rate 2e-4}.
   *
   * @param args the words of the command line
   * @throws dev.trainer4j.args.InvalidArgumentsException with every mistake of the command line and of the file it names
   * @throws dev.trainer4j.args.HelpRequestedException when {@code --help} is among them
   */
  public static SftArguments fromCommandLine(String... args) {
    return SftArgumentTable.of(SftArgumentTable.READER.fromCommandLine(args));
  }

  /** The arguments by their names in TRL, training arguments first, as plain values. Secrets are masked. */
  public final Map<String, @Nullable Object> toMap() {
    Map<String, @Nullable Object> values = new LinkedHashMap<>(training().toMap());
    values.putAll(SftArgumentTable.TABLE.toMap(this));
    return values;
  }

  /** Starts from these arguments. */
  public final Builder toBuilder() {
    // A copy takes an empty value for one that was not set.
    return builder().from(this).maxLength(maxLength());
  }

  /** Collects the arguments; {@link #build} checks them. */
  public static final class Builder extends ImmutableSftArguments.Builder {

    Builder() {}

    /**
     * Sets what every trainer takes, starting from TRL's defaults.
     *
     * @param settings sets arguments of the builder that it is given
     */
    public Builder training(UnaryOperator<TrainingArguments.Builder> settings) {
      return training(settings.apply(trainingDefaults()).build());
    }

    /** Sets whether rows are taken as they are; see {@link SftArguments#skipPrepareDataset()}. */
    public Builder skipPrepareDataset(boolean skip) {
      return datasetKwargs(Map.of(SftArgumentTable.SKIP_PREPARE_DATASET, skip));
    }

    /**
     * Returns the arguments.
     *
     * @throws dev.trainer4j.args.InvalidArgumentsException naming each one that cannot be, all at once
     */
    @Override
    public SftArguments build() {
      return SftArgumentTable.TABLE.checked(super.build(), "the SFT arguments");
    }

    SftArguments unchecked() {
      return super.build();
    }
  }
}
