// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.examples.snippets;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.trainer4j.model.NamedParameter;
import dev.trainer4j.optim.Optimizer;
import dev.trainer4j.optim.ParameterGroup;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

// docs: optimizer
/** Steps by the sign of an average of the gradients. */
public final class SignMomentum implements Optimizer {
  private final List<ParameterGroup> groups;
  private final float momentum;
  private final NDManager manager;
  private final Map<String, NDArray> state = new LinkedHashMap<>();

  public SignMomentum(List<ParameterGroup> groups, float momentum) {
    this.groups = groups;
    this.momentum = momentum;
    manager = groups.get(0).parameters().get(0).array().getManager().newSubManager();
    for (ParameterGroup group : groups) {
      for (NamedParameter parameter : group.parameters()) {
        NDArray zeros =
            manager.zeros(parameter.array().getShape(), parameter.array().getDataType());
        state.put(parameter.name() + ".average", zeros);
      }
    }
  }

  @Override
  public List<ParameterGroup> groups() {
    return groups;
  }

  @Override
  public void step(double rateFactor) {
    for (ParameterGroup group : groups) {
      double rate = group.learningRate() * rateFactor;
      for (NamedParameter parameter : group.parameters()) {
        NDArray array = parameter.array();
        NDArray average = Objects.requireNonNull(state.get(parameter.name() + ".average"));
        average.muli(momentum).addi(array.getGradient().mul(1 - momentum));
        array.muli(1 - rate * group.weightDecay()).subi(average.sign().mul(rate));
      }
    }
  }

  @Override
  public Map<String, NDArray> state() {
    return state;
  }

  @Override
  public void close() {
    manager.close();
  }
}
// end docs
