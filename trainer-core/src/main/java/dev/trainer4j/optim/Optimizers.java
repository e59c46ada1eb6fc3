// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.optim;

import static dev.trainer4j.optim.KernelSpec.on;

import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;

/**
 * The ready-made optimizers. Formulas, defaults and order of operations are PyTorch's ({@code
 * torch.optim}) and, for Adafactor, transformers'; parameters after each step equal theirs.
 */
public final class Optimizers {

  private Optimizers() {}

  /**
   * Adam with decoupled weight decay (Loshchilov and Hutter, 2019).
   *
   * @param amsgrad whether the largest second moment so far is used (Reddi et al., 2018)
   */
  public static Optimizer adamW(
      List<ParameterGroup> groups, double beta1, double beta2, double epsilon, boolean amsgrad) {
    return adam("adamw", groups, beta1, beta2, epsilon, amsgrad);
  }

  /** Adam (Kingma and Ba, 2015); weight decay is added to the gradient. */
  public static Optimizer adam(
      List<ParameterGroup> groups, double beta1, double beta2, double epsilon, boolean amsgrad) {
    return adam("adam", groups, beta1, beta2, epsilon, amsgrad);
  }

  private static Optimizer adam(
      String kind,
      List<ParameterGroup> groups,
      double beta1,
      double beta2,
      double epsilon,
      boolean amsgrad) {
    List<Slot> slots = new ArrayList<>();
    slots.add(Slot.STEP);
    slots.add(Slot.like("exp_avg"));
    slots.add(Slot.like("exp_avg_sq"));
    if (amsgrad) {
      slots.add(Slot.like("max_exp_avg_sq"));
    }
    List<Double> options = List.of(beta1, beta2, epsilon, on(amsgrad));
    return new KernelOptimizer(groups, new KernelSpec(kind, slots, options));
  }

  /**
   * Stochastic gradient descent.
   *
   * @param momentum 0 for none
   * @param dampening share of a gradient that does not enter the momentum, from the second step on
   * @param nesterov whether to look ahead; needs momentum and no dampening
   */
  public static Optimizer sgd(
      List<ParameterGroup> groups, double momentum, double dampening, boolean nesterov) {
    if (nesterov && (momentum <= 0 || dampening != 0)) {
      throw new IllegalArgumentException(
          "nesterov=true needs momentum above 0 and dampening 0, but they are "
              + momentum
              + " and "
              + dampening);
    }
    List<Slot> slots = momentum == 0 ? List.of() : List.of(Slot.STEP, Slot.like("momentum_buffer"));
    List<Double> options = List.of(momentum, dampening, on(nesterov));
    return new KernelOptimizer(groups, new KernelSpec("sgd", slots, options));
  }

  /** Adagrad (Duchi, Hazan and Singer, 2011). */
  public static Optimizer adagrad(
      List<ParameterGroup> groups, double lrDecay, double epsilon, double initialAccumulatorValue) {
    Slot sum = new Slot("sum", shape -> shape, initialAccumulatorValue);
    List<Double> options = List.of(lrDecay, epsilon);
    return new KernelOptimizer(groups, new KernelSpec("adagrad", List.of(Slot.STEP, sum), options));
  }

  /** RMSprop (Hinton, lecture 6e; centered as in Graves, 2013). */
  public static Optimizer rmsProp(
      List<ParameterGroup> groups,
      double alpha,
      double epsilon,
      double momentum,
      boolean centered) {
    List<Slot> slots = new ArrayList<>(List.of(Slot.like("square_avg")));
    if (momentum > 0) {
      slots.add(Slot.like("momentum_buffer"));
    }
    if (centered) {
      slots.add(Slot.like("grad_avg"));
    }
    List<Double> options = List.of(alpha, epsilon, momentum, on(centered));
    return new KernelOptimizer(groups, new KernelSpec("rmsprop", slots, options));
  }

  /**
   * The choices of Adafactor.
   *
   * @param epsilon1 keeps squared gradients above 0
   * @param epsilon2 least root mean square of a parameter when scaling by it
   * @param clipThreshold largest root mean square of an update
   * @param decayRate exponent of the second moment's decay, below 0
   * @param beta1 first moment, below 0 for none
   * @param scaleParameter whether the rate is multiplied by the parameter's root mean square
   * @param relativeStep whether the rate follows 1/sqrt(step) instead of the learning rate
   * @param warmupInit whether that rate starts at 1e-6 and grows
   */
  public record AdafactorOptions(
      double epsilon1,
      double epsilon2,
      double clipThreshold,
      double decayRate,
      double beta1,
      boolean scaleParameter,
      boolean relativeStep,
      boolean warmupInit) {

    /** What Hugging Face's Trainer uses: the schedule decides the rate. */
    public static AdafactorOptions defaults() {
      return new AdafactorOptions(1e-30, 1e-3, 1, -0.8, -1, false, false, false);
    }
  }

  /** Adafactor (Shazeer and Stern, 2018): second moments of matrices as rows and columns. */
  public static Optimizer adafactor(List<ParameterGroup> groups, AdafactorOptions options) {
    Shape none = new Shape(0);
    List<Slot> slots = new ArrayList<>();
    slots.add(Slot.STEP);
    slots.add(new Slot("exp_avg_sq_row", s -> s.dimension() < 2 ? none : without(s, 1), 0));
    slots.add(new Slot("exp_avg_sq_col", s -> s.dimension() < 2 ? none : without(s, 2), 0));
    slots.add(new Slot("exp_avg_sq", s -> s.dimension() < 2 ? s : none, 0));
    if (options.beta1() >= 0) {
      slots.add(Slot.like("exp_avg"));
    }
    List<Double> constants =
        List.of(
            options.epsilon1(),
            options.epsilon2(),
            options.clipThreshold(),
            options.decayRate(),
            options.beta1(),
            on(options.scaleParameter()),
            on(options.relativeStep()),
            on(options.warmupInit()));
    return new KernelOptimizer(groups, new KernelSpec("adafactor", slots, constants));
  }

  /** The shape without its dimension {@code fromEnd} (1 = last). */
  private static Shape without(Shape shape, int fromEnd) {
    int dropped = shape.dimension() - fromEnd;
    return shape.slice(0, dropped).addAll(shape.slice(dropped + 1));
  }
}
