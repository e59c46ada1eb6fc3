// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.torch;

import ai.djl.ndarray.NDArray;
import ai.djl.pytorch.jni.IValue;
import java.util.List;

/** The gradients that an {@link UpdateKernel} reads: measure, divide, clip. */
public abstract sealed class GradientList implements AutoCloseable
    permits Gradients, FreshGradients, GivenGradients {

  private final Kernels kernels = Kernels.shared();

  GradientList() {}

  /**
   * What the gradients of an update come to.
   *
   * @param norm global L2 norm after division by the weight, before clipping
   * @param lossSum sum of the losses, not divided
   */
  public record Measure(double norm, double lossSum) {}

  /** The gradients as an argument of type {@code List[Tensor]}, which stays this object's. */
  abstract IValue value();

  /** The kernel that makes an update of them. */
  abstract String updateKernel();

  /**
   * Returns the global L2 norm of the gradients, and the sum of the losses, reading the device once.
   *
   * @param losses the micro batches' losses, scalars
   * @param inverseWeight what the gradients are still to be multiplied by
   */
  public Measure measure(List<NDArray> losses, double inverseWeight) {
    try (IValue lossesValue = Kernels.list(losses);
        IValue weightValue = IValue.from(inverseWeight)) {
      double[] numbers = kernels.numbers("measure", value(), lossesValue, weightValue);
      return new Measure(numbers[0], numbers[1]);
    }
  }

  /**
   * Multiplies the gradients by {@code inverseWeight} and clips them by their global L2 norm, as
   * PyTorch's {@code clip_grad_norm_} does.
   *
   * @param norm what {@link #measure} found, of all gradients where these are a part of them
   * @param maxNorm the largest norm, 0 for no clipping
   */
  public void clip(double norm, double inverseWeight, double maxNorm) {
    try (IValue normValue = IValue.from(norm);
        IValue weightValue = IValue.from(inverseWeight);
        IValue maxValue = IValue.from(maxNorm)) {
      kernels.run("clip", value(), normValue, weightValue, maxValue);
    }
  }

  /** Multiplies the gradients. */
  public void multiply(double factor) {
    try (IValue factorValue = IValue.from(factor)) {
      kernels.run("multiply", value(), factorValue);
    }
  }

  @Override
  public abstract void close();
}
