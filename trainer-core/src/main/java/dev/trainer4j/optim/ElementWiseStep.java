// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.optim;

import ai.djl.ndarray.NDArray;
import java.util.List;

/**
 * The step of an optimizer that treats each number of a parameter by itself, so that what it does to a slice
 * of a parameter is what it does to the whole: see {@link Optimizer#elementWise}.
 */
@FunctionalInterface
public interface ElementWiseStep {

  /**
   * Takes one step from gradients that are not in the parameters.
   *
   * @param gradients one for each parameter, in the order of the groups and of their parameters, of its shape
   * @param present whether each parameter has one; the others are left alone, also by their state
   * @param rateFactor multiplies every group's learning rate
   */
  void step(List<NDArray> gradients, boolean[] present, double rateFactor);
}
