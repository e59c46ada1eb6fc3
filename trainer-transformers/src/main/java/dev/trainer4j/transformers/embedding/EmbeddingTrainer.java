// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.embedding;

import ai.djl.ndarray.NDArray;
import dev.trainer4j.Trainer;
import dev.trainer4j.TrainerBuilder;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.data.DataCollator;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.evaluation.PredictionStep;
import dev.trainer4j.model.LossOutput;
import dev.trainer4j.model.ModelOutput;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.transformers.PeftModel;
import dev.trainer4j.transformers.PretrainedModel;
import dev.trainer4j.transformers.Task;
import dev.trainer4j.transformers.collate.DataCollatorForEmbeddings;
import dev.trainer4j.transformers.predict.TextLimit;
import dev.trainer4j.transformers.tokenization.EncodeOptions;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A trainer of text embeddings: what sentence-transformers' trainer is in Python.
 *
 * <pre>{@code
 * try (PretrainedTokenizer tokenizer = PretrainedTokenizer.load(folder);
 *     PretrainedModel model = AutoModels.load(folder, Task.FEATURE_EXTRACTION, options);
 *     EmbeddingTrainer trainer =
 *         EmbeddingTrainer.builder(model, tokenizer, args)
 *             .trainDataset(pairs) // rows with the texts "anchor" and "positive"
 *             .build()) {
 *   trainer.train();
 *   trainer.saveModel(out); // TextEmbedder.load(out), or SentenceTransformer(out) in Python
 * }
 * }</pre>
 *
 * <p>The model reads the texts of each column in a forward pass of its own; their hidden states become vectors as the options
 * say, without padding, and the loss compares the vectors. Checkpoints and saved folders hold {@code modules.json} and {@code
 * 1_Pooling/config.json}, which {@link dev.trainer4j.transformers.predict.TextEmbedder} and sentence-transformers read.
 *
 * <p>For metrics, the predictions of an evaluation are the vectors of the first column, and its labels those of the
 * others, by the names of the columns.
 */
public class EmbeddingTrainer extends Trainer {

  private static final Logger LOGGER = LoggerFactory.getLogger(EmbeddingTrainer.class);

  private final EmbeddingOptions options;
  private boolean toldOfFewSamples;

  /** Makes a trainer from a builder; for subclasses, others call {@link Builder#build}. */
  protected EmbeddingTrainer(Builder builder) {
    super(builder.complete());
    options = builder.options;
  }

  /**
   * Begins a trainer of a model of {@code Task.FEATURE_EXTRACTION}, which stays the caller's like the tokenizer.
   *
   * @throws IllegalArgumentException if the model has a head
   */
  public static Builder builder(
      PretrainedModel model, PretrainedTokenizer tokenizer, TrainingArguments args) {
    return new Builder(model, model, tokenizer, args);
  }

  /** Begins a trainer of the adapters of such a model. */
  public static Builder builder(
      PeftModel model, PretrainedTokenizer tokenizer, TrainingArguments args) {
    return new Builder(model, model.base(), tokenizer, args);
  }

  @Override
  protected LossOutput computeLoss(TrainableModel model, ModelInputs inputs) {
    Map<String, NDArray> vectors = vectors(model, inputs);
    if (isTraining()) {
      checkSamples(vectors.values().iterator().next().getShape().get(0));
    }
    return options.loss().of(List.copyOf(vectors.values())).withOutputs(ModelOutput.of(vectors));
  }

  /** A run whose micro batches all teach nothing is refused; one of them, such as the last of an epoch, is told. */
  private void checkSamples(long samples) {
    int fewest = options.loss().fewestSamples(options.columns().size());
    int batch = state().trainBatchSize();
    if (batch < fewest) {
      throw new IllegalArgumentException(
          "perDeviceTrainBatchSize is "
              + batch
              + ", but "
              + options.loss()
              + " of the columns "
              + options.columns()
              + " learns from the other samples of a micro batch: set "
              + fewest
              + " or more, better 32; gradientAccumulationSteps adds none");
    }
    if (samples < fewest && !toldOfFewSamples) {
      toldOfFewSamples = true;
      LOGGER.warn(
          "A micro batch has {} sample(s), and {} learns nothing of fewer than {}: with"
              + " dataloaderDropLast(true) the last samples of an epoch that fill no batch are left out.",
          samples,
          options.loss(),
          fewest);
    }
  }

