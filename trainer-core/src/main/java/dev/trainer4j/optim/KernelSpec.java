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
 */
record KernelSpec(
    String kind, List<Slot> slots, List<Double> options, ToDoubleFunction<ParameterGroup> decay) {

  /** Copies the lists. */
  KernelSpec {
    slots = List.copyOf(slots);
    options = List.copyOf(options);
  }

  /** A kernel that gets each group's own weight decay. */
  KernelSpec(String kind, List<Slot> slots, List<Double> options) {
    this(kind, slots, options, ParameterGroup::weightDecay);
  }

  static double on(boolean flag) {
    return flag ? 1 : 0;
  }
}
