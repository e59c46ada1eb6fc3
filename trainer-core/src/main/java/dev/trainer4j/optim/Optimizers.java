// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.optim;

import static dev.trainer4j.optim.KernelSpec.on;

import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * The ready-made optimizers. Formulas, defaults and order of operations are PyTorch's ({@code
 * torch.optim}) and, for Adafactor, transformers'; parameters after each step equal theirs. What PyTorch
 * does not have follows the paper that is named, and parameters equal those of its formula.
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
    return new KernelOptimizer(
        groups,
        new KernelSpec("adafactor", slots, constants)
            .needsWhole("Adafactor keeps its second moments by rows and columns of a matrix"));
  }

  /**
   * Lion (Chen et al., 2023): steps of the same size in every direction, by the sign of a momentum. It wants
   * a rate 3 to 10 times smaller than AdamW's, and a weight decay as much larger.
   *
   * @param beta1 what the sign is taken of keeps so much of the momentum
   * @param beta2 how much of the momentum stays
   */
  public static Optimizer lion(List<ParameterGroup> groups, double beta1, double beta2) {
    return new KernelOptimizer(
        groups, new KernelSpec("lion", List.of(Slot.like("exp_avg")), List.of(beta1, beta2)));
  }

  /**
   * The choices of AdEMAMix.
   *
   * @param beta1 what stays of the fast average of gradients
   * @param beta2 what stays of the average of squared gradients
   * @param beta3 what stays of the slow average of gradients
   * @param alpha how much the slow average counts beside the fast one
   * @param epsilon keeps the root of the squares above 0
   * @param alphaUpdates updates in which alpha rises from 0 to what it is; 0 to begin with it
   * @param beta3Updates updates in which beta3 rises from beta1 to what it is; 0 to begin with it
   */
  public record AdEmaMixOptions(
      double beta1,
      double beta2,
      double beta3,
      double alpha,
      double epsilon,
      long alphaUpdates,
      long beta3Updates) {

    /** What Hugging Face's Trainer uses. */
    public static AdEmaMixOptions defaults() {
      return new AdEmaMixOptions(0.9, 0.999, 0.9999, 5, 1e-8, 0, 0);
    }
  }

  /** AdEMAMix (Pagliardini, Ablin and Grangier, 2024): AdamW with a second, slow average of gradients. */
  public static Optimizer adEmaMix(List<ParameterGroup> groups, AdEmaMixOptions options) {
    List<Slot> slots =
        List.of(
            Slot.STEP, Slot.like("exp_avg"), Slot.like("exp_avg_slow"), Slot.like("exp_avg_sq"));
    List<Double> constants =
        List.of(
            options.beta1(),
            options.beta2(),
            options.beta3(),
            options.alpha(),
            options.epsilon(),
            (double) options.alphaUpdates(),
            (double) options.beta3Updates());
    return new KernelOptimizer(groups, new KernelSpec("ademamix", slots, constants));
  }

  /**
   * StableAdamW (Wortsman et al., 2023): AdamW whose rate shrinks for a tensor whose gradients are larger
   * than their average, as Adafactor clips; so gradients need no clipping by norm.
   */
  public static Optimizer stableAdamW(
      List<ParameterGroup> groups, double beta1, double beta2, double epsilon) {
    return stableAdamWDecaying(groups, beta1, beta2, epsilon, ParameterGroup::weightDecay);
  }

  /**
   * The same with a weight decay that does not depend on the peak rate: a parameter loses the weight
   * decay's share of itself at the largest rate, and less as a schedule lowers it.
   *
   * @param maxRate the largest rate of a group's schedule, such as {@code ParameterGroup::learningRate}
   */
  public static Optimizer stableAdamW(
      List<ParameterGroup> groups,
      double beta1,
      double beta2,
      double epsilon,
      ToDoubleFunction<ParameterGroup> maxRate) {
    return stableAdamWDecaying(
        groups,
        beta1,
        beta2,
        epsilon,
        group -> {
          double most = maxRate.applyAsDouble(group);
          // A group that stands still has no share of its rate.
          return most > 0 ? group.weightDecay() / most : 0;
        });
  }

  private static Optimizer stableAdamWDecaying(
      List<ParameterGroup> groups,
      double beta1,
      double beta2,
      double epsilon,
      ToDoubleFunction<ParameterGroup> decay) {
    List<Slot> slots = List.of(Slot.STEP, Slot.like("exp_avg"), Slot.like("exp_avg_sq"));
    List<Double> options = List.of(beta1, beta2, epsilon);
    return new KernelOptimizer(
        groups,
        new KernelSpec("stable_adamw", slots, options, decay)
            .needsWhole(
                "StableAdamW sets the rate of a parameter by the mean of all its gradients"));
  }

  /**
   * AdamW whose state takes 8 bits a number (Dettmers et al., 2022), block by block, as bitsandbytes'
   * {@code AdamW8bit}: a quarter of the memory. Parameters of fewer than 4,096 numbers keep state of their
   * own type. Weight decay comes before the step, as in PyTorch's AdamW.
   */
  public static Optimizer adamW8bit(
      List<ParameterGroup> groups, double beta1, double beta2, double epsilon) {
    List<Slot> slots =
        List.of(
            Slot.STEP,
            BlockwiseCode.state(1),
            BlockwiseCode.largest(1),
            BlockwiseCode.state(2),
            BlockwiseCode.largest(2));
    List<Double> options = new ArrayList<>(List.of(beta1, beta2, epsilon));
    options.addAll(BlockwiseCode.shares(true));
    options.addAll(BlockwiseCode.shares(false));
    return new KernelOptimizer(
        groups,
        new KernelSpec("adamw_8bit", slots, options)
            .needsWhole("state of 8 bits lies in blocks that begin where a parameter begins"));
  }

  /**
   * The choices that all schedule-free optimizers have.
   *
   * @param warmupSteps updates in which the rate rises to the group's, 0 for none
   * @param r exponent of the update's number in its weight in the average
   * @param weightLrPower exponent of the largest rate so far in that weight
   */
  public record ScheduleFreeOptions(long warmupSteps, double r, double weightLrPower) {

    /** What Hugging Face's Trainer uses, without a warmup. */
    public static ScheduleFreeOptions defaults() {
      return new ScheduleFreeOptions(0, 0, 2);
    }
  }

  /**
   * Schedule-free AdamW (Defazio et al., 2024): in place of a schedule the weights are averaged as they come.
   * Training sees a point between the average and the newest weights; evaluations and saved models have
   * the average. The rate stays constant.
   */
  public static Optimizer scheduleFreeAdamW(
      List<ParameterGroup> groups,
      double beta1,
      double beta2,
      double epsilon,
      ScheduleFreeOptions options) {
    List<Double> constants =
        List.of(
            beta1,
            beta2,
            epsilon,
            (double) options.warmupSteps(),
            options.r(),
            options.weightLrPower());
    return scheduleFree("schedule_free_adamw", groups, true, constants);
  }

  /**
   * Schedule-free RAdam: as {@link #scheduleFreeAdamW}, with the warmup that the number of squared gradients
   * gives (Liu et al., 2019); with a beta2 of 0.999 the first five updates move nothing.
   *
   * @param options without a warmup
   */
  public static Optimizer scheduleFreeRAdam(
      List<ParameterGroup> groups,
      double beta1,
      double beta2,
      double epsilon,
      ScheduleFreeOptions options) {
    if (options.warmupSteps() != 0) {
      throw new IllegalArgumentException(
          "RAdam warms up by itself, but warmupSteps is " + options.warmupSteps());
    }
    List<Double> constants = List.of(beta1, beta2, epsilon, options.r(), options.weightLrPower());
    return scheduleFree("schedule_free_radam", groups, true, constants);
  }

  /**
   * Schedule-free SGD (Defazio et al., 2024): as {@link #scheduleFreeAdamW}, along the gradient itself.
   *
   * @param momentum how near to the average gradients are taken, in (0, 1)
   */
  public static Optimizer scheduleFreeSgd(
      List<ParameterGroup> groups, double momentum, ScheduleFreeOptions options) {
    if (!(momentum > 0 && momentum < 1)) {
      throw new IllegalArgumentException(
          "momentum must be above 0 and below 1, but is " + momentum);
    }
    List<Double> constants =
        List.of(momentum, (double) options.warmupSteps(), options.r(), options.weightLrPower());
    return scheduleFree("schedule_free_sgd", groups, false, constants);
  }

  private static Optimizer scheduleFree(
      String kind, List<ParameterGroup> groups, boolean squares, List<Double> constants) {
    List<Slot> slots = new ArrayList<>();
    slots.add(Slot.STEP);
    if (squares) {
      slots.add(Slot.like("exp_avg_sq"));
    }
    slots.add(Slot.like("z"));
    int average = slots.size();
    slots.add(Slot.like("x"));
    slots.add(Slot.number("weight_sum"));
    slots.add(Slot.number("lr_max"));
    return new KernelOptimizer(
        groups, new KernelSpec(kind, slots, constants, ParameterGroup::weightDecay, average, ""));
  }

  /** The shape without its dimension {@code fromEnd} (1 = last). */
  private static Shape without(Shape shape, int fromEnd) {
    int dropped = shape.dimension() - fromEnd;
    return shape.slice(0, dropped).addAll(shape.slice(dropped + 1));
  }
}
