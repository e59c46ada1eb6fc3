// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.decoder;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import dev.trainer4j.data.ModelInputs;
import org.jspecify.annotations.Nullable;

/**
 * A padded batch without its padding: the layers compute its tokens alone, one text behind the other, and what they make is
 * put back to where it stood. Nobody sees a token that the mask hides, so all others become what they would beside it.
 *
 * @param ids shape [1, tokens]
 * @param positions of each token in its row, shape [1, tokens]
 * @param lengths of the texts, on the CPU
 * @param places of the tokens in the batch read row after row
 */
record Unpadding(NDArray ids, NDArray positions, NDArray lengths, NDArray places) {

  /**
   * Leaves out what is hidden, where that is much.
   *
   * @param mask shape [batch, length]; 0 hides
   * @return null where little is hidden, or the loss asks for the output of a hidden token
   */
  static @Nullable Unpadding of(DecoderKernels kernels, ModelInputs inputs, NDArray mask) {
    NDArray ids = inputs.get("input_ids");
    NDArray labels = inputs.find("labels").orElse(null);
    // Each text is a few calls: on a GPU they would cost more than the padding does.
    boolean alone = labels != null && labels.getShape().equals(ids.getShape());
    if (labels == null || !alone || ids.getDevice().isGpu()) {
      return null;
    }
    NDArray places = kernels.call("kept_places", mask, labels);
    if (places.isEmpty()) {
      return null;
    }
    NDList kept = kernels.calls("kept", ids, places);
    return new Unpadding(kept.get(0), kept.get(1), kernels.call("kept_lengths", mask), places);
  }
}
