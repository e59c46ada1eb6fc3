// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.predict;

import dev.trainer4j.model.Inference;
import dev.trainer4j.model.ModelOutput;
import dev.trainer4j.transformers.PretrainedModel;
import dev.trainer4j.transformers.Task;
import dev.trainer4j.transformers.tokenization.EncodeOptions;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import dev.trainer4j.transformers.tokenization.TokenizedText;
import dev.trainer4j.transformers.tokenization.TruncationStrategy;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Finds the parts of a text that have a label, such as names: transformers' pipeline {@code token-classification}.
 *
 * <pre>{@code
 * try (TokenClassifier names = TokenClassifier.load(folder)) {
 *   for (Entity entity : names.predict("Ada Lovelace lived in London.")) {
 *     System.out.println(entity.label() + " " + entity.text());
 *   }
 * }
 * }</pre>
 *
 * <p>Tokens of the label {@code O} are left out. Words are those of the tokenizer. A text longer than the model reads is
 * cut, which is told once in a warning, unless a {@link Builder#stride} is set. Safe for use from many threads.
 */
public final class TokenClassifier implements AutoCloseable {

  /** A part of a text as the model reads it. */
  private record Part(int text, TokenizedText encoded) {}

  private final TextModel model;
  private final TokenScores scores;
  private final int stride;

  private TokenClassifier(TextModel model, Aggregation aggregation, int stride) {
    this.model = model;
    this.stride = stride;
    scores = new TokenScores(List.copyOf(model.config().id2label().values()), aggregation);
    if (stride >= model.maxLength()) {
      throw new IllegalArgumentException(
          "stride is "
              + stride
              + ", but the model reads "
              + model.maxLength()
              + " tokens at once: set a smaller one");
    }
  }

  /**
   * Loads model and tokenizer of a folder.
   *
   * @throws IOException if a file is missing, damaged or cannot be read
   * @throws dev.trainer4j.transformers.PretrainedException if the folder is none of a trained classifier of tokens
   */
  public static TokenClassifier load(Path folder) throws IOException {
    return builder(folder).build();
  }

  /** Begins a classifier of a folder. */
  public static Builder builder(Path folder) {
    return new Builder(folder);
  }

  /** Begins a classifier of a model in memory; model and tokenizer stay the caller's. */
  public static Builder builder(PretrainedModel model, PretrainedTokenizer tokenizer) {
    return new Builder(model, tokenizer);
  }

  /** Returns the entities of a text, in its order. */
  public List<Entity> predict(String text) {
    return predict(List.of(text)).get(0);
  }

  /** Returns the entities of each text; the model reads many at once. */
  public List<List<Entity>> predict(List<String> texts) {
    List<Part> parts = parts(texts);
    List<List<float[]>> logits = model.run(parts.stream().map(Part::encoded).toList(), this::read);
    List<List<Entity>> results = new ArrayList<>();
    int next = 0;
    for (int i = 0; i < texts.size(); i++) {
      List<Entity> found = new ArrayList<>();
      int first = next;
      for (; next < parts.size() && parts.get(next).text() == i; next++) {
        found.addAll(scores.entities(texts.get(i), parts.get(next).encoded(), logits.get(next)));
      }
      if (next - first > 1) {
        found.sort(Comparator.comparingInt(Entity::start));
        found = TokenScores.withoutOverlaps(found);
      }
      results.add(List.copyOf(found));
    }
    return results;
  }

  private List<Part> parts(List<String> texts) {
    List<Part> parts = new ArrayList<>();
    if (stride == 0) {
      List<TokenizedText> encoded = model.encode(texts);
      for (int i = 0; i < encoded.size(); i++) {
        parts.add(new Part(i, encoded.get(i)));
      }
      return parts;
    }
    EncodeOptions options =
        EncodeOptions.builder()
            .truncation(TruncationStrategy.ONLY_FIRST)
            .maxLength(model.maxLength())
            .stride(stride)
            .build();
    for (int i = 0; i < texts.size(); i++) {
      String text = texts.get(i);
      for (TokenizedText piece :
          model.withTokenizer(tokenizer -> tokenizer.encodePieces(text, null, options))) {
        parts.add(new Part(i, piece));
      }
    }
    return parts;
  }

  /** Logits [batch, length, labels] of each token of each text. */
  private List<List<float[]>> read(ModelOutput output, List<TokenizedText> batch) {
    long[] shape = output.logits().getShape().getShape();
    int longest = (int) shape[1];
    float[][] rows = Inference.rows(output.logits().reshape(-1, shape[2]));
    List<List<float[]>> results = new ArrayList<>();
    for (int i = 0; i < batch.size(); i++) {
      int at = i * longest + model.start(batch.get(i), longest);
      results.add(List.of(rows).subList(at, at + batch.get(i).length()));
    }
    return results;
  }

  /** Waits for calls in other threads, and frees model and tokenizer if it loaded them. */
  @Override
  public void close() {
    model.close();
  }

  /** Collects the settings of a {@link TokenClassifier}. */
  public static final class Builder extends PredictorBuilder<Builder> {

    private Aggregation aggregation = Aggregation.SIMPLE;
    private int stride;

    private Builder(Path folder) {
      super(Task.TOKEN_CLASSIFICATION, folder);
    }

    private Builder(PretrainedModel model, PretrainedTokenizer tokenizer) {
      super(Task.TOKEN_CLASSIFICATION, model, tokenizer);
    }

    @Override
    Builder self() {
      return this;
    }

    /** Sets how tokens become entities; SIMPLE by default, where transformers has NONE. */
    public Builder aggregation(Aggregation value) {
      aggregation = value;
      return this;
    }

    /**
     * Reads texts that are too long in pieces that share so many tokens. Of entities that lie over each other the
     * longer is kept, then the more likely. Not with {@link Aggregation#NONE}.
     *
     * @param tokens at least 1, fewer than the model reads at once
     */
    public Builder stride(int tokens) {
      if (tokens < 1) {
        throw new IllegalArgumentException("stride is " + tokens + ", must be at least 1");
      }
      stride = tokens;
      return this;
    }

    /**
     * Makes the classifier.
     *
     * @throws IOException if a file is missing, damaged or cannot be read
     * @throws dev.trainer4j.transformers.PretrainedException if the folder is none of a trained classifier of tokens
     */
    public TokenClassifier build() throws IOException {
      if (aggregation == Aggregation.NONE && stride > 0) {
        throw new IllegalArgumentException(
            "stride is "
                + stride
                + ", but aggregation NONE would give the tokens that pieces share twice: choose another"
                + " aggregation");
      }
      return made(model -> new TokenClassifier(model, aggregation, stride));
    }
  }
}
