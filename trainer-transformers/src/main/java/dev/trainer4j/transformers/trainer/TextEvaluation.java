// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.trainer;

import ai.djl.ndarray.NDArray;
import dev.trainer4j.data.DataSource;
import dev.trainer4j.data.Dataset;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.data.ProcessingClass;
import dev.trainer4j.evaluation.PredictionStep;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.transformers.generation.GenerationConfig;
import dev.trainer4j.transformers.generation.GenerativeModel;
import dev.trainer4j.transformers.generation.Generator;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Evaluation of what a model writes: what {@code predictWithGenerate} makes of a trainer. */
public final class TextEvaluation {

  private final Seq2SeqTrainingArguments arguments;
  private final GenerationConfig own;
  private final WritingTask task;
  private final IdentityHashMap<Dataset<?>, long[]> orders = new IdentityHashMap<>();
  private @Nullable GenerationConfig override;

  /**
   * Checks what can be known before anything is written.
   *
   * @throws IllegalArgumentException if the model cannot generate as {@code arguments} ask
   */
  public TextEvaluation(Seq2SeqTrainingArguments arguments, TrainableModel model) {
    this.arguments = arguments;
    GenerativeModel generative = generative(model);
    own = generative.generationConfig();
    task = WritingTask.of(generative);
    check(arguments);
  }

  private static GenerativeModel generative(TrainableModel model) {
    if (model instanceof GenerativeModel generative && generative.writesText()) {
      return generative;
    }
    throw new IllegalArgumentException(
        "predictWithGenerate needs a model that writes text, such as one of AutoModels.seq2SeqLm or"
            + " AutoModels.causalLm, but the model is "
            + model);
  }

  private GenerationConfig check(Seq2SeqTrainingArguments given) {
    GenerationConfig config = given.resolved(own);
    if (config.padTokenId() == null && config.eosTokenId().isEmpty()) {
      throw new IllegalArgumentException(
          "padTokenId is not set, and neither is eosTokenId: generated rows of other lengths need"
              + " one to be padded with; set it in generationConfig");
    }
    task.check(config, given.generationMaxLength() != null);
    return config;
  }

  /**
   * Returns rows in another order, those with the longest prompts first, so that the prompts of a batch are padded little and memory
   * is short at once or never. What is no dataset of maps stays as it is.
   */
  public DataSource<?> byLength(DataSource<?> rows) {
    if (!(rows instanceof Dataset<?> dataset)) {
      return rows;
    }
    long[] order = orders.computeIfAbsent(dataset, all -> PromptLengths.descending(all, task));
    return order.length == 0 ? rows : dataset.select(order);
  }

  /** Runs {@code work} with other settings. */
  public <T> T with(GenerationConfig generation, Supplier<T> work) {
    override =
        check(
            Seq2SeqTrainingArguments.builder()
                .predictWithGenerate(true)
                .generationConfig(generation)
                .build());
    try {
      return work.get();
    } finally {
      override = null;
    }
  }

  /**
   * Has the model write, and puts that in the place of its predictions.
   *
   * @param model the model as the evaluation sees it
   * @param processing what made the samples; a tokenizer lets stop strings be heeded
   * @param step what the forward pass of the batch gave
   */
  public PredictionStep written(
      TrainableModel model,
      @Nullable ProcessingClass processing,
      ModelInputs inputs,
      PredictionStep step) {
    GenerativeModel generative = generative(model);
    GenerationConfig config =
        override == null ? arguments.resolved(generative.generationConfig()) : override;
    Integer pad = config.padTokenId();
    long filler = pad == null ? config.eosTokenId().get(0) : pad;
    Prompts prompts = task.prompts(inputs, filler);
    long[][] rows =
        task.written(
            generator(generative, processing)
                .generate(prompts.inputIds(), prompts.attentionMask(), config));
    int width = task.width(config);
    Map<String, NDArray> labels = new LinkedHashMap<>();
    step.labels()
        .forEach((name, array) -> labels.put(name, padded(task.references(array), width, filler)));
    NDArray ids = TokenRows.array(TokenRows.padded(rows, width, filler), model.manager());
    int each = config.numReturnSequences();
    NDArray generated =
        each == 1 ? ids : ids.reshape(rows.length / each, each, ids.getShape().get(1));
    return new PredictionStep(step.loss(), Map.of(Seq2SeqTrainer.SEQUENCES, generated), labels);
  }

  private static Generator generator(GenerativeModel model, @Nullable ProcessingClass processing) {
    Generator generator = Generator.of(model);
    return processing instanceof PretrainedTokenizer tokenizer
        ? generator.withDecoder(ids -> tokenizer.decode(ids, true))
        : generator;
  }

  private static NDArray padded(NDArray labels, int width, long filler) {
    if (labels.getShape().dimension() != 2 || labels.getShape().get(1) >= width) {
      return labels;
    }
    return TokenRows.array(
        TokenRows.padded(TokenRows.of(labels), width, filler), labels.getManager());
  }
}
