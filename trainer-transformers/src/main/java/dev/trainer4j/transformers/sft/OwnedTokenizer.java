// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.sft;

import dev.trainer4j.data.ProcessingClass;
import dev.trainer4j.transformers.PretrainedModel;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The tokenizer of a trainer, as its arguments want it: the caller's, or that of the model's folder, which is closed with it. */
final class OwnedTokenizer implements AutoCloseable {

  private final @Nullable PretrainedTokenizer loaded;
  private final SftTokenizer tokenizer;

  private OwnedTokenizer(@Nullable PretrainedTokenizer loaded, SftTokenizer tokenizer) {
    this.loaded = loaded;
    this.tokenizer = tokenizer;
  }

  /**
   * Finds the tokenizer of a builder.
   *
   * @param model whose folder may have one
   * @throws IllegalArgumentException if there is none
   */
  static OwnedTokenizer of(SftTrainer.Builder builder, PretrainedModel model) {
    ProcessingClass given = builder.processing;
    if (given instanceof PretrainedTokenizer tokenizer) {
      return new OwnedTokenizer(null, SftTokenizer.of(tokenizer, builder.sftArguments));
    }
    if (given != null) {
      throw new IllegalArgumentException(
          "processingClass is a "
              + given.getClass().getName()
              + ", expected a PretrainedTokenizer, which texts are prepared with");
    }
    PretrainedTokenizer loaded = PretrainedTokenizer.load(folder(model));
    try {
      return new OwnedTokenizer(loaded, SftTokenizer.of(loaded, builder.sftArguments));
    } catch (RuntimeException e) {
      loaded.close();
      throw e;
    }
  }

  private static Path folder(PretrainedModel base) {
    return base.folder()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "tokenizer: missing, and the model was not loaded from a folder that could have"
                        + " one; give it with tokenizer(PretrainedTokenizer.load(folder))"));
  }

  PretrainedTokenizer get() {
    return tokenizer.tokenizer();
  }

  /** The ids of tokens that came with a chat template, which the model may not know. */
  List<Integer> addedTokens() {
    return tokenizer.addedTokens();
  }

  @Override
  public void close() {
    tokenizer.close();
    if (loaded != null) {
      loaded.close();
    }
  }
}
