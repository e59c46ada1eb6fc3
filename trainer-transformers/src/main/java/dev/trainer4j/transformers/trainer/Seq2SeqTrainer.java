// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.trainer;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.EvaluationOutput;
import dev.trainer4j.PredictionOutput;
import dev.trainer4j.Trainer;
import dev.trainer4j.data.DataSource;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.evaluation.PredictionStep;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.transformers.generation.GenerationConfig;
import dev.trainer4j.transformers.generation.GenerativeModel;
import dev.trainer4j.transformers.generation.Generator;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A trainer of encoder-decoder models that can evaluate what they write: Hugging Face's {@code
 * Seq2SeqTrainer}.
 *
 * <pre>{@code
 * try (PretrainedModel model = AutoModels.seq2SeqLm(folder);
 *     Trainer trainer = new Seq2SeqTrainer(
 *         Trainer.builder(model, args)
 *             .trainDataset(train).evalDataset(test)
 *             .dataCollator(new DataCollatorForSeq2Seq(tokenizer))
 *             .computeMetrics(rouge),
 *         Seq2SeqTrainingArguments.builder().predictWithGenerate(true).generationMaxLength(64).build())) {
 *   trainer.train();
 * }
 * }</pre>
 *
 * <p>With {@code predictWithGenerate}, {@link #evaluate()} and {@link #predict} generate from {@code
 * input_ids} and {@code attention_mask}. Predictions are then {@value #SEQUENCES}: token ids of shape
 * [samples, length], the decoder's start first, padded with the pad token to the greatest length
 * allowed. With {@code numReturnSequences} above 1 their shape is [samples, sequences, length], the best
 * first where beams search. Labels are padded with it to the same length; places that were -100 stay so, replace them
 * before decoding. The loss is that of a second forward pass. {@code preprocessLogitsForMetrics} does
 * not see generated tokens. Where only the loss is wanted, nothing is generated.
 */
public class Seq2SeqTrainer extends Trainer {

  /** The name of generated token ids among the predictions. */
  public static final String SEQUENCES = "sequences";

  private final Seq2SeqTrainingArguments seq2Seq;
  private @Nullable GenerationConfig override;

  /**
   * Makes a trainer.
   *
   * @param builder with everything that a {@link Trainer} needs; do not call its {@code build()}
   * @param arguments how it evaluates
   * @throws IllegalArgumentException if the model cannot generate as {@code arguments} ask
   */
  public Seq2SeqTrainer(Builder builder, Seq2SeqTrainingArguments arguments) {
    super(builder);
    seq2Seq = arguments;
    if (arguments.predictWithGenerate()) {
      try {
        checked(arguments.resolved(generative(model()).generationConfig()));
      } catch (RuntimeException e) {
        close();
        throw e;
      }
    }
  }

  private static GenerativeModel generative(TrainableModel model) {
    if (model instanceof GenerativeModel generative && generative.isEncoderDecoder()) {
      return generative;
    }
    throw new IllegalArgumentException(
        "predictWithGenerate needs an encoder-decoder model, such as one of AutoModels.seq2SeqLm, but"
            + " the model is a "
            + model.getClass().getName());
  }

  private static GenerationConfig checked(GenerationConfig config) {
    if (config.padTokenId() == null && config.eosTokenId().isEmpty()) {
      throw new IllegalArgumentException(
          "padTokenId is not set, and neither is eosTokenId: generated rows of other lengths need one"
              + " to be padded with; set it in generationConfig");
    }
    return config;
  }

  /**
   * Evaluates with other generation settings than those of the arguments.
   *
   * @param generation the settings; special tokens that they lack are the model's
   * @throws IllegalStateException without {@code predictWithGenerate}
   */
  public EvaluationOutput evaluate(
      DataSource<?> dataset, String metricKeyPrefix, GenerationConfig generation) {
    override = overriding(generation);
    try {
      return evaluate(dataset, metricKeyPrefix);
    } finally {
      override = null;
    }
  }

  /**
   * Predicts with other generation settings than those of the arguments.
   *
   * @param generation the settings; special tokens that they lack are the model's
   * @return arrays on the CPU; close it, or they live as long as the trainer
   * @throws IllegalStateException without {@code predictWithGenerate}
   */
  public PredictionOutput predict(
      DataSource<?> dataset, String metricKeyPrefix, GenerationConfig generation) {
    override = overriding(generation);
    try {
      return predict(dataset, metricKeyPrefix);
    } finally {
      override = null;
    }
  }

  private GenerationConfig overriding(GenerationConfig generation) {
    if (!seq2Seq.predictWithGenerate()) {
      throw new IllegalStateException(
          "generation settings are given, but predictWithGenerate is false: set it in the"
              + " Seq2SeqTrainingArguments");
    }
    Seq2SeqTrainingArguments alone =
        Seq2SeqTrainingArguments.builder()
            .predictWithGenerate(true)
            .generationConfig(generation)
            .build();
    return checked(alone.resolved(generative(model()).generationConfig()));
  }

  @Override
  protected PredictionStep predictionStep(
      TrainableModel model, ModelInputs inputs, boolean lossOnly) {
    if (!seq2Seq.predictWithGenerate() || lossOnly) {
      return super.predictionStep(model, inputs, lossOnly);
    }
    PredictionStep loss = super.predictionStep(model, inputs, false);
    checkDecoderInputs(inputs);
    GenerativeModel generative = generative(model);
    GenerationConfig config =
        override == null ? seq2Seq.resolved(generative.generationConfig()) : override;
    NDArray mask = inputs.find("attention_mask").orElse(null);
    long[][] sequences =
        generator(generative)
            .generate(rows(inputs.get("input_ids")), mask == null ? null : rows(mask), config)
            .sequences();
    Integer maxNewTokens = config.maxNewTokens();
    int length = maxNewTokens == null ? config.maxLength() : maxNewTokens + 1;
    Integer pad = config.padTokenId();
    long filler = pad == null ? config.eosTokenId().get(0) : pad;
    Map<String, NDArray> labels = new LinkedHashMap<>();
    loss.labels().forEach((name, array) -> labels.put(name, padded(array, length, filler)));
    NDArray rows = array(padded(sequences, length, filler), model.manager());
    int each = config.numReturnSequences();
    NDArray generated =
        each == 1 ? rows : rows.reshape(sequences.length / each, each, rows.getShape().get(1));
    return new PredictionStep(loss.loss(), Map.of(SEQUENCES, generated), labels);
  }

  private Generator generator(GenerativeModel model) {
    Generator generator = Generator.of(model);
    return processingClass().orElse(null) instanceof PretrainedTokenizer tokenizer
        ? generator.withDecoder(ids -> tokenizer.decode(ids, true))
        : generator;
  }

  /** Those made of the labels serve the loss alone; others would be a prompt. */
  private static void checkDecoderInputs(ModelInputs inputs) {
    NDArray ids = inputs.find("decoder_input_ids").orElse(null);
    NDArray labels = inputs.find("labels").orElse(null);
    if (ids != null && (labels == null || !labels.getShape().equals(ids.getShape()))) {
      throw new IllegalArgumentException(
          "decoder_input_ids of shape "
              + ids.getShape()
              + " are not made of the labels, and to begin generated texts with them is not"
              + " supported: leave them out of the data");
    }
  }

  private static long[][] rows(NDArray array) {
    int length = Math.toIntExact(array.getShape().get(1));
    long[] flat = array.toType(DataType.INT64, false).toLongArray();
    long[][] rows = new long[Math.toIntExact(array.getShape().get(0))][];
    Arrays.setAll(rows, i -> Arrays.copyOfRange(flat, i * length, (i + 1) * length));
    return rows;
  }

  private static NDArray padded(NDArray labels, int length, long filler) {
    if (labels.getShape().dimension() != 2 || labels.getShape().get(1) >= length) {
      return labels;
    }
    return array(padded(rows(labels), length, filler), labels.getManager());
  }

  private static long[][] padded(long[][] rows, int length, long filler) {
    return Arrays.stream(rows)
        .map(
            row -> {
              long[] wide = Arrays.copyOf(row, Math.max(length, row.length));
              Arrays.fill(wide, row.length, wide.length, filler);
              return wide;
            })
        .toArray(long[][]::new);
  }

  private static NDArray array(long[][] rows, NDManager manager) {
    long[] flat = Arrays.stream(rows).flatMapToLong(Arrays::stream).toArray();
    return manager.create(flat, new Shape(rows.length, rows[0].length));
  }
}
