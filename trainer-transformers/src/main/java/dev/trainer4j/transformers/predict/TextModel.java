// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.predict;

import dev.trainer4j.model.Inference;
import dev.trainer4j.model.ModelOutput;
import dev.trainer4j.transformers.AutoModels;
import dev.trainer4j.transformers.LoadOptions;
import dev.trainer4j.transformers.PretrainedConfig;
import dev.trainer4j.transformers.PretrainedException;
import dev.trainer4j.transformers.PretrainedModel;
import dev.trainer4j.transformers.Task;
import dev.trainer4j.transformers.tokenization.EncodeOptions;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import dev.trainer4j.transformers.tokenization.TokenizedText;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A model with its tokenizer, in batches: what all predictors stand on. */
final class TextModel implements AutoCloseable {

  private static final Logger LOGGER = LoggerFactory.getLogger(TextModel.class);

  /** Takes one Java value for each text of a batch out of the model's output. */
  @FunctionalInterface
  interface Reader<R> {
    List<R> read(ModelOutput output, List<TokenizedText> batch);
  }

  private final PretrainedModel model;
  private final PretrainedTokenizer tokenizer;
  private final boolean owned;
  private final int batchSize;
  private final int maxLength;
  private final PaddedBatch padding;
  private final AtomicBoolean warned = new AtomicBoolean();

  /** The model must not go while another thread is inside it. */
  private final ReadWriteLock open = new ReentrantReadWriteLock();

  private boolean closed;

  private TextModel(
      PretrainedModel model,
      PretrainedTokenizer tokenizer,
      boolean owned,
      int batchSize,
      int maxLength) {
    this.model = model;
    this.tokenizer = tokenizer;
    this.owned = owned;
    this.batchSize = batchSize;
    int limit = TextLimit.of(model.config(), tokenizer);
    if (maxLength > limit) {
      throw new IllegalArgumentException(
          "maxLength is "
              + maxLength
              + ", but the model takes "
              + limit
              + " tokens at most: set that or less");
    }
    this.maxLength = maxLength > 0 ? maxLength : limit;
    padding = new PaddedBatch(tokenizer, model.config());
  }

  static TextModel load(Path folder, Task task, LoadOptions options, int batchSize, int maxLength)
      throws IOException {
    if (task != Task.FEATURE_EXTRACTION) { // Whose body any folder holds.
      requireTask(PretrainedConfig.read(folder), task);
    }
    PretrainedTokenizer tokenizer = PretrainedTokenizer.load(folder);
    PretrainedModel model = null;
    try {
      model = AutoModels.load(folder, task, options.withNewHead(task == Task.FEATURE_EXTRACTION));
      return new TextModel(model, tokenizer, true, batchSize, maxLength);
    } catch (Throwable e) { // Running out of memory, too, must not leave half a predictor behind.
      tokenizer.close();
      if (model != null) {
        model.close();
      }
      throw e;
    }
  }

  static TextModel of(
      PretrainedModel model,
      PretrainedTokenizer tokenizer,
      Task task,
      int batchSize,
      int maxLength) {
    if (model.task() != task) {
      throw new IllegalArgumentException(
          "model is one for " + model.task() + ", expected one for " + task);
    }
    return new TextModel(model, tokenizer, false, batchSize, maxLength);
  }

  /** A head that begins anew answers at random, which no caller could tell. */
  private static void requireTask(PretrainedConfig config, Task task) {
    Task found = Task.of(config);
    if (found != task) {
      throw new PretrainedException(
          config.source()
              + ": architectures names a model for "
              + found
              + ", but this predictor needs one for "
              + task
              + ", which is trained first");
    }
  }

  PretrainedConfig config() {
    return model.config();
  }

  int maxLength() {
    return maxLength;
  }

  /** Returns where the tokens of a text begin in a row of {@code longest}: behind padding on the left. */
  int start(TokenizedText text, int longest) {
    return padding.start(text, longest);
  }

  /** Encodes texts; what is longer than the model takes is cut, which is told once. */
  List<TokenizedText> encode(List<String> texts) {
    for (int i = 0; i < texts.size(); i++) {
      if (texts.get(i) == null) {
        throw new IllegalArgumentException(
            "text " + i + " of the list is null: leave it out, or give an empty text");
      }
    }
    return inside(
        () -> {
          // One token more than there is room for: then it is known which texts are cut.
          List<TokenizedText> encoded =
              tokenizer.encodeBatch(texts, EncodeOptions.truncated(maxLength + 1));
          List<TokenizedText> results = new ArrayList<>(encoded);
          for (int i = 0; i < results.size(); i++) {
            if (results.get(i).length() > maxLength) {
              warn();
              results.set(i, tokenizer.encode(texts.get(i), EncodeOptions.truncated(maxLength)));
            }
          }
          return results;
        });
  }

  /** Encodes a pair; what is longer than the model takes is cut, which is told once. */
  TokenizedText encodePair(String text, String second) {
    return inside(
        () -> {
          TokenizedText encoded =
              tokenizer.encodePair(text, second, EncodeOptions.truncated(maxLength + 1));
          if (encoded.length() <= maxLength) {
            return encoded;
          }
          warn();
          return tokenizer.encodePair(text, second, EncodeOptions.truncated(maxLength));
        });
  }

  private void warn() {
    if (warned.compareAndSet(false, true)) {
      LOGGER.warn(
          "A text is longer than the {} tokens that the model reads: the rest is cut off. This is told once.",
          maxLength);
    }
  }

  /** Gives the tokenizer while it is open. */
  <R> R withTokenizer(Function<PretrainedTokenizer, R> call) {
    return inside(() -> call.apply(tokenizer));
  }

  /** Runs the model over texts, batch by batch, those of like length together; results in the order of the texts. */
  <R> List<R> run(List<TokenizedText> texts, Reader<R> reader) {
    Integer[] order =
        IntStream.range(0, texts.size())
            .boxed()
            .sorted(Comparator.comparingInt((Integer i) -> -texts.get(i).length()))
            .toArray(Integer[]::new);
    List<R> results = new ArrayList<>(Collections.nCopies(texts.size(), null));
    for (int from = 0; from < order.length; from += batchSize) {
      int to = Math.min(order.length, from + batchSize);
      List<Integer> places = Arrays.asList(order).subList(from, to);
      List<TokenizedText> batch = places.stream().map(texts::get).toList();
      List<R> read =
          inside(
              () ->
                  Inference.run(
                      model,
                      manager -> padding.inputs(batch, manager),
                      output -> reader.read(output, batch)));
      for (int i = 0; i < places.size(); i++) {
        results.set(places.get(i), read.get(i));
      }
    }
    return results;
  }

  private <R> R inside(Supplier<R> call) {
    open.readLock().lock();
    try {
      if (closed) {
        throw new IllegalStateException("this predictor is closed");
      }
      return call.get();
    } finally {
      open.readLock().unlock();
    }
  }

  @Override
  public void close() {
    open.writeLock().lock();
    try {
      if (closed) {
        return;
      }
      closed = true;
      if (owned) {
        tokenizer.close();
        model.close();
      }
    } finally {
      open.writeLock().unlock();
    }
  }
}
