// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.torch;

import ai.djl.ndarray.NDArray;
import ai.djl.pytorch.jni.IValue;
import java.util.List;

/** The gradients of a fixed list of parameters: divide, clip, zero. */
public final class Gradients implements AutoCloseable {

  private final Kernels kernels = Kernels.shared();
  private final IValue parameters;

  /** Binds {@code parameters}; the order does not matter. */
  public Gradients(List<NDArray> parameters) {
    this.parameters = Kernels.list(parameters);
  }

  /**
   * Divides the gradients and clips them by their global L2 norm, as PyTorch's {@code
   * clip_grad_norm_} does.
   *
   * @param losses the micro batches' losses, scalars
   * @param inverseWeight multiplies the gradients
   * @param maxNorm the largest norm, 0 for no clipping
   * @return the norm before clipping and the sum of the losses; taken is true
   */
  public UpdateKernel.Outcome clip(List<NDArray> losses, double inverseWeight, double maxNorm) {
    try (IValue lossesValue = Kernels.list(losses);
        IValue weightValue = IValue.from(inverseWeight);
        IValue normValue = IValue.from(maxNorm)) {
      double[] stats = kernels.numbers("clip", parameters, lossesValue, weightValue, normValue);
      return new UpdateKernel.Outcome(stats[0], stats[1], true);
    }
  }

  /** Sets all gradients to zero. */
  public void zero() {
    kernels.run("zero", parameters);
  }

  @Override
  public void close() {
    parameters.close();
  }
}
