// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.decoder;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.model.ForwardPass;
import dev.trainer4j.model.LossOutput;
import dev.trainer4j.model.ModelOutput;
import dev.trainer4j.model.Segment;
import dev.trainer4j.torch.HalfType;
import dev.trainer4j.transformers.PretrainedConfig;
import dev.trainer4j.transformers.Task;
import dev.trainer4j.transformers.architecture.Adaptable;
import dev.trainer4j.transformers.architecture.Adaptable.Kind;
import dev.trainer4j.transformers.architecture.Architecture;
import dev.trainer4j.transformers.architecture.ConfigReader;
import dev.trainer4j.transformers.architecture.Initializer;
import dev.trainer4j.transformers.architecture.KernelSegment;
import dev.trainer4j.transformers.architecture.KernelWeights;
import dev.trainer4j.transformers.architecture.Slots;
import dev.trainer4j.transformers.architecture.TensorSpec;
import dev.trainer4j.transformers.architecture.TokenLoss;
import dev.trainer4j.transformers.architecture.Weights;
import dev.trainer4j.transformers.generation.DecodingSession;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A decoder-only language model; its mathematics is {@code decoder.py}. */
final class DecoderArchitecture implements Architecture {

  private static final String HEAD = "lm_head.weight";
  private static final String SCORE = "score.weight";

  private final DecoderSpec spec;
  private final Task task;
  private final int problem;
  private final int labels;
  private final int paddingId;
  private final DecoderKernels kernels;
  private final DecoderInputs inputs;

  /** Null for the head's own loss. */
  private final @Nullable TokenLoss tokenLoss;

  private final CausalHead causal;

  DecoderArchitecture(DecoderSpec spec, ConfigReader config, Task task, Device device) {
    this.spec = spec;
    this.task = task;
    labels = task == Task.SEQUENCE_CLASSIFICATION ? config.config().numLabels() : 0;
    paddingId = config.has("pad_token_id") ? config.integer("pad_token_id", -1) : -1;
    if (!spec.isGpt2() && paddingId >= spec.vocabulary()) {
      throw config.wrong("pad_token_id", "a token of the vocabulary of " + spec.vocabulary());
    }
    problem =
        task == Task.SEQUENCE_CLASSIFICATION
            ? config.config().problemType().map(DecoderKernels::problem).orElse(0)
            : 0;
    kernels = new DecoderKernels(spec, device);
    inputs = new DecoderInputs(spec, kernels);
    tokenLoss = null;
    causal = new PlainHead(kernels);
  }

  /** The same kernels, which hold neither the vocabulary nor what pads. */
  private DecoderArchitecture(
      DecoderArchitecture of, DecoderSpec spec, int paddingId, @Nullable TokenLoss tokenLoss) {
    this.spec = spec;
    task = of.task;
    problem = of.problem;
    labels = of.labels;
    this.paddingId = paddingId;
    kernels = of.kernels;
    inputs = of.inputs;
    this.tokenLoss = tokenLoss;
    causal =
        tokenLoss == null
            ? new PlainHead(kernels)
            : CausalHead.of(tokenLoss, kernels, spec.vocabulary());
  }

  @Override
  public int vocabulary() {
    return spec.vocabulary();
  }

  @Override
  public Architecture withVocabulary(int tokens) {
    return new DecoderArchitecture(this, spec.withVocabulary(tokens), paddingId, tokenLoss);
  }

  @Override
  public Architecture withTokenLoss(TokenLoss loss) {
    if (task != Task.CAUSAL_LM) {
      return Architecture.super.withTokenLoss(loss);
    }
    return new DecoderArchitecture(this, spec, paddingId, loss);
  }

  @Override
  public Set<String> lossParts() {
    return causal.parts();
  }

  /** The token that pads tells where a text ends, whose last token a classifier judges. */
  @Override
  public Architecture withSpecialTokens(PretrainedConfig config) {
    return new DecoderArchitecture(
        this, spec, config.node("pad_token_id").asInt(paddingId), tokenLoss);
  }

  @Override
  public List<TensorSpec> tensors() {
    List<TensorSpec> all = new ArrayList<>(DecoderTensors.body(spec, paddingId));
    Initializer normal = Initializer.normal(spec.initializerRange());
    if (task == Task.SEQUENCE_CLASSIFICATION) {
      all.add(TensorSpec.weight(SCORE, normal, labels, spec.hidden()));
    } else if (!spec.tied()) {
      all.add(TensorSpec.weight(HEAD, normal, spec.vocabulary(), spec.hidden()));
    }
    return all;
  }

  @Override
  public Map<String, String> tied() {
    return task == Task.CAUSAL_LM && spec.tied() ? Map.of(HEAD, spec.names().tokens()) : Map.of();
  }

  @Override
  public List<String> ignored() {
    // Buffers that older versions saved, and the language model's head under a classifier.
    return List.of(".*\\.attn\\.(bias|masked_bias)", ".*rotary_emb\\.inv_freq", "lm_head\\.weight");
  }

  @Override
  public boolean mayBeFresh(String name) {
    return name.equals(SCORE) || name.equals(HEAD);
  }

  @Override
  public List<Adaptable> adaptable() {
    List<Adaptable> all = new ArrayList<>();
    all.addAll(Adaptable.among(this, embeddingNames(), Kind.EMBEDDING));
    Kind layers = spec.isGpt2() ? Kind.TRANSPOSED : Kind.LINEAR;
    all.addAll(Adaptable.among(this, allLayerNames(), layers));
    all.addAll(Adaptable.among(this, headNames(), Kind.LINEAR));
    return all;
  }

