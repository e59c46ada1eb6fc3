// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.architecture;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.model.NamedParameter;
import dev.trainer4j.torch.ArrayScope;
import dev.trainer4j.transformers.architecture.Adaptable.Kind;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What adapters add to a model: low-rank pairs beside its linear layers and tables of embeddings, and
 * substitutes for its tensors. A model asks for them at every pass, so that what is added, switched on or off,
 * or weighed counts from the next one on. May be used by several threads.
 */
public final class AdapterSet implements AutoCloseable {

  private final Map<String, Adaptable> modules = new LinkedHashMap<>();
  private final NDManager tensors;
  private final NDManager numbers;
  private final Map<String, List<LowRank>> pairs = new LinkedHashMap<>();
  private final List<Substitute> substitutes = new ArrayList<>();
  private final Map<String, NamedParameter> parameters = new LinkedHashMap<>();
  private final Map<String, String> owners = new LinkedHashMap<>();

  /** The adapters that count, in the order in which they add. */
  private final Set<String> active = new LinkedHashSet<>();

  private volatile ActiveAdapters counting = new ActiveAdapters(Map.of(), Map.of());

  /**
   * Makes an empty set.
   *
   * @param parent the manager of the model: the set's arrays live on its device, and close with it at the
   *     latest
   * @param modules the model's linear layers and tables of embeddings
   */
  public AdapterSet(NDManager parent, List<Adaptable> modules) {
    modules.forEach(module -> this.modules.put(module.weight(), module));
    tensors = parent.newSubManager();
    tensors.setName("adapters");
    // Kernels read them as numbers: they live on the CPU, whatever the device of the model.
    numbers = tensors.newSubManager(Device.cpu());
    numbers.setName("scales of adapters");
  }

  /** Returns what pairs can be added to. */
  public List<Adaptable> modules() {
    return List.copyOf(modules.values());
  }

  /**
   * Adds a pair, as {@link #add(String, String, NDArray, NDArray, NDArray, double, double)} without a
   * magnitude.
   */
  public void add(
      String weight, String adapter, NDArray a, NDArray b, double scale, double dropout) {
    add(weight, adapter, a, b, null, scale, dropout);
  }

  /**
   * Adds a pair, whose tensors are called {@code MODULE.lora_A.ADAPTER.weight} and {@code
   * MODULE.lora_B.ADAPTER.weight}, for embeddings {@code MODULE.lora_embedding_A.ADAPTER} and so on, as in
   * PEFT. They are trainable, and the adapter counts from now on.
   *
   * @param weight the name of the weight of a module, which ends in {@code .weight}
   * @param adapter the name of the adapter; a weight has at most one pair of an adapter
   * @param a shape [r, in], float32, on the device of the model; the set becomes its owner
   * @param b shape [out, r], the same
   * @param magnitude shape [out], the same, for DoRA; null for LoRA
   * @param scale what the product of the pair is multiplied by
   * @param dropout rate, from 0 up to but not including 1, of the pair's input in training
   * @throws IllegalArgumentException if the model has no such module, the adapter has a pair for it, or a shape,
   *     type, or number is another one
   */
  public synchronized void add(
      String weight,
      String adapter,
      NDArray a,
      NDArray b,
      @Nullable NDArray magnitude,
      double scale,
      double dropout) {
    Adaptable module = modules.get(weight);
    if (module == null) {
      throw new IllegalArgumentException(
          "weight is '"
              + weight
              + "', expected that of a linear layer or a table of"
              + " embeddings, one of "
              + modules.keySet());
    }
    long rank = a.getShape().dimension() == 2 ? a.getShape().get(0) : 0;
    if (rank < 1) {
      throw new IllegalArgumentException(
          "a of " + weight + " has shape " + a.getShape() + ", expected [r, in] with r from 1");
    }
    check("a of " + weight, a, new Shape(rank, module.in()));
    check("b of " + weight, b, new Shape(module.out(), rank));
    if (magnitude != null) {
      check("magnitude of " + weight, magnitude, new Shape(module.out()));
    }
    requireFinite("scale", scale);
    if (!(dropout >= 0 && dropout < 1)) {
      throw new IllegalArgumentException(
          "dropout is " + dropout + ", expected a rate from 0 up to but not including 1");
    }
    boolean table = module.kind() == Kind.EMBEDDING;
    String first = module.module() + (table ? ".lora_embedding_" : ".lora_");
    String last = "." + adapter + (table ? "" : ".weight");
    if (parameters.containsKey(first + "A" + last)) {
      throw new IllegalArgumentException(
          "adapter '" + adapter + "' has a pair for " + weight + " already: give it another name");
    }
    LowRank pair =
        pair(
            adapter,
            own(adapter, first + "A" + last, a, true),
            own(adapter, first + "B" + last, b, true),
            magnitude == null
                ? null
                : own(
                    adapter,
                    module.module() + ".lora_magnitude_vector." + adapter + ".weight",
                    magnitude,
                    true),
            scale,
            dropout);
    pairs.computeIfAbsent(weight, key -> new ArrayList<>()).add(pair);
    active.add(adapter);
    count();
  }

