// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.trainer4j.model.Segment;
import dev.trainer4j.torch.HalfType;
import dev.trainer4j.transformers.architecture.AdapterSet;
import dev.trainer4j.transformers.architecture.Architecture;
import dev.trainer4j.transformers.architecture.TokenLoss;
import dev.trainer4j.transformers.architecture.Weights;
import dev.trainer4j.transformers.generation.DecodingSession;
import java.util.List;
import java.util.Objects;
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

  /** What is computed instead of the head's own loss; null for that. */
  private final @Nullable TokenLoss tokenLoss;

  private volatile Chain chain;

  /**
   * The segments of an architecture.
   *
   * @param of the model's
   * @param architecture the same with the loss of this view
   */
  private record Chain(Architecture of, Architecture architecture, List<Segment> segments) {}

  /** The model's own way. */
  Computation(ModelCore core) {
    this.core = core;
    products = null;
    halved = null;
    ownsHalved = false;
    adapters = null;
    tokenLoss = null;
    chain = newChain();
  }

  private Computation(
      Computation of,
      @Nullable HalfType products,
      @Nullable HalvedWeights halved,
      @Nullable AdapterSet adapters,
      @Nullable TokenLoss tokenLoss) {
    core = of.core;
    this.products = products;
    this.halved = halved;
    ownsHalved = halved != of.halved;
    this.adapters = adapters;
    this.tokenLoss = tokenLoss;
    boolean same =
        halved == of.halved && adapters == of.adapters && Objects.equals(tokenLoss, of.tokenLoss);
    chain = same ? of.chain : newChain();
  }

  private Chain newChain() {
    Architecture own = core.architecture();
    Architecture architecture = tokenLoss == null ? own : own.withTokenLoss(tokenLoss);
    if (adapters != null && !adapters.fits(architecture.adaptable())) {
      throw new IllegalArgumentException(
          "set is one for other linear layers than those of this "
              + core.config().modelType()
              + ": make it with newAdapters() of this model, after its embeddings were resized");
    }
    return new Chain(own, architecture, List.copyOf(architecture.segments(weights())));
  }

  /** Returns this way with products in 16 bits. */
  Computation autocast(HalfType type) {
    return new Computation(this, type, halved, adapters, tokenLoss);
  }

  /** Returns this way with copies of the weights in 16 bits, which closing it frees; none of weights that are so. */
  Computation halved(HalfType type) {
    HalvedWeights copies = type == core.dtype().half() ? halved : new HalvedWeights(core, type);
    return new Computation(this, null, copies, adapters, tokenLoss);
  }

  /** Returns this way, to be closed apart from it. */
  Computation again() {
    return new Computation(this, products, halved, adapters, tokenLoss);
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
    return new Computation(this, products, halved, set, tokenLoss);
  }

  /**
   * Returns this way with another loss of next tokens.
   *
   * @throws IllegalArgumentException if the model's head foretells none
   */
  Computation withTokenLoss(TokenLoss loss) {
    return new Computation(this, products, halved, adapters, loss);
  }

  /** Returns this way with logits of all places, which a chunked loss does not have; null if it has them. */
  @Nullable Computation withLogits() {
    return tokenLoss == null || tokenLoss.kind() != TokenLoss.Kind.CHUNKED_NLL
        ? null
        : withTokenLoss(new TokenLoss(TokenLoss.Kind.NLL, tokenLoss.chunkBytes()));
  }

  /** Returns the segments; other ones after tokens were added to the model, or others pad. */
  List<Segment> segments() {
    return chain().segments();
  }

  /** Returns the architecture that the segments are of. */
  Architecture architecture() {
    return chain().architecture();
  }

  private Chain chain() {
    Chain now = chain;
    if (now.of() != core.architecture()) {
      now = newChain();
      chain = now;
    }
    return now;
  }

  Weights weights() {
    return adapters == null ? this::array : adapters.over(this::array);
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
