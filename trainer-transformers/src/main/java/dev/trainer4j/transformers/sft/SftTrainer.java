// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.sft;

import ai.djl.ndarray.NDManager;
import dev.trainer4j.Trainer;
import dev.trainer4j.TrainerBuilder;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.data.Batch;
import dev.trainer4j.data.BatchIterator;
import dev.trainer4j.data.DataCollator;
import dev.trainer4j.data.DataLoader;
import dev.trainer4j.data.DataSource;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.data.ProcessingClass;
import dev.trainer4j.evaluation.PredictionStep;
import dev.trainer4j.model.LossFunction;
import dev.trainer4j.model.SegmentedModel;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.state.LogEntry;
import dev.trainer4j.torch.ArrayScope;
import dev.trainer4j.transformers.PeftModel;
import dev.trainer4j.transformers.PretrainedModel;
import dev.trainer4j.transformers.peft.PeftConfig;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import dev.trainer4j.transformers.trainer.Seq2SeqTrainingArguments;
import dev.trainer4j.transformers.trainer.TextEvaluation;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A trainer of causal language models on texts, prompts with completions, and conversations: TRL's {@code SFTTrainer}.
 *
 * <pre>{@code
 * try (PretrainedModel model = AutoModels.causalLm(folder);
 *     SftTrainer trainer = SftTrainer.builder(model, SftArguments.builder().packing(true).build())
 *         .peft(LoraConfig.builder().r(16).targetModules("all-linear").build())
 *         .trainDataset(Datasets.jsonLines(file))
 *         .build()) {
 *   trainer.train();
 *   trainer.saveModel(Path.of("out/adapter"));
 * }
 * }</pre>
 *
 * <p>Rows are prepared when the trainer is built: texts become tokens and labels, and are cut or packed. What {@link
 * #evaluate(DataSource)} and {@link #predict(DataSource)} are given is prepared in the same way. Documents of a packed row do not
 * see each other.
 *
 * <p>Log lines have, beside those of every trainer, {@code entropy}, {@code mean_token_accuracy} and {@code num_tokens}: the mean
 * entropy of the foretold distributions in nats and the share of tokens that are foretold, over all tokens that were trained since the
 * last line, and the tokens that training has read since its beginning, padding left out. Evaluations have them with their prefix.
 */
public class SftTrainer extends Trainer {

  private final SftSetup sft;
  private final LogKeys keys;
  private final @Nullable TextEvaluation texts;

  /**
   * Makes a trainer of a builder; for subclasses, others call {@link Builder#build}.
   *
   * @throws IllegalArgumentException listing everything that is missing or contradictory
   */
  protected SftTrainer(Builder builder) {
    this(builder, SftSetup.of(builder));
  }

  private SftTrainer(Builder builder, SftSetup sft) {
    super(builder.with(sft));
    this.sft = sft;
    keys = new LogKeys(sft.arguments().training().includeNumInputTokensSeen());
    try {
      if (!builder.hasCollator) {
        addCallback(new FirstBatch(sft.tokenizer()));
      }
      texts = builder.writesTexts() ? new TextEvaluation(builder.generation(), model()) : null;
    } catch (RuntimeException | Error e) {
      super.close();
      sft.abandon();
      throw e;
    }
  }

  /**
   * Starts a trainer of a causal language model.
   *
   * @param model stays the caller's; with {@link Builder#peft} its parameters are frozen
   */
  public static Builder builder(PretrainedModel model, SftArguments args) {
    return new Builder(model, args);
  }

  /**
   * Starts a trainer of the adapters of a causal language model.
   *
   * @param model stays the caller's
   */
  public static Builder builder(PeftModel model, SftArguments args) {
    return new Builder(model, args);
  }

  /**
   * Starts a trainer that makes its model when it is built, and again at the start of each {@code train()}, so that each run begins
   * with the same weights: as a search of hyperparameters needs it. The models, and adapters that {@link Builder#peft} adds to
   * them, are the trainer's, which closes them.
   *
   * @param modelInit makes a {@link PretrainedModel} or {@link PeftModel}, a new one in each call; called with the generator seeded by
   *     {@code seed}
   */
  public static Builder builder(Supplier<? extends SegmentedModel> modelInit, SftArguments args) {
    return new Builder(modelInit, args);
  }

  /** Returns all arguments; {@link #args} has those of every trainer. */
  public final SftArguments sftArguments() {
    return sft.arguments();
  }

  /**
   * Returns the model with its adapters; empty if it has none. Adapters that {@link Builder#peft} added close with the trainer: save them before, or
   * give the trainer a {@link PeftModel}, which stays the caller's.
   */
  public final Optional<PeftModel> peftModel() {
    return model() instanceof PeftModel peft ? Optional.of(peft) : Optional.empty();
  }

  /** Returns the first documents of the first batch as text, with {@code «} and {@code »} around what is trained, as the log shows it. */
  public final String preview() {
    try (NDManager manager = model().manager().newSubManager();
        ArrayScope scope = ArrayScope.open();
        BatchIterator batches = getTrainDataLoader().iterate(manager, 0, 0);
        Batch batch = batches.next()) {
      return BatchPreview.of(batch.inputs(), sft.tokenizer());
    }
  }

  @Override
  protected DataLoader getEvalDataLoader(DataSource<?> dataset) {
    DataSource<?> rows = sft.evaluation(dataset);
    return super.getEvalDataLoader(texts == null || isPredicting() ? rows : texts.byLength(rows));
  }

  @Override
  protected PredictionStep predictionStep(
      TrainableModel model, ModelInputs inputs, boolean lossOnly) {
    PredictionStep step = super.predictionStep(model, inputs, lossOnly);
    return texts == null || lossOnly ? step : texts.written(model, sft.tokenizer(), inputs, step);
  }

  @Override
  protected void log(LogEntry entry) {
    super.log(keys.of(entry, state().numInputTokensSeen()));
  }

  /** Frees what the trainer has, adapters that {@link Builder#peft} added among it; a base that was given stays the caller's, and frozen. */
  @Override
  public void close() {
    try {
      super.close();
    } finally {
      sft.close();
    }
  }

  /** Collects what a trainer is made of. */
  public static final class Builder extends TrainerBuilder<Builder> {

    final SftArguments sftArguments;
    final @Nullable SegmentedModel model;
    final @Nullable Supplier<? extends SegmentedModel> maker;
    final Map<String, DataSource<?>> evalRows = new LinkedHashMap<>();
    @Nullable DataSource<?> trainRows;
    private @Nullable Seq2SeqTrainingArguments generation;
    @Nullable PeftConfig peft;
    @Nullable Function<? super Map<String, ?>, String> formattingFunc;
    @Nullable ProcessingClass processing;
    boolean hasCollator;
    boolean hasLossFunction;
    private @Nullable SftSetup inTheMaking;

    private Builder(SegmentedModel model, SftArguments args) {
      super(LogKeys.counting(args.training()));
      this.model = model;
      maker = null;
      sftArguments = args;
    }

    private Builder(Supplier<? extends SegmentedModel> maker, SftArguments args) {
      super(LogKeys.counting(args.training()));
      model = null;
      this.maker = maker;
      sftArguments = args;
    }

    /**
     * Sets how evaluations and predictions write texts. With {@code predictWithGenerate} metrics and {@link Trainer#predict} get
     * {@code sequences}, the tokens that the model writes on from the prompt of each row, as {@link
     * dev.trainer4j.transformers.trainer.Seq2SeqTrainer} describes it. Rows need a prompt: columns {@code prompt} and {@code
     * completion}, or conversations with {@code assistantOnlyLoss}; the last answer of each is the reference. Evaluation data is not
     * packed. Evaluations batch rows of like length.
     *
     * @param arguments say how many tokens may be added, with {@code maxNewTokens} of the generation settings
     */
    public Builder generation(Seq2SeqTrainingArguments arguments) {
      generation = arguments;
      return this;
    }

    boolean writesTexts() {
      return generation != null && generation.predictWithGenerate();
    }

    Seq2SeqTrainingArguments generation() {
      return Objects.requireNonNull(generation);
    }

    /**
     * Adds an adapter, called {@code default}, that alone is trained and closes with the trainer. Its configuration is PEFT's.
     *
     * @param config {@code all-linear} leaves the output head out
     */
    public Builder peft(PeftConfig config) {
      peft = config;
      return this;
    }

    /**
     * Sets what makes the text of a row, in place of its columns.
     *
     * @param function from a row to its text, without an end token, which is added
     */
    public Builder formattingFunc(Function<? super Map<String, ?>, String> function) {
      formattingFunc = function;
      return this;
    }

    /** Sets the tokenizer, which stays the caller's; by default it is read from the folder of the model. */
    public Builder tokenizer(PretrainedTokenizer tokenizer) {
      return processingClass(tokenizer);
    }

    /**
     * Sets the data to train on: maps with {@code text}, {@code messages}, {@code prompt} and {@code completion}, or {@code
     * input_ids}. With {@code maxSteps} a stream is prepared while it is read, row by row, which excludes packing and
     * shuffling; without, it is read to its end when the trainer is built.
     */
    @Override
    public Builder trainDataset(DataSource<?> data) {
      trainRows = data;
      return super.trainDataset(data);
    }

    @Override
    public Builder evalDataset(DataSource<?> data) {
      super.evalDataset(data);
      evalRows.put("", data);
      return this;
    }

    @Override
    public Builder evalDatasets(Map<String, ? extends DataSource<?>> datasets) {
      super.evalDatasets(datasets);
      evalRows.putAll(datasets);
      return this;
    }

    @Override
    public <T> Builder dataCollator(DataCollator<T> collator) {
      hasCollator = true;
      return super.dataCollator(collator);
    }

    @Override
    public Builder processingClass(ProcessingClass tokenizer) {
      processing = tokenizer;
      return super.processingClass(tokenizer);
    }

    @Override
    public Builder computeLossFunc(LossFunction function) {
      hasLossFunction = true;
      return super.computeLossFunc(function);
    }

    /**
     * Prepares the data and builds the trainer.
     *
     * @throws IllegalArgumentException listing everything that is missing or contradictory
     * @throws dev.trainer4j.data.DataException if a row cannot be trained on
     */
    public SftTrainer build() {
      return new SftTrainer(this);
    }

    /** Puts in what was made of the settings. */
    private Builder with(SftSetup setup) {
      inTheMaking = setup;
      if (setup.models().areMade()) {
        modelInit(setup.models()::next);
      } else {
        model(setup.models().trained());
      }
      super.trainDataset(setup.train());
      setup
          .evaluations()
          .forEach(
              (name, rows) -> {
                if (name.isEmpty()) {
                  super.evalDataset(rows);
                } else {
                  super.evalDatasets(Map.of(name, rows));
                }
              });
      if (!hasCollator) {
        super.dataCollator(setup.collator());
      }
      return super.processingClass(setup.tokenizer());
    }

    @Override
    protected void abandon() {
      if (inTheMaking != null) {
        inTheMaking.abandon();
      }
    }

    @Override
    protected Builder self() {
      return this;
    }

    @Override
    protected Builder withOwnSettings(TrainingArguments other) {
      SftArguments same = sftArguments.toBuilder().training(other).build();
      Builder copy =
          model == null
              ? new Builder(Objects.requireNonNull(maker), same)
              : new Builder(model, same);
      copy.generation = generation;
      copy.evalRows.putAll(evalRows);
      copy.trainRows = trainRows;
      copy.peft = peft;
      copy.formattingFunc = formattingFunc;
      copy.processing = processing;
      copy.hasCollator = hasCollator;
      copy.hasLossFunction = hasLossFunction;
      return copy;
    }
  }
}
