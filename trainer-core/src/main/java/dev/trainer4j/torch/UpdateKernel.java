// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.torch;

import ai.djl.ndarray.NDArray;
import ai.djl.pytorch.jni.IValue;
import java.util.List;

/**
 * The kernels of one optimizer bound to its parameters and state.
 *
 * <p>The lists of parameters, state tensors, groups and options cross into native code once; an
 * update passes only what changes.
 */
public final class UpdateKernel implements AutoCloseable {

  /**
   * What an update did.
   *
   * @param gradientNorm global L2 norm of the gradients after division, before clipping
   * @param lossSum sum of the micro batches' losses, not divided
   * @param taken false if the guard, or a weight of 0, kept everything as it was
   * @param weight what the gradients were divided by, besides the scale
   */
  public record Outcome(double gradientNorm, double lossSum, boolean taken, double weight) {}

  private final Kernels kernels = Kernels.shared();
  private final IValue kind;
  private final IValue parameters;
  private final GradientList gradients;
  private final IValue slots;
  private final IValue counters;
  private final IValue groupEnds;
  private final IValue divisorOfOne;
  private final IValue options;

  /**
   * Binds the kernel {@code kind}.
   *
   * @param parameters those of the gradients
   * @param gradients a gradient for each, by the time of an update
   * @param slots state tensors, slot after slot: slot k of parameter i at k * parameters + i
   * @param counters the memory of the slots that count steps, in as few tensors as possible: the
   *     kernel adds one to each; empty if the optimizer has none
   * @param groupEnds index of the first parameter behind each group, ascending
   * @param options the optimizer's constants in the order that {@code kernels.py} gives
   */
  public UpdateKernel(
      String kind,
      List<NDArray> parameters,
      GradientList gradients,
      List<NDArray> slots,
      List<NDArray> counters,
      long[] groupEnds,
      double[] options) {
    this.kind = IValue.from(kind);
    this.parameters = Kernels.list(parameters);
    this.gradients = gradients;
    this.slots = Kernels.list(slots);
    this.counters = Kernels.list(counters);
    this.divisorOfOne = IValue.from(1.0);
    this.groupEnds = IValue.listFrom(groupEnds);
    this.options = IValue.listFrom(options);
  }

  /**
   * Divides, clips and steps in one native call, and zeroes {@link Gradients}.
   *
   * @param rates learning rate of each group
   * @param decays weight decay of each group
   * @param losses the micro batches' losses, scalars
   * @param weights scalars that are part of the weight of the update; read on the device
   * @param knownWeight the rest of the weight
   * @param scale what the gradients are divided by besides the weight
   * @param maxNorm the largest global norm, 0 for no clipping
   * @param guard whether a norm or loss that is not finite leaves parameters and gradients as they
   *     were
   */
  public Outcome update(
      double[] rates,
      double[] decays,
      List<NDArray> losses,
      List<NDArray> weights,
      double knownWeight,
      double scale,
      double maxNorm,
      boolean guard) {
    try (IValue ratesValue = IValue.listFrom(rates);
        IValue decaysValue = IValue.listFrom(decays);
        IValue lossesValue = Kernels.list(losses);
        IValue weightsValue = Kernels.list(weights);
        IValue weightValue = IValue.from(knownWeight);
        IValue scaleValue = IValue.from(scale);
        IValue normValue = IValue.from(maxNorm);
        IValue guardValue = IValue.from(guard)) {
      double[] outcome =
          kernels.numbers(
              gradients.updateKernel(),
              kind,
              parameters,
              gradients.value(),
              slots,
              counters,
              groupEnds,
              options,
              ratesValue,
              decaysValue,
              lossesValue,
              weightsValue,
              weightValue,
              scaleValue,
              normValue,
              guardValue);
      return new Outcome(outcome[0], outcome[1], outcome[2] == 1.0, outcome[3]);
    }
  }

  /** Steps only, from the gradients as they are. */
  public void step(double[] rates, double[] decays) {
    try (IValue ratesValue = IValue.listFrom(rates);
        IValue decaysValue = IValue.listFrom(decays)) {
      kernels.run(
          "step",
          kind,
          parameters,
          gradients.value(),
          slots,
          counters,
          groupEnds,
          options,
          ratesValue,
          decaysValue,
          divisorOfOne);
    }
  }

  @Override
  public void close() {
    kind.close();
    parameters.close();
    slots.close();
    counters.close();
    divisorOfOne.close();
    groupEnds.close();
    options.close();
  }
}
