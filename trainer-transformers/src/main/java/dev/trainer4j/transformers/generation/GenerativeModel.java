// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.generation;

import ai.djl.ndarray.NDManager;
import org.jspecify.annotations.Nullable;

/** A model that can write text, token after token. */
public interface GenerativeModel {

  /** Returns the manager that the parameters live on. */
  NDManager manager();

  /**
   * Returns whether an encoder reads the input and a decoder starts anew ({@code true}, as in T5), or the output goes on
   * where the input ends.
   */
  default boolean isEncoderDecoder() {
    return false;
  }

  /** Returns whether the model has a head that writes text; one for labels of texts, say, has none. */
  default boolean writesText() {
    return true;
  }

  /** Returns the model's own settings: those of {@code generation_config.json}. */
  GenerationConfig generationConfig();

  /**
   * Reads the inputs and prepares to decode. An encoder-decoder model runs its encoder here; any other only takes note
   * of the attention mask.
   *
   * @param inputIds the rows of the batch, of one length
   * @param attentionMask 0 where a row is padded, else 1, of the same shape; null if nothing is padded
   * @param maxLength the number of decoder positions that will be used at most
   */
  DecodingSession startDecoding(
      long[][] inputIds, long @Nullable [][] attentionMask, int maxLength);
}
