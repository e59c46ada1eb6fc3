// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.sft;

import dev.trainer4j.model.NamedParameter;
import dev.trainer4j.transformers.Dtype;
import dev.trainer4j.transformers.PretrainedModel;
import java.util.List;
import java.util.regex.Pattern;

/** How a model was before a trainer was made of it, for a trainer that does not come into being. */
final class BaseBefore {

  private final PretrainedModel base;
  private final List<String> trainable;
  private final int tokens;

  private BaseBefore(PretrainedModel base, List<String> trainable, int tokens) {
    this.base = base;
    this.trainable = trainable;
    this.tokens = tokens;
  }

  static BaseBefore of(PretrainedModel base) {
    // Weights of 16 bits are neither frozen nor released.
    List<String> names =
        base.dtype() == Dtype.FLOAT32
            ? base.parameters().stream().map(NamedParameter::name).toList()
            : List.of();
    return new BaseBefore(base, names, base.config().vocabSize());
  }

  /** Releases what adapters froze, and takes away the rows of tokens that were added; adapters are closed by then. */
  void restore() {
    if (base.config().vocabSize() != tokens) {
      int unused = base.resizeTokenEmbeddings(tokens);
    }
    if (!trainable.isEmpty()) {
      base.unfreeze(trainable.stream().map(Pattern::quote).toArray(String[]::new));
    }
  }
}
