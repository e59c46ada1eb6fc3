// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.torch;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.IValue;
import ai.djl.pytorch.jni.JniUtils;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The gradients of a fixed list of parameters that backward adds up in them, as {@code
 * getGradient()} shows: divide, clip, zero.
 *
 * <p>A parameter has no gradient until a loss first depends on it; from then on libtorch adds to one
 * array, which is zeroed and never replaced. So once every parameter has one, they need no more
 * looking up.
 */
public final class Gradients extends GradientList {

  private final Kernels kernels = Kernels.shared();
  private final List<NDArray> parameters;
  private final @Nullable NDArray[] found;
  private int missing;
  private @Nullable IValue present;

  /** Binds {@code parameters}; none needs to have a gradient yet. */
  public Gradients(List<NDArray> parameters) {
    this.parameters = List.copyOf(parameters);
    found = new NDArray[parameters.size()];
    missing = found.length;
  }

  /** Looks for gradients that did not exist before; returns how many there are. */
  public int refresh() {
    int before = missing;
    for (int i = 0; missing > 0 && i < found.length; i++) {
      if (found[i] == null) {
        PtNDArray gradient = JniUtils.getGradient((PtNDArray) parameters.get(i));
        if (gradient != null) {
          NDScope.unregister(gradient);
          found[i] = gradient;
          missing--;
        }
      }
    }
    if (missing != before) {
      release();
      present = Kernels.list(present());
    }
    return found.length - missing;
  }

  /** Returns whether parameter {@code index} has a gradient, as far as {@link #refresh} saw. */
  public boolean has(int index) {
    return found[index] != null;
  }

  private List<NDArray> present() {
    List<NDArray> gradients = new ArrayList<>();
    for (NDArray gradient : found) {
      if (gradient != null) {
        gradients.add(gradient);
      }
    }
    return gradients;
  }

  /** Those that exist. */
  @Override
  IValue value() {
    IValue value = present;
    if (value == null) {
      throw new IllegalStateException("no loss has depended on any of the parameters yet");
    }
    return value;
  }

  /**
   * Divides the gradients and clips them by their global L2 norm, as PyTorch's {@code
   * clip_grad_norm_} does.
   *
   * @param losses the micro batches' losses, scalars
   * @param inverseWeight multiplies the gradients
   * @param maxNorm the largest norm, 0 for no clipping
   * @param guard whether a norm or loss that is not finite leaves the gradients as they were
   * @return the norm before clipping, the sum of the losses, and whether the guard let it happen
   */
  public UpdateKernel.Outcome clip(
      List<NDArray> losses, double inverseWeight, double maxNorm, boolean guard) {
    refresh();
    try (IValue lossesValue = Kernels.list(losses);
        IValue weightValue = IValue.from(inverseWeight);
        IValue normValue = IValue.from(maxNorm);
        IValue guardValue = IValue.from(guard)) {
      double[] stats =
          kernels.numbers("clip", value(), lossesValue, weightValue, normValue, guardValue);
      return new UpdateKernel.Outcome(stats[0], stats[1], stats[2] == 1.0, 1 / inverseWeight);
    }
  }

  /** Sets all gradients that exist to zero. */
  public void zero() {
    refresh();
    if (present != null) {
      kernels.run("zero", present);
    }
  }

  @Override
  String updateKernel() {
    return "update";
  }

  private void release() {
    if (present != null) {
      present.close();
      present = null;
    }
  }

  @Override
  public void close() {
    release();
    for (NDArray gradient : found) {
      if (gradient != null) {
        gradient.close();
      }
    }
  }
}
