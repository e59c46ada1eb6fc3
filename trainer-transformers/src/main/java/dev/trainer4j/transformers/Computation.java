// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.trainer4j.model.Segment;
import dev.trainer4j.torch.HalfType;
import dev.trainer4j.transformers.architecture.AdapterSet;
import dev.trainer4j.transformers.architecture.Architecture;
import dev.trainer4j.transformers.architecture.KernelLayout;
import dev.trainer4j.transformers.architecture.Weights;
import dev.trainer4j.transformers.generation.DecodingSession;
import dev.trainer4j.transformers.quantization.QuantizedWeights;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a view of a model computes: with which tensors, with which adapters beside them, and in which type.
 * The segments are those of the model's present architecture.
 */
final class Computation implements AutoCloseable {

  private final ModelCore core;

  /** The type that products are taken in, null for that of the weights. */
  private final @Nullable HalfType products;

  /** What is computed with instead of the model's tensors; null for those. */
  private final @Nullable HalvedWeights halved;

  /** Whether the copies go with this view. */
  private final boolean ownsHalved;

  /** What adds to linear layers; null for nothing. */
  private final @Nullable AdapterSet adapters;

  private volatile Chain chain;

  /** The segments of an architecture. */
  private record Chain(Architecture architecture, List<Segment> segments) {}

  /** The model's own way. */
  Computation(ModelCore core) {
    this.core = core;
    products = null;
    halved = null;
    ownsHalved = false;
    adapters = null;
    chain = newChain();
  }

  private Computation(
      Computation of,
      @Nullable HalfType products,
      @Nullable HalvedWeights halved,
      @Nullable AdapterSet adapters) {
    core = of.core;
    this.products = products;
    this.halved = halved;
    ownsHalved = halved != of.halved;
    this.adapters = adapters;
    boolean same = halved == of.halved && adapters == of.adapters;
    chain = same ? of.chain : newChain();
  }

  private Chain newChain() {
    Architecture architecture = core.architecture();
    if (adapters != null && !adapters.fits(architecture.adaptable())) {
      throw new IllegalArgumentException(
          "set is one for other linear layers than those of this "
              + core.config().modelType()
              + ": make it with newAdapters() of this model, after its embeddings were resized");
    }
    return new Chain(architecture, List.copyOf(architecture.segments(weights())));
  }

  /** Returns this way with products in 16 bits. */
  Computation autocast(HalfType type) {
    return new Computation(this, type, halved, adapters);
  }

  /** Returns this way with copies of the weights in 16 bits, which closing it frees; none of weights that are so. */
  Computation halved(HalfType type) {
    HalvedWeights copies = type == core.dtype().half() ? halved : new HalvedWeights(core, type);
    return new Computation(this, null, copies, adapters);
  }

  /** Returns this way, to be closed apart from it. */
  Computation again() {
    return new Computation(this, products, halved, adapters);
  }

  /**
   * Returns this way with adapters.
   *
   * @throws IllegalArgumentException if they are for other linear layers
   */
  Computation adapted(AdapterSet set) {
    if (adapters != null) {
      throw new IllegalStateException("this model has adapters already: add more to their set");
    }
    return new Computation(this, products, halved, set);
  }

  /** Returns the segments; other ones after tokens were added to the model, or others pad. */
  List<Segment> segments() {
    Chain now = chain;
    if (now.architecture() != core.architecture()) {
      now = newChain();
      chain = now;
    }
    return now.segments();
  }

  Weights weights() {
    Weights own = new OwnWeights();
    return adapters == null ? own : adapters.over(own);
  }

  /** The tensors of this view without adapters. */
  private final class OwnWeights implements Weights {

    @Override
    public NDArray get(String name) {
      return array(name);
    }

    @Override
    public int quantizedCompute() {
      QuantizedWeights quantized = core.quantized();
      return quantized == null ? KernelLayout.NONE_QUANTIZED : quantized.computeType();
    }

    @Override
    public List<NDArray> partsOf(String name) {
      QuantizedWeights quantized = core.quantized();
      return quantized == null ? List.of() : quantized.partsOf(core.savedName(name));
    }

    @Override
    public NDArray values(String name, NDManager owner) {
      QuantizedWeights quantized = core.quantized();
      String saved = core.savedName(name);
      return quantized == null || !core.isQuantized(saved)
          ? array(name)
          : quantized.values(saved, owner);
    }
  }

  private NDArray array(String name) {
    String saved = core.savedName(name);
    NDArray array = halved == null ? core.state().get(saved) : halved.get(saved);
    if (array == null) {
      throw new IllegalStateException("the model has no tensor " + name);
    }
    return array;
  }

  /** Begins to write; what adapters make of tensors lives as long as the session. */
  DecodingSession startDecoding(
      long[][] inputIds, long @Nullable [][] attentionMask, int maxLength) {
    if (adapters == null) {
      return core.architecture()
          .startDecoding(weights(), products, inputIds, attentionMask, maxLength);
    }
    NDManager made = core.manager().newSubManager();
    try {
      Weights weights = weights().ownedBy(made);
      return new OwningSession(
          core.architecture().startDecoding(weights, products, inputIds, attentionMask, maxLength),
          made);
    } catch (RuntimeException e) {
      made.close();
      throw e;
    }
  }

  @Nullable HalfType products() {
    return products;
  }

  @Nullable AdapterSet adapters() {
    return adapters;
  }

  @Override
  public void close() {
    if (ownsHalved && halved != null) {
      halved.close();
    }
  }
}
