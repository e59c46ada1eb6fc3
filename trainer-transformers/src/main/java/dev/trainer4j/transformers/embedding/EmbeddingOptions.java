// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.embedding;

import dev.trainer4j.transformers.predict.Pooling;
import dev.trainer4j.transformers.predict.SentenceModules;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/**
 * How an {@link EmbeddingTrainer} makes vectors, and what they are to become.
 *
 * @param columns the fields of a sample that hold its texts, in the order in which the loss takes them
 * @param modules pooling, normalization and the most tokens of a text; what is saved beside the model
 * @param loss of the vectors of all columns
 */
public record EmbeddingOptions(List<String> columns, SentenceModules modules, EmbeddingLoss loss) {

  /** Checks the columns. */
  public EmbeddingOptions {
    columns = List.copyOf(columns);
    if (columns.isEmpty() || Set.copyOf(columns).size() != columns.size()) {
      throw new IllegalArgumentException(
          "columns is " + columns + ", expected different names of fields that hold texts");
    }
  }

  /**
   * Columns {@code anchor} and {@code positive}, the mean of the tokens, not normalized, texts cut where the model's places
   * end, and {@link MultipleNegativesRankingLoss}.
   */
  public static EmbeddingOptions defaults() {
    return new EmbeddingOptions(
        List.of("anchor", "positive"), SentenceModules.NONE, new MultipleNegativesRankingLoss());
  }

  /**
   * The defaults, but for what a folder of sentence-transformers says in {@code modules.json}: to train a model of it
   * further.
   *
   * @throws IOException if a file is damaged or cannot be read
   */
  public static EmbeddingOptions of(Path folder) throws IOException {
    EmbeddingOptions defaults = defaults();
    return new EmbeddingOptions(defaults.columns, SentenceModules.read(folder), defaults.loss);
  }

  /** Returns these options with other columns. */
  public EmbeddingOptions withColumns(String... names) {
    return new EmbeddingOptions(List.of(names), modules, loss);
  }

  /** Returns these options with another loss. */
  public EmbeddingOptions withLoss(EmbeddingLoss other) {
    return new EmbeddingOptions(columns, modules, other);
  }

  /** Returns these options with another pooling. */
  public EmbeddingOptions withPooling(Pooling pooling) {
    return with(new SentenceModules(pooling, modules.normalizes(), modules.maxLength()));
  }

  /** Returns these options with vectors that are scaled to the length 1, or not. */
  public EmbeddingOptions withNormalize(boolean normalize) {
    return with(new SentenceModules(modules.pooling(), normalize, modules.maxLength()));
  }

  /** Returns these options with texts that are cut to so many tokens, special ones included; 0 for what the model takes. */
  public EmbeddingOptions withMaxLength(int tokens) {
    return with(new SentenceModules(modules.pooling(), modules.normalizes(), tokens));
  }

  private EmbeddingOptions with(SentenceModules other) {
    return new EmbeddingOptions(columns, other, loss);
  }
}
