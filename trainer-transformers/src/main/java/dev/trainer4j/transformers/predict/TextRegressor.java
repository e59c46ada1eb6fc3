// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.predict;

import dev.trainer4j.model.Inference;
import dev.trainer4j.transformers.PretrainedConfig;
import dev.trainer4j.transformers.PretrainedException;
import dev.trainer4j.transformers.PretrainedModel;
import dev.trainer4j.transformers.Task;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import dev.trainer4j.transformers.tokenization.TokenizedText;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * Gives a text a number, or several: a model of {@code problem_type} {@code regression}, or of a single label, whose
 * logits are the answer.
 *
 * <pre>{@code
 * try (TextRegressor stars = TextRegressor.load(folder)) {
 *   double number = stars.predict("Nicely made.");
 * }
 * }</pre>
 *
 * <p>Safe for use from many threads. A text longer than the model reads is cut, which is told once in a warning.
 */
public final class TextRegressor implements AutoCloseable {

  private final TextModel model;
  private final int numbers;

  private TextRegressor(TextModel model) {
    this.model = model;
    PretrainedConfig config = model.config();
    String problem = config.text("problem_type").orElse("");
    numbers = config.numLabels();
    if (!problem.equals("regression") && !(problem.isEmpty() && numbers == 1)) {
      throw new PretrainedException(
          config.source()
              + ": problem_type is "
              + (problem.isEmpty() ? "not set, with " + numbers + " labels" : problem)
              + ", which gives labels and no numbers: use TextClassifier");
    }
  }

  /**
   * Loads model and tokenizer of a folder.
   *
   * @throws IOException if a file is missing, damaged or cannot be read
   * @throws PretrainedException if the folder is none of a model that was trained for numbers
   */
  public static TextRegressor load(Path folder) throws IOException {
    return builder(folder).build();
  }

  /** Begins a regressor of a folder. */
  public static Builder builder(Path folder) {
    return new Builder(folder);
  }

  /** Begins a regressor of a model in memory; model and tokenizer stay the caller's. */
  public static Builder builder(PretrainedModel model, PretrainedTokenizer tokenizer) {
    return new Builder(model, tokenizer);
  }

  /**
   * Returns the number of a text.
   *
   * @throws IllegalStateException if the model gives several: see {@link #predictAll}
   */
  public double predict(String text) {
    return single(predictAll(text));
  }

  /** Returns the number of each text; the model reads many at once. */
  public List<Double> predict(List<String> texts) {
    return predictAll(texts).stream().map(this::single).toList();
  }

  /** Returns the number of a pair, such as how much two sentences mean the same. */
  public double predictPair(String text, String second) {
    return single(run(List.of(model.encodePair(text, second))).get(0));
  }

  /** Returns all numbers of a text, in the order of the model's labels. */
  public double[] predictAll(String text) {
    return predictAll(List.of(text)).get(0);
  }

  /** Returns all numbers of each text. */
  public List<double[]> predictAll(List<String> texts) {
    return run(model.encode(texts));
  }

  private double single(double[] all) {
    if (numbers != 1) {
      throw new IllegalStateException(
          "the model gives " + numbers + " numbers for a text: use predictAll");
    }
    return all[0];
  }

  private List<double[]> run(List<TokenizedText> texts) {
    return model.run(
        texts,
        (output, batch) ->
            List.of(Inference.rows(output.logits())).stream().map(TextRegressor::wide).toList());
  }

  private static double[] wide(float[] row) {
    double[] result = new double[row.length];
    for (int i = 0; i < row.length; i++) {
      result[i] = row[i];
    }
    return result;
  }

  /** Waits for calls in other threads, and frees model and tokenizer if it loaded them. */
  @Override
  public void close() {
    model.close();
  }

  /** Collects the settings of a {@link TextRegressor}. */
  public static final class Builder extends PredictorBuilder<Builder> {

    private Builder(Path folder) {
      super(Task.SEQUENCE_CLASSIFICATION, folder);
    }

    private Builder(PretrainedModel model, PretrainedTokenizer tokenizer) {
      super(Task.SEQUENCE_CLASSIFICATION, model, tokenizer);
    }

    @Override
    Builder self() {
      return this;
    }

    /**
     * Makes the regressor.
     *
     * @throws IOException if a file is missing, damaged or cannot be read
     * @throws PretrainedException if the folder is none of a model that was trained for numbers
     */
    public TextRegressor build() throws IOException {
      return made(TextRegressor::new);
    }
  }
}
