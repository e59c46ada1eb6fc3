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
import java.util.Map;
import java.util.Set;

/**
 * Logits of all places, unless the loss alone is asked for, and a loss of them, with what they say of the tokens.
 *
 * @param loss the kind of the loss, as its kernels are called
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
    NDArray targets = pass.shared().get(DecoderInputs.TARGETS);
    if (targets != null) {
      return lossOf(hidden, targets, pass, weights);
    }
    NDList last = kernels.loss(loss, hidden, labels, pass, weights);
    try (Autograd.Recording off = Autograd.record(false)) {
      last.addAll(kernels.observe(last.get(0), labels, pass, rows));
    }
    return last;
  }

  private NDList lossOf(NDArray hidden, NDArray targets, ForwardPass pass, KernelWeights weights) {
    NDList found = kernels.trainedLoss(loss, hidden, targets, pass, weights);
    NDList last = new NDList(found.get(0), found.get(1));
    try (NDArray logs = found.get(2);
        NDArray wanted = found.get(3);
        Autograd.Recording off = Autograd.record(false)) {
      last.addAll(kernels.observeTrained(logs, wanted, rows));
    }
    return last;
  }

  @Override
  public ModelOutput outputs(NDList last) {
    return last.size() == 4
        ? ModelOutput.of(Map.of()).withLoss(withParts(last))
        : ModelOutput.logits(last.get(0)).withLoss(withParts(last.subNDList(1)));
  }

  /** The sum of a loss, its weight, and what else is told of its tokens. */
  static LossOutput withParts(NDList sums) {
    return LossOutput.of(sums.get(0), sums.get(1))
        .part(TokenLoss.ENTROPY, sums.get(2))
        .part(TokenLoss.ACCURACY, sums.get(3));
  }

  @Override
  public Set<String> parts() {
    return TokenLoss.parts();
  }
}
