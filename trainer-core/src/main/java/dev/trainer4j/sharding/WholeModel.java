// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.sharding;

import ai.djl.ndarray.NDList;
import dev.trainer4j.model.ForwardPass;
import dev.trainer4j.model.Segment;
import java.util.List;

/** A model as the only segment, which reads everything; its forward pass is the model's own. */
record WholeModel(List<String> parameterNames) implements Segment {

  @Override
  public String name() {
    return "model";
  }

  @Override
  public NDList forward(NDList hidden, ForwardPass pass) {
    throw new UnsupportedOperationException("the model runs by its own forward pass");
  }
}
