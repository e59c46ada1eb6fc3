// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.optim;

import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * An optimizer as its kernel sees it.
 *
 * @param kind the kernel's name in {@code kernels.py}
 * @param slots the state in the kernel's order
 * @param options the constants in the kernel's order
 * @param decay what the kernel gets as the weight decay of a group
 * @param evaluated the slot with the weights for evaluations, -1 where they are those that are trained
 * @param whole why it needs whole parameters; empty if it treats each number by itself
 */
record KernelSpec(
    String kind,
    List<Slot> slots,
    List<Double> options,
    ToDoubleFunction<ParameterGroup> decay,
    int evaluated,
    String whole) {

  /** Copies the lists. */
  KernelSpec {
    slots = List.copyOf(slots);
    options = List.copyOf(options);
  }

  /** A kernel that gets each group's own weight decay. */
  KernelSpec(String kind, List<Slot> slots, List<Double> options) {
    this(kind, slots, options, ParameterGroup::weightDecay);
  }

  /** A kernel that trains the weights that are evaluated. */
  KernelSpec(
      String kind, List<Slot> slots, List<Double> options, ToDoubleFunction<ParameterGroup> decay) {
    this(kind, slots, options, decay, -1, "");
  }

  /** The same kernel, which needs whole parameters. */
  KernelSpec needsWhole(String why) {
    return new KernelSpec(kind, slots, options, decay, evaluated, why);
  }

  static double on(boolean flag) {
    return flag ? 1 : 0;
  }
}
