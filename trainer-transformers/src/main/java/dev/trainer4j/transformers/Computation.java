// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.trainer4j.model.Segment;
import dev.trainer4j.torch.HalfType;
import dev.trainer4j.transformers.architecture.AdapterSet;
import dev.trainer4j.transformers.architecture.Architecture;
import dev.trainer4j.transformers.architecture.KernelLayout;
import dev.trainer4j.transformers.architecture.TokenLoss;
import dev.trainer4j.transformers.architecture.Weights;
import dev.trainer4j.transformers.generation.DecodingSession;
import dev.trainer4j.transformers.quantization.QuantizedWeights;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How a view of a model computes: with which tensors, with which adapters beside them, and in which type.
 * The segments are those of the model's present architecture.
 */
final class Computation implements AutoCloseable {

  private final ModelCore core;
  private final View view;

  /** Whether the copies of the weights go with this view. */
  private final boolean ownsHalved;

  private volatile Chain chain;

  /**
   * What a view asks for beside the model.
   *
   * @param products the type that products are taken in, null for that of the weights
   * @param halved what is computed with instead of the model's tensors; null for those
   * @param adapters what adds to linear layers; null for nothing
   * @param noise NEFTune's alpha, 0 for no noise in embeddings
   * @param tokenLoss what is computed instead of the head's own loss; null for that
   */
  private record View(
      @Nullable HalfType products,
      @Nullable HalvedWeights halved,
      @Nullable AdapterSet adapters,
      double noise,
      @Nullable TokenLoss tokenLoss) {

    /** Whether segments of another view do for this one; the type of products is asked for at each pass. */
    boolean sharesSegments(View other) {
      return halved == other.halved
          && adapters == other.adapters
          && noise == other.noise
          && Objects.equals(tokenLoss, other.tokenLoss);
    }
  }

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
    view = new View(null, null, null, 0, null);
    ownsHalved = false;
    chain = newChain();
  }

  private Computation(Computation of, View view) {
    core = of.core;
    this.view = view;
    ownsHalved = view.halved != of.view.halved;
    chain = view.sharesSegments(of.view) ? of.chain : newChain();
  }

  private Chain newChain() {
    Architecture own = core.architecture();
    TokenLoss loss = view.tokenLoss;
    Architecture architecture = loss == null ? own : own.withTokenLoss(loss);
    AdapterSet adapters = view.adapters;
    if (adapters != null && !adapters.fits(architecture.adaptable())) {
      throw new IllegalArgumentException(
          "the adapters were made for this "
              + core.config().modelType()
              + " before its embeddings were resized: call resizeTokenEmbeddings first, then add or load adapters");
    }
    return new Chain(own, architecture, List.copyOf(architecture.segments(weights())));
  }

  /** Returns this way with products in 16 bits. */
  Computation autocast(HalfType type) {
    return new Computation(
        this, new View(type, view.halved, view.adapters, view.noise, view.tokenLoss));
  }

  /** Returns this way with copies of the weights in 16 bits, which closing it frees; none of weights that are so. */
  Computation halved(HalfType type) {
    HalvedWeights copies =
        type == core.dtype().half() ? view.halved : new HalvedWeights(core, type);
    return new Computation(this, new View(null, copies, view.adapters, view.noise, view.tokenLoss));
  }

  /** Returns this way, to be closed apart from it. */
  Computation again() {
    return new Computation(this, view);
  }

  /** Returns this way with noise in the embeddings of tokens, in training. */
  Computation noisy(double alpha) {
    return new Computation(
        this, new View(view.products, view.halved, view.adapters, alpha, view.tokenLoss));
  }

  /**
   * Returns this way with adapters.
   *
   * @throws IllegalArgumentException if they are for other linear layers
   */
  Computation adapted(AdapterSet set) {
    if (view.adapters != null) {
      throw new IllegalStateException("this model has adapters already: add more to their set");
    }
    return new Computation(
        this, new View(view.products, view.halved, set, view.noise, view.tokenLoss));
  }

  /**
   * Returns this way with another loss of next tokens.
   *
   * @throws IllegalArgumentException if the model's head foretells none
   */
  Computation withTokenLoss(TokenLoss loss) {
    return new Computation(
        this, new View(view.products, view.halved, view.adapters, view.noise, loss));
  }

  /** Returns this way with logits of all places, which a chunked loss does not have; null if it has them. */
  @Nullable Computation withLogits() {
    TokenLoss loss = view.tokenLoss;
    return loss == null || loss.kind() != TokenLoss.Kind.CHUNKED_NLL
        ? null
        : withTokenLoss(new TokenLoss(TokenLoss.Kind.NLL, loss.chunkBytes()));
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
    AdapterSet adapters = view.adapters;
    Weights own = new OwnWeights();
    Weights adapted = adapters == null ? own : adapters.over(own);
    return view.noise > 0 ? adapted.withNoise(core.tokenLookups(), view.noise) : adapted;
  }

  /** The tensors of this view without adapters. */
  private final class OwnWeights implements Weights {

    @Override
    public NDArray get(String name) {
      core.requireWeights("show " + name);
      return array(name);
    }

    @Override
    public String stateName(String name) {
      return core.savedName(name);
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
    public List<String> partNamesOf(String name) {
      QuantizedWeights quantized = core.quantized();
      String scales = quantized == null ? null : quantized.scalesOf(core.savedName(name));
      return scales == null ? List.of() : List.of(scales);
    }

    @Override
    public NDArray values(String name, NDManager owner) {
      core.requireWeights("show " + name);
      QuantizedWeights quantized = core.quantized();
      String saved = core.savedName(name);
      return quantized == null || !core.isQuantized(saved)
          ? array(name)
          : quantized.values(saved, owner);
    }
  }

  private NDArray array(String name) {
    String saved = core.savedName(name);
    HalvedWeights halved = view.halved;
    NDArray array = halved == null ? core.state().get(saved) : halved.get(saved);
    if (array == null) {
      throw new IllegalStateException("the model has no tensor " + name);
    }
    return array;
  }

  /** Begins to write; what adapters make of tensors lives as long as the session. */
  DecodingSession startDecoding(
      long[][] inputIds, long @Nullable [][] attentionMask, int maxLength) {
    if (view.adapters == null) {
      return core.architecture()
          .startDecoding(weights(), view.products, inputIds, attentionMask, maxLength);
    }
    NDManager made = core.manager().newSubManager();
    try {
      Weights weights = weights().ownedBy(made);
      return new OwningSession(
          core.architecture()
              .startDecoding(weights, view.products, inputIds, attentionMask, maxLength),
          made::close);
    } catch (RuntimeException e) {
      made.close();
      throw e;
    }
  }

  boolean isNoisy() {
    return view.noise > 0;
  }

  @Nullable HalfType products() {
    return view.products;
  }

  @Nullable AdapterSet adapters() {
    return view.adapters;
  }

  @Override
  public void close() {
    HalvedWeights halved = view.halved;
    if (ownsHalved && halved != null) {
      halved.close();
    }
  }
}