  private LowRank pair(
      String adapter,
      NamedParameter a,
      NamedParameter b,
      @Nullable NamedParameter magnitude,
      double scale,
      double dropout) {
    return new LowRank(
        adapter,
        a,
        b,
        magnitude,
        scale,
        dropout,
        ArrayScope.keep(numbers.create(new double[] {scale, dropout}), numbers),
        ArrayScope.keep(numbers.create(new double[] {scale, 0}), numbers));
  }

  /**
   * Adds a substitute for a tensor. Its parameters must come of {@link #own}; the adapter counts from now on.
   *
   * @throws IllegalArgumentException if the adapter has one for the tensor
   */
  public synchronized void add(Substitute substitute) {
    for (Substitute other : substitutes) {
      if (other.tensor().equals(substitute.tensor())
          && other.adapter().equals(substitute.adapter())) {
        throw new IllegalArgumentException(
            "adapter '"
                + substitute.adapter()
                + "' has a substitute for "
                + substitute.tensor()
                + " already");
      }
    }
    substitutes.add(substitute);
    active.add(substitute.adapter());
    count();
  }

  /**
   * Makes an array a trainable parameter of an adapter, owned by the set.
   *
   * @param decays whether weight decay applies
   */
  public synchronized NamedParameter own(
      String adapter, String name, NDArray array, boolean decays) {
    NamedParameter parameter = new NamedParameter(name, ArrayScope.keep(array, tensors), decays);
    array.setRequiresGradient(true);
    parameters.put(name, parameter);
    owners.put(name, adapter);
    return parameter;
  }

  private static void requireFinite(String argument, double number) {
    if (!Double.isFinite(number)) {
      throw new IllegalArgumentException(argument + " is " + number + ", expected a finite number");
    }
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

  /**
   * Lets these adapters count, in this order, and no others: none for the model as it is without them.
   */
  public synchronized void activate(List<String> adapters) {
    active.clear();
    active.addAll(adapters);
    count();
  }

  /** Returns the adapters that count. */
  public synchronized List<String> active() {
    return List.copyOf(active);
  }

  /** Multiplies what the pairs of an adapter add. */
  public synchronized void weigh(String adapter, double factor) {
    requireFinite("factor", factor);
    for (List<LowRank> ofWeight : pairs.values()) {
      ofWeight.replaceAll(
          pair ->
              pair.adapter().equals(adapter)
                  ? pair(
                      adapter,
                      pair.a(),
                      pair.b(),
                      pair.magnitude(),
                      pair.scale() * factor,
                      pair.dropout())
                  : pair);
    }
    count();
  }

  /** Drops an adapter and frees its tensors; no pass may be running. */
  public synchronized void remove(String adapter) {
    pairs.values().forEach(ofWeight -> ofWeight.removeIf(p -> p.adapter().equals(adapter)));
    substitutes.removeIf(substitute -> substitute.adapter().equals(adapter));
    active.remove(adapter);
    count();
    List<String> names =
        owners.keySet().stream().filter(name -> adapter.equals(owners.get(name))).toList();
    for (String name : names) {
      owners.remove(name);
      NamedParameter parameter = parameters.remove(name);
      if (parameter != null) {
        parameter.array().close();
      }
    }
  }

  private void count() {
    counting = ActiveAdapters.of(active, pairs, substitutes);
  }

  /** Returns all pairs of an adapter, by the weight that they stand beside. */
  public synchronized Map<String, LowRank> pairsOf(String adapter) {
    Map<String, LowRank> found = new LinkedHashMap<>();
    pairs.forEach(
        (weight, ofWeight) ->
            ofWeight.stream()
                .filter(pair -> pair.adapter().equals(adapter))
                .forEach(pair -> found.put(weight, pair)));
    return found;
  }

  /** Returns the substitutes of an adapter. */
  public synchronized List<Substitute> substitutesOf(String adapter) {
    return substitutes.stream().filter(s -> s.adapter().equals(adapter)).toList();
  }

  /** Returns whether the set is one for a model with these modules. */
  public boolean fits(List<Adaptable> others) {
    return List.copyOf(modules.values()).equals(others);
  }

  /** Returns the tensors of all adapters in the order in which they were added. */
  public synchronized List<NamedParameter> parameters() {
    return List.copyOf(parameters.values());
  }

  /** Returns the tensors of one adapter. */
  public synchronized List<NamedParameter> parametersOf(String adapter) {
    return parameters.values().stream()
        .filter(parameter -> adapter.equals(owners.get(parameter.name())))
        .toList();
  }

  /** Returns weights as the set adapts them. */
  public Weights over(Weights weights) {
    return new ForwardingWeights(weights) {
      @Override
      public NDArray get(String name) {
        NDArray tensor = weights.get(name);
        return counting.substitute(name, tensor, tensor.getManager());
      }

      @Override
      public NDArray get(String name, NDManager owner) {
        return counting.substitute(name, weights.get(name), owner);
      }

      @Override
      public NDArray values(String name, NDManager owner) {
        return counting.substitute(name, weights.values(name, owner), owner);
      }

      @Override
      public List<LowRank> adaptersOf(String weight) {
        return counting.pairs(weight);
      }

      @Override
      public List<String> parametersOf(String name) {
        return counting.parameters(name);
      }
    };
  }

  /** Frees the tensors of all adapters. */
  @Override
  public void close() {
    tensors.close();
  }
}
