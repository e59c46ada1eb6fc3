// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.trainer4j.model.Segment;
import dev.trainer4j.torch.HalfType;
import dev.trainer4j.transformers.architecture.AdapterSet;
import dev.trainer4j.transformers.architecture.Architecture;
import dev.trainer4j.transformers.architecture.Weights;
import dev.trainer4j.transformers.generation.DecodingSession;
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

  /** NEFTune's alpha, 0 for no noise in embeddings. */
  private final double noise;

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
    noise = 0;
    chain = newChain();
  }

  private Computation(
      Computation of,
      @Nullable HalfType products,
      @Nullable HalvedWeights halved,
      @Nullable AdapterSet adapters,
      double noise) {
    core = of.core;
    this.products = products;
    this.halved = halved;
    ownsHalved = halved != of.halved;
    this.adapters = adapters;
    this.noise = noise;
    boolean same = halved == of.halved && adapters == of.adapters && noise == of.noise;
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
    return new Computation(this, type, halved, adapters, noise);
  }

  /** Returns this way with copies of the weights in 16 bits, which closing it frees; none of weights that are so. */
  Computation halved(HalfType type) {
    HalvedWeights copies = type == core.dtype().half() ? halved : new HalvedWeights(core, type);
    return new Computation(this, null, copies, adapters, noise);
  }

  /** Returns this way, to be closed apart from it. */
  Computation again() {
    return new Computation(this, products, halved, adapters, noise);
  }

  /** Returns this way with noise in the embeddings of tokens, in training. */
  Computation noisy(double alpha) {
    return new Computation(this, products, halved, adapters, alpha);
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
    return new Computation(this, products, halved, set, noise);
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
    Weights own = adapters == null ? this::array : adapters.over(this::array);
    return noise > 0 ? own.withNoise(core.tokenEmbeddings(), noise) : own;
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