  @Override
  public List<Segment> segments(Weights weights) {
    List<Segment> segments = new ArrayList<>();
    segments.add(
        segment(
            spec.names().prefix() + ".embed",
            embeddingNames(),
            weights,
            (hidden, pass, arrays) ->
                kernels.embed(
                    pass.get(DecoderInputs.TOKENS),
                    pass.get(DecoderInputs.POSITIONS),
                    pass,
                    arrays)));
    for (int i = 0; i < spec.layers(); i++) {
      int layer = i;
      segments.add(
          segment(
              spec.names().layer(i),
              layerNames(i),
              weights,
              (hidden, pass, arrays) -> layer(layer, hidden.get(0), pass, arrays)));
    }
    segments.add(
        segment(
            "head",
            headNames(),
            weights,
            (hidden, pass, arrays) -> head(hidden, pass, arrays, weights)));
    return segments;
  }

  private Segment segment(
      String name, List<String> slots, Weights weights, KernelSegment.Call call) {
    return KernelSegment.of(name, kernels.slots(slots), weights, call);
  }

  private NDList layer(int layer, NDArray hidden, ForwardPass pass, KernelWeights arrays) {
    return kernels.layer(
        layer,
        hidden,
        pass.get(DecoderInputs.TABLE),
        pass.get(DecoderInputs.mask(spec.windows().get(layer))),
        pass.get(DecoderInputs.SPANS),
        pass,
        arrays);
  }

  private NDList head(NDList hidden, ForwardPass pass, KernelWeights arrays, Weights weights) {
    NDArray given = pass.inputs().find("labels").orElse(null);
    NDArray x = hidden.get(0);
    if (task == Task.SEQUENCE_CLASSIFICATION) {
      NDArray ids = pass.inputs().get("input_ids");
      NDArray mask = pass.inputs().find("attention_mask").orElse(kernels.absent());
      return kernels.classify(x, ids, mask, given, paddingId, problem, pass, arrays);
    }
    return given == null
        ? kernels.logits(x, pass, arrays)
        : causal.run(x, given, pass, arrays, trainsHead(arrays, weights));
  }

  /** Of a tensor that is made for the pass its parameters tell; the projection is the last slot. */
  private static boolean trainsHead(KernelWeights arrays, Weights weights) {
    return arrays.arrays().get(2).hasGradient() || !weights.parametersOf(HEAD).isEmpty();
  }

  private List<String> embeddingNames() {
    DecoderNames names = spec.names();
    return List.of(names.tokens(), spec.isGpt2() ? names.learnedPositions() : "");
  }

  private List<String> layerNames(int layer) {
    Map<String, Boolean> known = new LinkedHashMap<>();
    for (TensorSpec tensor : DecoderTensors.body(spec, paddingId)) {
      known.put(tensor.name(), true);
    }
    List<String> names = new ArrayList<>();
    for (String slot : spec.names().slots()) {
      String name = spec.names().layer(layer) + "." + slot;
      names.add(known.containsKey(name) ? name : "");
    }
    return names;
  }

  private List<String> headNames() {
    String norm = spec.names().norm();
    return List.of(
        norm,
        spec.isGpt2() ? norm.replace(".weight", ".bias") : "",
        task == Task.SEQUENCE_CLASSIFICATION ? SCORE : HEAD);
  }

  @Override
  public Map<String, NDArray> shared(ModelInputs given, boolean training) {
    if (task == Task.SEQUENCE_CLASSIFICATION && paddingId < 0) {
      checkLastTokens(given);
    }
    return inputs.shared(given, false);
  }

  @Override
  public Map<String, NDArray> sharedForLoss(ModelInputs given) {
    return task == Task.CAUSAL_LM ? inputs.shared(given, true) : shared(given, true);
  }

  /** A text is judged at its last token, which must be found. */
  private static void checkLastTokens(ModelInputs given) {
    long texts = given.get("input_ids").getShape().get(0);
    if (texts > 1 && given.find("attention_mask").isEmpty()) {
      throw new IllegalArgumentException(
          "config.json has no pad_token_id: where the "
              + texts
              + " texts of a batch end is not known. Set it to the tokenizer's, or give"
              + " attention_mask: then each text is judged at the last token that it does not hide");
    }
  }

  @Override
  public ModelOutput outputs(NDList last, ForwardPass pass) {
    if (last.size() == 1) {
      return ModelOutput.logits(last.get(0));
    }
    return task == Task.CAUSAL_LM
        ? causal.outputs(last)
        : ModelOutput.logits(last.get(0)).withLoss(LossOutput.of(last.get(1), last.get(2)));
  }

  @Override
  public DecodingSession startDecoding(
      Weights weights,
      @Nullable HalfType products,
      long[][] inputIds,
      long @Nullable [][] attentionMask,
      int maxLength) {
    if (task != Task.CAUSAL_LM) {
      throw new IllegalStateException(
          "a model for " + task + " writes no text: load it as a causal language model");
    }
    if (spec.rotary() == null && maxLength > spec.positions()) {
      throw new IllegalArgumentException(
          "prompt and new tokens make "
              + maxLength
              + " positions, but the model learned "
              + spec.positions()
              + ": shorten the prompt or lower maxNewTokens");
    }
    List<String> outerNames = new ArrayList<>(embeddingNames());
    outerNames.addAll(headNames());
    Slots outer = kernels.slots(outerNames);
    Slots layers = kernels.slots(allLayerNames());
    int adapters = Math.max(outer.adapters(weights), layers.adapters(weights));
    return new DecoderSession(
        spec,
        kernels,
        products,
        outer.read(weights, false, adapters),
        layers.read(weights, false, adapters),
        attentionMask);
  }

  private List<String> allLayerNames() {
    List<String> all = new ArrayList<>();
    for (int i = 0; i < spec.layers(); i++) {
      all.addAll(layerNames(i));
    }
    return all;
  }

  @Override
  public void close() {
    kernels.close();
  }
}
