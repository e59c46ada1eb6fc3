// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.decoder;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import dev.trainer4j.model.ForwardPass;
import dev.trainer4j.model.ModelOutput;
import dev.trainer4j.transformers.architecture.KernelWeights;
import dev.trainer4j.transformers.architecture.TokenLoss;
import java.util.Set;

/** What the head of a language model makes of hidden states and labels. */
interface CausalHead {

  /**
   * Runs the head.
   *
   * @param hidden what the last layer gave, [batch, length, hidden], or [1, tokens, hidden] without padding
   * @param labels [batch, length]; -100 for those that do not count. Where the pass has {@link DecoderInputs#TARGETS}, these say which
   *     of the hidden states count, and no logits are asked for
   * @param weights last norm, its bias, output projection
   * @param trainsProjection whether the output projection takes a gradient
   */
  NDList run(
      NDArray hidden,
      NDArray labels,
      ForwardPass pass,
      KernelWeights weights,
      boolean trainsProjection);

  /** Makes outputs of what {@link #run} returned. */
  ModelOutput outputs(NDList last);

  /** Returns the names of the parts of the loss. */
  Set<String> parts();

  /** Returns the head of a loss. */
  static CausalHead of(TokenLoss loss, DecoderKernels kernels, int vocabulary) {
    long rows = loss.chunkRows(vocabulary);
    return switch (loss.kind()) {
      case NLL -> new ObservedHead(kernels, "loss", rows);
      case DFT -> new ObservedHead(kernels, "dft_loss", rows);
      case CHUNKED_NLL -> new ChunkedHead(kernels, rows, new ObservedHead(kernels, "loss", rows));
    };
  }
}
