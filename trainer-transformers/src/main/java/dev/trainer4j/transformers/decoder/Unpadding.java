// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.decoder;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import dev.trainer4j.data.ModelInputs;
import org.jspecify.annotations.Nullable;

/**
 * A padded batch without its padding: the model computes its tokens alone, one text behind the other. Nobody sees a token that
 * the mask hides, so all others become what they would beside it.
 *
 * @param ids shape [1, tokens]
 * @param positions of each token in its row, shape [1, tokens]
 * @param lengths of the texts, on the CPU
 * @param targets the next token for each of the tokens; -100 for those that do not count
 */
record Unpadding(NDArray ids, NDArray positions, NDArray lengths, NDArray targets) {

  /**
   * Leaves out what is hidden, where that is much.
   *
   * @param mask shape [batch, length]; 0 hides
   * @param labels shape [batch, length]
   * @return null where little is hidden, or the loss asks for the output of a hidden token
   */
  static @Nullable Unpadding of(
      DecoderKernels kernels, ModelInputs inputs, NDArray mask, NDArray labels) {
    NDArray ids = inputs.get("input_ids");
    NDArray places = kernels.call("kept_places", mask, labels);
    if (places.isEmpty()) {
      return null;
    }
    NDList kept = kernels.calls("kept", ids, labels, places);
    return new Unpadding(kept.get(0), kept.get(1), kernels.call("kept_lengths", mask), kept.get(2));
  }
}
