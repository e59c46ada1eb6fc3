// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.decoder;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import dev.trainer4j.model.ForwardPass;
import dev.trainer4j.model.LossOutput;
import dev.trainer4j.model.ModelOutput;
import dev.trainer4j.transformers.architecture.KernelWeights;
import java.util.Map;
import java.util.Set;

/** Logits of all places, unless the loss alone is asked for, and their cross entropy, and nothing besides. */
record PlainHead(DecoderKernels kernels) implements CausalHead {

  @Override
  public NDList run(
      NDArray hidden,
      NDArray labels,
      ForwardPass pass,
      KernelWeights weights,
      boolean trainsProjection) {
    NDArray targets = pass.shared().get(DecoderInputs.TARGETS);
    return targets == null
        ? kernels.loss("loss", hidden, labels, pass, weights)
        : new NDList(kernels.trainedLoss("loss", hidden, targets, pass, weights).subNDList(0, 2));
  }

  @Override
  public ModelOutput outputs(NDList last) {
    return last.size() == 2
        ? ModelOutput.of(Map.of()).withLoss(LossOutput.of(last.get(0), last.get(1)))
        : ModelOutput.logits(last.get(0)).withLoss(LossOutput.of(last.get(1), last.get(2)));
  }

  @Override
  public Set<String> parts() {
    return Set.of();
  }
}
