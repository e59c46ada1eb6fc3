// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.architecture;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.model.NamedParameter;
import dev.trainer4j.torch.ArrayScope;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Low-rank pairs beside the weights of a model's linear layers, of one adapter or of several: each adds to
 * what a layer gives. A model asks for them at every pass, so that a pair which is added counts from the next
 * one on.
 */
public final class AdapterSet implements AutoCloseable {

  private final Map<String, Linear> layers = new LinkedHashMap<>();
  private final NDManager tensors;
  private final NDManager numbers;
  private final Map<String, List<LowRank>> pairs = new ConcurrentHashMap<>();
  private final Map<String, NamedParameter> parameters = new LinkedHashMap<>();

  /**
   * Makes an empty set.
   *
   * @param parent the manager of the model: the set's arrays live on its device, and close with it at the
   *     latest
   * @param layers the model's linear layers
   */
  public AdapterSet(NDManager parent, List<Linear> layers) {
    layers.forEach(layer -> this.layers.put(layer.weight(), layer));
    tensors = parent.newSubManager();
    tensors.setName("adapters");
    // Kernels read them as numbers: they live on the CPU, whatever the device of the model.
    numbers = tensors.newSubManager(Device.cpu());
    numbers.setName("scales of adapters");
  }

  /**
   * Adds a pair, whose tensors are called {@code MODULE.lora_A.ADAPTER.weight} and {@code
   * MODULE.lora_B.ADAPTER.weight}, as in PEFT, and are trainable.
   *
   * @param weight the name of the weight of a linear layer, which ends in {@code .weight}
   * @param adapter the name of the adapter; a weight has at most one pair of an adapter
   * @param a shape [r, in], float32, on the device of the model; the set becomes its owner
   * @param b shape [out, r], the same
   * @param scale what the product of the pair is multiplied by
   * @param dropout rate, from 0 up to but not including 1, of the pair's input in training
   * @throws IllegalArgumentException if the model has no such layer, the adapter has a pair for it, or a shape,
   *     type, or number is another one
   */
  public synchronized void add(
      String weight, String adapter, NDArray a, NDArray b, double scale, double dropout) {
    Linear layer = layers.get(weight);
    if (layer == null) {
      throw new IllegalArgumentException(
          "weight is '" + weight + "', expected that of a linear layer, one of " + layers.keySet());
    }
    long rank = a.getShape().dimension() == 2 ? a.getShape().get(0) : 0;
    if (rank < 1) {
      throw new IllegalArgumentException(
          "a of " + weight + " has shape " + a.getShape() + ", expected [r, in] with r from 1");
    }
    check("a of " + weight, a, new Shape(rank, layer.in()));
    check("b of " + weight, b, new Shape(layer.out(), rank));
    if (!Double.isFinite(scale)) {
      throw new IllegalArgumentException("scale is " + scale + ", expected a finite number");
    }
    if (!(dropout >= 0 && dropout < 1)) {
      throw new IllegalArgumentException(
          "dropout is " + dropout + ", expected a rate from 0 up to but not including 1");
    }
    String module = weight.substring(0, weight.length() - ".weight".length());
    NamedParameter first = parameter(module + ".lora_A." + adapter + ".weight", a);
    NamedParameter second = parameter(module + ".lora_B." + adapter + ".weight", b);
    if (parameters.containsKey(first.name())) {
      throw new IllegalArgumentException(
          "adapter '" + adapter + "' has a pair for " + weight + " already: give it another name");
    }
    LowRank pair =
        new LowRank(
            own(first),
            own(second),
            ArrayScope.keep(numbers.create(new double[] {scale, dropout}), numbers),
            ArrayScope.keep(numbers.create(new double[] {scale, 0}), numbers));
    List<LowRank> more = new ArrayList<>(of(weight));
    more.add(pair);
    pairs.put(weight, List.copyOf(more));
  }

  private static NamedParameter parameter(String name, NDArray array) {
    return new NamedParameter(name, array, true);
  }

  private NamedParameter own(NamedParameter parameter) {
    ArrayScope.keep(parameter.array(), tensors).setRequiresGradient(true);
    parameters.put(parameter.name(), parameter);
    return parameter;
  }

  private static void check(String name, NDArray array, Shape expected) {
    if (!array.getShape().equals(expected)) {
      throw new IllegalArgumentException(
          name + " has shape " + array.getShape() + ", expected " + expected);
    }
    if (array.getDataType() != DataType.FLOAT32) {
      throw new IllegalArgumentException(
          name + " is " + array.getDataType() + ", expected FLOAT32: adapters are trained");
    }
  }

  /** Returns the pairs of a weight, in the order in which they were added. */
  List<LowRank> of(String weight) {
    return pairs.getOrDefault(weight, List.of());
  }

  /** Returns whether the set is one for a model with these linear layers. */
  public boolean fits(List<Linear> others) {
    return List.copyOf(layers.values()).equals(others);
  }

  /** Returns the tensors of all pairs in the order in which they were added, A before B. */
  public synchronized List<NamedParameter> parameters() {
    return List.copyOf(parameters.values());
  }

  /** Returns weights as the set adapts them. */
  public Weights over(Weights weights) {
    return new Weights() {
      @Override
      public NDArray get(String name) {
        return weights.get(name);
      }

      @Override
      public List<LowRank> adaptersOf(String weight) {
        return of(weight);
      }
    };
  }

  /** Frees the tensors of all pairs. */
  @Override
  public void close() {
    tensors.close();
  }
}
