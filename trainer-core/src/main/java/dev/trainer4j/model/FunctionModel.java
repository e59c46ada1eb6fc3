// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.model;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.torch.TiedTensors;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** A model from a function and the arrays it reads. */
public final class FunctionModel implements TrainableModel {

  /** The forward pass of a {@link FunctionModel}. */
  @FunctionalInterface
  public interface Forward {
    /** Computes outputs from the inputs; {@code training} says whether dropout is on. */
    ModelOutput apply(ModelInputs inputs, boolean training);
  }

  private final Map<String, NDArray> state;
  private final Set<String> buffers;
  private final List<NamedParameter> parameters;
  private final NDManager manager;
  private final boolean closesManager;
  private final Forward forward;

  /**
   * Makes a model of {@code forward} whose arrays are all trained; {@link #builder} knows others.
   *
   * @param parameters the trainable arrays by name; they are made to require gradients. An array of
   *     several names is one parameter, under the first of them
   * @param manager the manager that owns them
   */
  public FunctionModel(Map<String, NDArray> parameters, NDManager manager, Forward forward) {
    this(builder(manager, forward).parameters(parameters));
  }

  private FunctionModel(Builder builder) {
    Map<String, NDArray> all = new LinkedHashMap<>(builder.trained);
    add(builder.frozen, all);
    Map<String, NDArray> candidates = new LinkedHashMap<>(all);
    add(builder.buffers, all);
    state = Collections.unmodifiableMap(all);
    buffers = Set.copyOf(builder.buffers.keySet());
    manager = builder.manager;
    closesManager = builder.closesManager;
    forward = builder.forward;
    builder.trained.values().forEach(array -> array.setRequiresGradient(true));
    builder.frozen.values().forEach(array -> array.setRequiresGradient(false));
    builder.buffers.values().forEach(array -> array.setRequiresGradient(false));
    parameters =
        TiedTensors.distinct(candidates).entrySet().stream()
            .map(entry -> NamedParameter.of(entry.getKey(), entry.getValue()))
            .toList();
  }

  private static void add(Map<String, NDArray> more, Map<String, NDArray> all) {
    Set<String> twice = new TreeSet<>(more.keySet());
    twice.retainAll(all.keySet());
    if (!twice.isEmpty()) {
      throw new IllegalArgumentException(
          twice
              + " are names of arrays of two kinds; an array is a parameter, frozen or a buffer, under a"
              + " name of its own");
    }
    all.putAll(more);
  }

  /**
   * Starts a model of {@code forward}.
   *
   * @param manager the manager that owns its arrays
   */
  public static Builder builder(NDManager manager, Forward forward) {
    return new Builder(manager, forward);
  }

  @Override
  public ModelOutput forward(ModelInputs inputs, boolean training) {
    try {
      return forward.apply(inputs, training);
    } catch (EngineException e) {
      MissingParameters.refuse(this);
      throw e;
    }
  }

  @Override
  public List<NamedParameter> parameters() {
    return parameters.stream().filter(parameter -> parameter.array().hasGradient()).toList();
  }

  @Override
  public Map<String, NDArray> state() {
    return state;
  }

  /** Buffers may be, parameters are not, frozen or not. */
  @Override
  public boolean isChangedByForward(String name) {
    return buffers.contains(name);
  }

  @Override
  public NDManager manager() {
    return manager;
  }

  /** Leaves the arrays to their manager, unless the builder was told that it is the model's own. */
  @Override
  public void close() {
    if (closesManager) {
      manager.close();
    }
  }

  /** Collects the arrays of a {@link FunctionModel}. */
  public static final class Builder {

    private final NDManager manager;
    private final Forward forward;
    private final Map<String, NDArray> trained = new LinkedHashMap<>();
    private final Map<String, NDArray> frozen = new LinkedHashMap<>();
    private final Map<String, NDArray> buffers = new LinkedHashMap<>();
    private boolean closesManager;

    private Builder(NDManager manager, Forward forward) {
      this.manager = manager;
      this.forward = forward;
    }

    /** Adds arrays that are trained, by name; an array of several names is one parameter. */
    public Builder parameters(Map<String, NDArray> arrays) {
      trained.putAll(arrays);
      return this;
    }

    /** Adds parameters, by name, that are not trained until {@code setRequiresGradient(true)}. */
    public Builder frozen(Map<String, NDArray> arrays) {
      frozen.putAll(arrays);
      return this;
    }

    /**
     * Adds arrays, by name, that are no parameters but belong to the model, such as running means; the function
     * may change them in place. They are saved with it, of whatever type.
     */
    public Builder buffers(Map<String, NDArray> arrays) {
      buffers.putAll(arrays);
      return this;
    }

    /** Says that the manager is the model's own, to be closed with it, as for {@code modelInit}. */
    public Builder closesManager() {
      closesManager = true;
      return this;
    }

    /**
     * Makes the model.
     *
     * @throws IllegalArgumentException if a name is given to arrays of two kinds
     */
    public FunctionModel build() {
      return new FunctionModel(this);
    }
  }
}
