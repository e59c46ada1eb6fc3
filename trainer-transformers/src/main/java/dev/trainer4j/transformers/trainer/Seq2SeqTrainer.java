// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.trainer;

import dev.trainer4j.EvaluationOutput;
import dev.trainer4j.PredictionOutput;
import dev.trainer4j.Trainer;
import dev.trainer4j.data.DataLoader;
import dev.trainer4j.data.DataSource;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.evaluation.PredictionStep;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.transformers.generation.GenerationConfig;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A trainer of models that write text, which can evaluate what they write: Hugging Face's {@code
 * Seq2SeqTrainer}, also for decoder-only models and those with adapters.
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
 * <p>With {@code predictWithGenerate}, {@link #evaluate()} and {@link #predict} generate, and predictions are
 * {@value #SEQUENCES}: token ids of shape [samples, length], padded with the pad token to the greatest length allowed. With
 * {@code numReturnSequences} above 1 their shape is [samples, sequences, length], the best first where beams search. Labels are
 * padded with the pad token to the same length; places that were -100 stay so, replace them before decoding. The loss is that of a
 * second forward pass. {@code preprocessLogitsForMetrics} does not see generated tokens. Where only the loss is wanted, nothing is
 * generated.
 *
 * <ul>
 *   <li>An encoder-decoder model answers {@code input_ids}, as {@code attention_mask} shows them. Its sequences begin with
 *       the decoder's start.
 *   <li>A decoder-only model writes on where the prompt of a row ends: what stands before its last run of labels, those of
 *       the prompt being -100; without labels the whole row; or {@code prompt_input_ids} where samples have them ({@code
 *       prompt_attention_mask} shows which are no padding). Prompts are padded on the left, whatever the batch's side
 *       is, and no further than the longest of them. Sequences are the new tokens alone, and labels become that last run: the
 *       reference. Say how many tokens may be added with {@code maxNewTokens}; a {@code generationMaxLength}
 *       counts the padded prompt.
 * </ul>
 */
public class Seq2SeqTrainer extends Trainer {

  /** The name of generated token ids among the predictions. */
  public static final String SEQUENCES = "sequences";

  private final @Nullable TextEvaluation texts;

  /**
   * Makes a trainer.
   *
   * @param builder with everything that a {@link Trainer} needs; do not call its {@code build()}
   * @param arguments how it evaluates
   * @throws IllegalArgumentException if the model cannot generate as {@code arguments} ask
   */
  public Seq2SeqTrainer(Builder builder, Seq2SeqTrainingArguments arguments) {
    super(builder);
    try {
      texts = arguments.predictWithGenerate() ? new TextEvaluation(arguments, model()) : null;
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  /**
   * Evaluates with other generation settings than those of the arguments.
   *
   * @param generation the settings; special tokens that they lack are the model's
   * @throws IllegalStateException without {@code predictWithGenerate}
   */
  public EvaluationOutput evaluate(
      DataSource<?> dataset, String metricKeyPrefix, GenerationConfig generation) {
    return with(generation, () -> evaluate(dataset, metricKeyPrefix));
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
    return with(generation, () -> predict(dataset, metricKeyPrefix));
  }

  private <T> T with(GenerationConfig generation, Supplier<T> work) {
    if (texts == null) {
      throw new IllegalStateException(
          "generation settings are given, but predictWithGenerate is false: set it in the"
              + " Seq2SeqTrainingArguments");
    }
    return texts.with(generation, work);
  }

  /** Evaluations batch rows of like length; predictions come in the order of the rows. */
  @Override
  protected DataLoader getEvalDataLoader(DataSource<?> dataset) {
    return super.getEvalDataLoader(
        texts == null || isPredicting() ? dataset : texts.byLength(dataset));
  }

  @Override
  protected PredictionStep predictionStep(
      TrainableModel model, ModelInputs inputs, boolean lossOnly) {
    PredictionStep step = super.predictionStep(model, inputs, lossOnly);
    return texts == null || lossOnly
        ? step
        : texts.written(model, processingClass().orElse(null), inputs, step);
  }
}
