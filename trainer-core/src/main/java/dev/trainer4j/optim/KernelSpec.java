// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.optim;

import java.util.List;

/**
 * An optimizer as its kernel sees it.
 *
 * @param kind the kernel's name in {@code kernels.py}
 * @param slots the state in the kernel's order
 * @param options the constants in the kernel's order
 */
record KernelSpec(String kind, List<Slot> slots, List<Double> options) {

  /** Copies the lists. */
  KernelSpec {
    slots = List.copyOf(slots);
    options = List.copyOf(options);
  }

  static double on(boolean flag) {
    return flag ? 1 : 0;
  }
}
