// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.decoder;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import dev.trainer4j.model.ForwardPass;
import dev.trainer4j.model.ModelOutput;
import dev.trainer4j.torch.Autograd;
import dev.trainer4j.transformers.architecture.KernelWeights;
import dev.trainer4j.transformers.architecture.TokenLoss;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The cross entropy of the places whose labels count, with logits of a few of them at a time.
 *
 * <p>Logits, their loss and both of its gradients, of the hidden states and of the projection, are computed outside of autograd,
 * which would keep all logits or compute them again. Autograd is then given the loss plus a term that is 0 and has these gradients.
 */
final class ChunkedHead implements CausalHead {

  private static final Logger LOG = LoggerFactory.getLogger(ChunkedHead.class);

  private final DecoderKernels kernels;
  private final long rows;
  private final ObservedHead whole;
  private final AtomicBoolean told = new AtomicBoolean();

  /**
   * Prepares the head.
   *
   * @param rows how many rows of logits there are at a time
   * @param whole what runs where an adapter stands beside the projection
   */
  ChunkedHead(DecoderKernels kernels, long rows, ObservedHead whole) {
    this.kernels = kernels;
    this.rows = rows;
    this.whole = whole;
  }

  @Override
  public NDList run(
      NDArray hidden,
      NDArray labels,
      ForwardPass pass,
      KernelWeights weights,
      boolean trainsProjection) {
    if (weights.layout().adapters() > 0) {
      if (!told.getAndSet(true)) {
        LOG.warn(
            "chunked_nll: an adapter stands beside the output head, so the logits of all places are"
                + " made at once, as with nll; leave lm_head out of the adapter's modules to save memory");
      }
      return whole.run(hidden, labels, pass, weights, trainsProjection);
    }
    NDArray known = pass.shared().get(DecoderInputs.TARGETS);
    NDArray targets = known == null ? kernels.targets(labels, pass) : known;
    NDList trained = kernels.trainedStates(hidden, targets, pass, weights);
    NDArray states = trained.get(0);
    int gradients = Autograd.isOn() ? (trainsProjection ? 2 : 1) : 0;
    NDList sums;
    try (Autograd.Recording off = Autograd.record(false)) {
      sums = kernels.chunkedLoss(states, trained.get(1), pass, weights, rows, gradients);
    }
    NDArray loss = sums.get(0);
    if (gradients > 0) {
      // The graph keeps the gradients as long as it needs them.
      try (NDArray ofStates = sums.get(4);
          NDArray ofProjection = sums.get(5)) {
        loss = kernels.withGradients(loss, states, ofStates, ofProjection, pass, weights);
      }
    }
    return new NDList(loss, sums.get(1), sums.get(2), sums.get(3));
  }

  @Override
  public ModelOutput outputs(NDList last) {
    return whole.outputs(last);
  }

  @Override
  public Set<String> parts() {
    return TokenLoss.parts();
  }
}
