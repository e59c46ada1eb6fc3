// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.torch;

import ai.djl.ndarray.NDArray;
import java.util.List;

/**
 * A backward pass in parts, the last first: what a part has computed begins from the gradients of its outputs, and
 * leaves gradients in its inputs. Where those of parameters go is what implementations differ in.
 */
public interface PartialBackward {

  /**
   * Goes backward from the loss through the last part.
   *
   * @param loss a scalar computed while recording
   * @param factor what backward starts from
   * @param inputs of the part: leaves, which have gradients afterwards
   * @throws IllegalArgumentException if the loss is no scalar or depends on no parameter
   */
  void ofLoss(NDArray loss, double factor, List<NDArray> inputs);

  /**
   * Goes backward through a part.
   *
   * @param outputs computed while recording; those that depend on nothing that takes a gradient are left out
   * @param leaves one for each output, whose gradient is that of the output; those without one are left out
   * @param inputs of the part: leaves, which have gradients afterwards
   */
  void of(List<NDArray> outputs, List<NDArray> leaves, List<NDArray> inputs);
}
