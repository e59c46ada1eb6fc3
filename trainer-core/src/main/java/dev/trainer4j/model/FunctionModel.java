// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.torch.TiedTensors;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A model from a function and the arrays it reads. */
public final class FunctionModel implements TrainableModel {

  /** The forward pass of a {@link FunctionModel}. */
  @FunctionalInterface
  public interface Forward {
    /** Computes outputs from the inputs; {@code training} says whether dropout is on. */
    ModelOutput apply(ModelInputs inputs, boolean training);
  }

  private final Map<String, NDArray> parameters;
  private final List<NamedParameter> trained;
  private final NDManager manager;
  private final Forward forward;

  /**
   * Makes a model of {@code forward}.
   *
   * @param parameters the trainable arrays by name; they are made to require gradients. An array of
   *     several names is one parameter, under the first of them
   * @param manager the manager that owns them
   */
  public FunctionModel(Map<String, NDArray> parameters, NDManager manager, Forward forward) {
    this.parameters = Collections.unmodifiableMap(new LinkedHashMap<>(parameters));
    this.manager = manager;
    this.forward = forward;
    this.parameters.values().forEach(array -> array.setRequiresGradient(true));
    trained =
        TiedTensors.distinct(this.parameters).entrySet().stream()
            .map(entry -> NamedParameter.of(entry.getKey(), entry.getValue()))
            .toList();
  }

  @Override
  public ModelOutput forward(ModelInputs inputs, boolean training) {
    return forward.apply(inputs, training);
  }

  @Override
  public List<NamedParameter> parameters() {
    return trained.stream().filter(parameter -> parameter.array().hasGradient()).toList();
  }

  @Override
  public Map<String, NDArray> state() {
    return parameters;
  }

  @Override
  public boolean isChangedByForward(String name) {
    return false;
  }

  @Override
  public NDManager manager() {
    return manager;
  }

  /** Leaves the arrays to their manager. */
  @Override
  public void close() {}
}
