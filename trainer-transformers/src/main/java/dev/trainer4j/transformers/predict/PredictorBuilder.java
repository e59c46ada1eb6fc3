// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.predict;

import ai.djl.Device;
import dev.trainer4j.transformers.Dtype;
import dev.trainer4j.transformers.LoadOptions;
import dev.trainer4j.transformers.PretrainedModel;
import dev.trainer4j.transformers.Task;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What all predictors can be told. A predictor of a folder owns model and tokenizer and closes them; one of a model in
 * memory leaves both open.
 *
 * @param <B> the builder of the predictor
 */
public abstract sealed class PredictorBuilder<B extends PredictorBuilder<B>>
    permits TextClassifier.Builder,
        TextRegressor.Builder,
        TokenClassifier.Builder,
        QuestionAnswerer.Builder,
        TextEmbedder.Builder {

  static final int BATCH_SIZE = 32;

  final Task task;
  final @Nullable Path folder;
  private final @Nullable PretrainedModel model;
  private final @Nullable PretrainedTokenizer tokenizer;
  private LoadOptions load = LoadOptions.defaults();
  private boolean loads;
  private int batchSize = BATCH_SIZE;
  private int maxLength;

  PredictorBuilder(Task task, Path folder) {
    this.task = task;
    this.folder = folder;
    model = null;
    tokenizer = null;
  }

  PredictorBuilder(Task task, PretrainedModel model, PretrainedTokenizer tokenizer) {
    this.task = task;
    this.folder = null;
    this.model = model;
    this.tokenizer = tokenizer;
  }

  abstract B self();

  /** Sets where the model runs; by default the first GPU, or the CPU where there is none. */
  public B device(Device device) {
    load = load.withDevice(device);
    loads = true;
    return self();
  }

  /** Sets the type of the weights in memory; float32 by default. */
  public B dtype(Dtype dtype) {
    load = load.withDtype(dtype);
    loads = true;
    return self();
  }

  /** Sets how many texts the model reads at once; 32 by default. Texts of like length go together. */
  public B batchSize(int texts) {
    if (texts < 1) {
      throw new IllegalArgumentException("batchSize is " + texts + ", must be at least 1");
    }
    batchSize = texts;
    return self();
  }

  /**
   * Sets the greatest number of tokens of a text, special ones included; by default what the model takes: {@code
   * model_max_length} of the tokenizer and the positions of the model.
   */
  public B maxLength(int tokens) {
    if (tokens < 1) {
      throw new IllegalArgumentException("maxLength is " + tokens + ", must be at least 1");
    }
    maxLength = tokens;
    return self();
  }

  /** Opens the model and makes a predictor of it; a predictor that refuses it leaves nothing open. */
  <P> P made(Function<TextModel, P> predictor) throws IOException {
    TextModel opened = open();
    try {
      return predictor.apply(opened);
    } catch (RuntimeException e) {
      opened.close();
      throw e;
    }
  }

  private TextModel open() throws IOException {
    if (folder != null) {
      return TextModel.load(folder, task, load, batchSize, maxLength);
    }
    if (loads) {
      throw new IllegalArgumentException(
          "device and dtype say how a folder is loaded, but this model is loaded already: leave them"
              + " out");
    }
    if (model == null || tokenizer == null) {
      throw new IllegalStateException("a builder has a folder, or a model with its tokenizer");
    }
    return TextModel.of(model, tokenizer, task, batchSize, maxLength);
  }
}