  /** Returns the vectors of each column, shape [samples, width]. */
  private Map<String, NDArray> vectors(TrainableModel model, ModelInputs inputs) {
    Map<String, NDArray> vectors = new LinkedHashMap<>();
    for (String column : options.columns()) {
      ModelInputs texts = DataCollatorForEmbeddings.texts(inputs, column);
      NDArray hidden = model.forward(texts, isTraining()).get("last_hidden_state");
      NDArray pooled =
          TokenPooling.pool(options.modules().pooling(), hidden, texts.get("attention_mask"));
      vectors.put(column, options.modules().normalizes() ? pooled.normalize(2, 1, 1e-12) : pooled);
    }
    return vectors;
  }

  @Override
  protected PredictionStep predictionStep(
      TrainableModel model, ModelInputs inputs, boolean lossOnly) {
    LossOutput loss = computeLoss(model, inputs);
    if (lossOnly) {
      return new PredictionStep(loss, Map.of(), Map.of());
    }
    Map<String, NDArray> others =
        new LinkedHashMap<>(Objects.requireNonNull(loss.outputs()).arrays());
    String first = options.columns().get(0);
    Map<String, NDArray> anchors = Map.of(first, others.remove(first));
    return new PredictionStep(loss, anchors, others);
  }

  /** Collects what a trainer of embeddings is made of. */
  public static final class Builder extends TrainerBuilder<Builder> {

    private final TrainableModel trained;
    private final PretrainedModel encoder;
    private final PretrainedTokenizer tokenizer;
    private EmbeddingOptions options = EmbeddingOptions.defaults();

    private Builder(
        TrainableModel trained,
        PretrainedModel encoder,
        PretrainedTokenizer tokenizer,
        TrainingArguments args) {
      super(args);
      if (encoder.task() != Task.FEATURE_EXTRACTION) {
        throw new IllegalArgumentException(
            "the model is one for "
                + encoder.task()
                + ", but embeddings are made of hidden states: load it with"
                + " AutoModels.load(folder, Task.FEATURE_EXTRACTION)");
      }
      this.trained = trained;
      this.encoder = encoder;
      this.tokenizer = tokenizer;
      model(trained);
    }

    /** Sets columns, pooling and loss; {@link EmbeddingOptions#defaults} otherwise. */
    public Builder options(EmbeddingOptions given) {
      options = given;
      return this;
    }

    /**
     * Refuses another collator: the trainer's makes of each column what the options say.
     *
     * @throws IllegalStateException always
     */
    @Override
    public <T> Builder dataCollator(DataCollator<T> collator) {
      throw new IllegalStateException(
          "an EmbeddingTrainer has a collator of its own, DataCollatorForEmbeddings over the columns of"
              + " its options: leave dataCollator out");
    }

    /**
     * Builds the trainer.
     *
     * @throws IllegalArgumentException listing everything that is missing or contradictory
     */
    public EmbeddingTrainer build() {
      return new EmbeddingTrainer(this);
    }

    private Builder complete() {
      int most = options.modules().maxLength();
      int limit = TextLimit.of(encoder.config(), tokenizer);
      if (most > limit) {
        throw new IllegalArgumentException(
            "maxLength is "
                + most
                + ", but the model takes "
                + limit
                + " tokens at most: set that or less");
      }
      super.dataCollator(
          new DataCollatorForEmbeddings(
              tokenizer, EncodeOptions.truncated(most > 0 ? most : limit), options.columns()));
      processingClass(new SentenceFiles(tokenizer, options.modules(), encoder.hiddenSize()));
      return this;
    }

    @Override
    protected Builder self() {
      return this;
    }

    @Override
    protected Builder withOwnSettings(TrainingArguments other) {
      return new Builder(trained, encoder, tokenizer, other).options(options);
    }
  }
}
