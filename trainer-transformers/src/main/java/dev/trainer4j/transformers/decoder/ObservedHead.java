// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.decoder;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import dev.trainer4j.model.ForwardPass;
import dev.trainer4j.model.LossOutput;
import dev.trainer4j.model.ModelOutput;
import dev.trainer4j.torch.Autograd;
import dev.trainer4j.transformers.architecture.KernelWeights;
import dev.trainer4j.transformers.architecture.TokenLoss;
import java.util.Set;

/**
 * Logits of all places and a loss of them, with what they say of the tokens.
 *
 * @param loss the kernel of the loss: logits, sum and count
 * @param rows how many rows of logits are looked at a time
 */
record ObservedHead(DecoderKernels kernels, String loss, long rows) implements CausalHead {

  @Override
  public NDList run(
      NDArray hidden,
      NDArray labels,
      ForwardPass pass,
      KernelWeights weights,
      boolean trainsProjection) {
    NDList last = kernels.loss(loss, hidden, labels, pass, weights);
    try (Autograd.Recording off = Autograd.record(false)) {
      last.addAll(kernels.observe(last.get(0), labels, pass, rows));
    }
    return last;
  }

  @Override
  public ModelOutput outputs(NDList last) {
    return ModelOutput.logits(last.get(0))
        .withLoss(
            LossOutput.of(last.get(1), last.get(2))
                .part(TokenLoss.ENTROPY, last.get(3))
                .part(TokenLoss.ACCURACY, last.get(4)));
  }

  @Override
  public Set<String> parts() {
    return TokenLoss.parts();
  }
}
