// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.predict;

import ai.djl.ndarray.NDArray;
import dev.trainer4j.model.Inference;
import dev.trainer4j.model.ModelOutput;
import dev.trainer4j.transformers.PretrainedModel;
import dev.trainer4j.transformers.Task;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import dev.trainer4j.transformers.tokenization.TokenizedText;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Turns texts into vectors, whose direction says what they mean: the last hidden state of an encoder, pooled.
 *
 * <pre>{@code
 * try (TextEmbedder embedder = TextEmbedder.load(Path.of("all-MiniLM-L6-v2"))) {
 *   List<float[]> vectors = embedder.embed(List.of("a cat", "a kitten"));
 *   double near = TextEmbedder.cosineSimilarity(vectors.get(0), vectors.get(1));
 * }
 * }</pre>
 *
 * <p>A folder of sentence-transformers says in {@code modules.json} how it pools, whether it normalizes and how long texts
 * may be; it is heeded, and what it asks for beyond that is refused. Other folders: the mean of all tokens, not
 * normalized. Safe for use from many threads.
 */
public final class TextEmbedder implements AutoCloseable {

  private final TextModel model;
  private final Pooling pooling;
  private final boolean normalize;

  private TextEmbedder(TextModel model, Pooling pooling, boolean normalize) {
    this.model = model;
    this.pooling = pooling;
    this.normalize = normalize;
  }

  /**
   * Loads model and tokenizer of a folder of an encoder, whatever its head.
   *
   * @throws IOException if a file is missing, damaged or cannot be read
   * @throws dev.trainer4j.transformers.PretrainedException if the model is no encoder that is supported
   */
  public static TextEmbedder load(Path folder) throws IOException {
    return builder(folder).build();
  }

  /** Begins an embedder of a folder. */
  public static Builder builder(Path folder) {
    return new Builder(folder);
  }

  /** Begins an embedder of a model in memory, for FEATURE_EXTRACTION; model and tokenizer stay the caller's. */
  public static Builder builder(PretrainedModel model, PretrainedTokenizer tokenizer) {
    return new Builder(model, tokenizer);
  }

  /** Returns how hidden states become a vector. */
  public Pooling pooling() {
    return pooling;
  }

  /** Returns whether vectors have the length 1. */
  public boolean normalizes() {
    return normalize;
  }

  /** Returns the vector of a text. */
  public float[] embed(String text) {
    return embed(List.of(text)).get(0);
  }

  /** Returns the vector of each text; the model reads many at once. */
  public List<float[]> embed(List<String> texts) {
    return model.run(model.encode(texts), this::read);
  }

  private List<float[]> read(ModelOutput output, List<TokenizedText> batch) {
    NDArray hidden = output.get("last_hidden_state");
    long[] shape = hidden.getShape().getShape();
    int longest = (int) shape[1];
    int width = (int) shape[2];
    float[] all = Inference.floats(hidden);
    List<float[]> vectors = new ArrayList<>();
    for (int i = 0; i < batch.size(); i++) {
      TokenizedText text = batch.get(i);
      int first = (i * longest + model.start(text, longest)) * width;
      float[] vector = pooled(all, first, text.length(), width);
      vectors.add(normalize ? normalized(vector) : vector);
    }
    return vectors;
  }

  /** Padding takes no part. */
  private float[] pooled(float[] all, int from, int tokens, int width) {
    float[] vector = new float[width];
    for (int column = 0; column < width; column++) {
      double sum = 0;
      float largest = Float.NEGATIVE_INFINITY;
      for (int token = 0; token < tokens; token++) {
        float value = all[from + token * width + column];
        sum += value;
        largest = Math.max(largest, value);
      }
      vector[column] =
          switch (pooling) {
            case MEAN -> (float) (sum / tokens);
            case MAX -> largest;
            case CLS -> all[from + column];
            case LAST_TOKEN -> all[from + (tokens - 1) * width + column];
          };
    }
    return vector;
  }

  private static float[] normalized(float[] vector) {
    double length = Math.max(Math.sqrt(product(vector, vector)), 1e-12);
    float[] result = new float[vector.length];
    for (int i = 0; i < vector.length; i++) {
      result[i] = (float) (vector[i] / length);
    }
    return result;
  }

  private static double product(float[] a, float[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += (double) a[i] * b[i];
    }
    return sum;
  }

  /**
   * Returns the cosine of the angle between two vectors: 1 for the same direction, 0 for a right angle.
   *
   * @throws IllegalArgumentException if they have different lengths
   */
  public static double cosineSimilarity(float[] a, float[] b) {
    if (a.length != b.length) {
      throw new IllegalArgumentException(
          "the vectors have " + a.length + " and " + b.length + " numbers: expected as many");
    }
    double lengths = Math.sqrt(product(a, a)) * Math.sqrt(product(b, b));
    return lengths == 0 ? 0 : product(a, b) / lengths;
  }

  /** Waits for calls in other threads, and frees model and tokenizer if it loaded them. */
  @Override
  public void close() {
    model.close();
  }

  /** Collects the settings of a {@link TextEmbedder}. */
  public static final class Builder extends PredictorBuilder<Builder> {

    private @Nullable Pooling pooling;
    private @Nullable Boolean normalize;
    private boolean limited;

    private Builder(Path folder) {
      super(Task.FEATURE_EXTRACTION, folder);
    }

    private Builder(PretrainedModel model, PretrainedTokenizer tokenizer) {
      super(Task.FEATURE_EXTRACTION, model, tokenizer);
    }

    @Override
    Builder self() {
      return this;
    }

    @Override
    public Builder maxLength(int tokens) {
      limited = true;
      return super.maxLength(tokens);
    }

    /** Sets how hidden states become a vector; by default as the folder says, else the mean. */
    public Builder pooling(Pooling value) {
      pooling = value;
      return this;
    }

    /** Sets whether vectors are scaled to the length 1; by default as the folder says, else not. */
    public Builder normalize(boolean value) {
      normalize = value;
      return this;
    }

    /**
     * Makes the embedder.
     *
     * @throws IOException if a file is missing, damaged or cannot be read
     * @throws dev.trainer4j.transformers.PretrainedException if the model is no encoder that is supported
     */
    public TextEmbedder build() throws IOException {
      SentenceModules modules =
          folder == null ? SentenceModules.NONE : SentenceModules.read(folder);
      if (!limited && modules.maxLength() > 0) {
        super.maxLength(modules.maxLength());
      }
      Pooling how = pooling == null ? modules.pooling() : pooling;
      boolean scale = normalize == null ? modules.normalizes() : normalize;
      return made(model -> new TextEmbedder(model, how, scale));
    }
  }
}
