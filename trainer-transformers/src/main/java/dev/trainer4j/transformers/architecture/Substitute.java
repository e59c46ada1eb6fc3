// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.architecture;

import ai.djl.ndarray.NDArray;
import dev.trainer4j.model.NamedParameter;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * What a pass computes with instead of a tensor of the model: a copy that is trained, or something made of the
 * tensor and of parameters at each pass.
 *
 * @param adapter the name of the adapter that it is part of
 * @param tensor the name of the tensor
 * @param parameters what it is made with
 * @param making makes it of the model's tensor; what it returns belongs to the pass
 */
public record Substitute(
    String adapter, String tensor, List<NamedParameter> parameters, UnaryOperator<NDArray> making) {

  /** Copies the list. */
  public Substitute {
    parameters = List.copyOf(parameters);
  }
}
