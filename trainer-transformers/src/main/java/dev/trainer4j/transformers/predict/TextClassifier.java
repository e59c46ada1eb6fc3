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
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Says which label a text has: transformers' pipeline {@code text-classification}.
 *
 * <pre>{@code
 * try (TextClassifier classifier = TextClassifier.load(Path.of("out/checkpoint-500"))) {
 *   LabelScore best = classifier.predict("Ein Satz.");
 *   System.out.println(best.label() + " " + best.score());
 * }
 * }</pre>
 *
 * <p>Scores are a softmax over the labels; with {@code problem_type} {@code multi_label_classification}, or a single
 * label, a sigmoid of each. A text longer than the model reads is cut, which is told once in a warning. Safe for use
 * from many threads; close it when the last one is done.
 */
public final class TextClassifier implements AutoCloseable {

  private final TextModel model;
  private final List<String> labels;
  private final boolean multiLabel;

  private TextClassifier(TextModel model) {
    this.model = model;
    PretrainedConfig config = model.config();
    String problem = config.text("problem_type").orElse("");
    if (problem.equals("regression")) {
      throw new PretrainedException(
          config.source()
              + ": problem_type is regression, which gives numbers and no labels: use TextRegressor");
    }
    labels = List.copyOf(config.id2label().values());
    multiLabel = problem.equals("multi_label_classification") || labels.size() == 1;
  }

  /**
   * Loads model and tokenizer of a folder.
   *
   * @throws IOException if a file is missing, damaged or cannot be read
   * @throws PretrainedException if the folder is none of a trained classifier of texts
   */
  public static TextClassifier load(Path folder) throws IOException {
    return builder(folder).build();
  }

  /** Begins a classifier of a folder. */
  public static Builder builder(Path folder) {
    return new Builder(folder);
  }

  /** Begins a classifier of a model in memory, such as one that was just trained; both stay the caller's. */
  public static Builder builder(PretrainedModel model, PretrainedTokenizer tokenizer) {
    return new Builder(model, tokenizer);
  }

  /** Returns the names of the labels, the first of index 0. */
  public List<String> labels() {
    return labels;
  }

  /** Returns the most likely label of a text. */
  public LabelScore predict(String text) {
    return scores(text).get(0);
  }

  /** Returns the most likely label of each text; the model reads many at once. */
  public List<LabelScore> predict(List<String> texts) {
    return scores(texts).stream().map(scores -> scores.get(0)).toList();
  }

  /** Returns the most likely label of a pair, such as a premise and a hypothesis. */
  public LabelScore predictPair(String text, String second) {
    return scoresOfPair(text, second).get(0);
  }

  /** Returns all labels of a text, the most likely first. */
  public List<LabelScore> scores(String text) {
    return scores(List.of(text)).get(0);
  }

  /** Returns all labels of each text, the most likely first. */
  public List<List<LabelScore>> scores(List<String> texts) {
    return run(model.encode(texts));
  }

  /** Returns all labels of a pair, the most likely first. */
  public List<LabelScore> scoresOfPair(String text, String second) {
    return run(List.of(model.encodePair(text, second))).get(0);
  }

  /**
   * Returns the {@code count} most likely labels of a text, the most likely first; all if there are fewer.
   *
   * @throws IllegalArgumentException if {@code count} is less than 1
   */
  public List<LabelScore> topK(String text, int count) {
    if (count < 1) {
      throw new IllegalArgumentException("count is " + count + ", must be at least 1");
    }
    List<LabelScore> all = scores(text);
    return all.subList(0, Math.min(count, all.size()));
  }

  /**
   * Returns the labels of a text whose score is at least {@code threshold}, the most likely first: what a multi-label
   * model says, often with 0.5.
   */
  public List<LabelScore> above(String text, double threshold) {
    return scores(text).stream().filter(label -> label.score() >= threshold).toList();
  }

  private List<List<LabelScore>> run(List<TokenizedText> texts) {
    return model.run(
        texts,
        (output, batch) -> {
          List<List<LabelScore>> all = new ArrayList<>();
          for (float[] logits : Inference.rows(output.logits())) {
            all.add(scored(logits));
          }
          return all;
        });
  }

  private List<LabelScore> scored(float[] logits) {
    double[] scores = multiLabel ? Probabilities.sigmoid(logits) : Probabilities.softmax(logits);
    List<LabelScore> all = new ArrayList<>(scores.length);
    for (int i = 0; i < scores.length; i++) {
      all.add(new LabelScore(labels.get(i), i, scores[i]));
    }
    all.sort(Comparator.comparingDouble(LabelScore::score).reversed());
    return List.copyOf(all);
  }

  /** Waits for calls in other threads, and frees model and tokenizer if it loaded them. */
  @Override
  public void close() {
    model.close();
  }

  /** Collects the settings of a {@link TextClassifier}. */
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
     * Makes the classifier.
     *
     * @throws IOException if a file is missing, damaged or cannot be read
     * @throws PretrainedException if the folder is none of a trained classifier of texts
     */
    public TextClassifier build() throws IOException {
      return made(TextClassifier::new);
    }
  }
}
