// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.seq2seq;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.model.ForwardPass;
import dev.trainer4j.model.ModelOutput;
import dev.trainer4j.model.Segment;
import dev.trainer4j.torch.ArrayScope;
import dev.trainer4j.torch.Autograd;
import dev.trainer4j.torch.HalfType;
import dev.trainer4j.torch.ScriptKernels;
import dev.trainer4j.transformers.Dtype;
import dev.trainer4j.transformers.PretrainedConfig;
import dev.trainer4j.transformers.architecture.Adaptable;
import dev.trainer4j.transformers.architecture.Adaptable.Kind;
import dev.trainer4j.transformers.architecture.Architecture;
import dev.trainer4j.transformers.architecture.KernelSegment;
import dev.trainer4j.transformers.architecture.KernelWeights;
import dev.trainer4j.transformers.architecture.Slots;
import dev.trainer4j.transformers.architecture.TensorSpec;
import dev.trainer4j.transformers.architecture.Weights;
import dev.trainer4j.transformers.generation.DecodingSession;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An encoder-decoder model with a head; its mathematics is {@code seq2seq.py}.
 *
 * <p>What flows between the segments of the encoder is the hidden state, and in T5 the biases of its
 * scores behind it. Between those of the decoder it is the hidden state, the encoder's, and in T5 the
 * biases of the decoder.
 */
final class Seq2SeqArchitecture implements Architecture {

  private final Seq2SeqSpec spec;
  private final Seq2SeqHead head;
  private final Seq2SeqNames names;
  private final Seq2SeqKernels kernels;
  private final Seq2SeqInputs inputs;

  Seq2SeqArchitecture(Seq2SeqSpec spec, Seq2SeqHead head, Device device) {
    this.spec = spec;
    this.head = head;
    names = spec.names();
    kernels = new Seq2SeqKernels(spec, head, device);
    inputs = new Seq2SeqInputs(spec, head, kernels);
  }

  /** The same kernels, which hold neither the vocabulary nor special tokens but the row that learns nothing. */
  private Seq2SeqArchitecture(Seq2SeqArchitecture of, Seq2SeqSpec spec, Seq2SeqHead head) {
    this.spec = spec;
    this.head = head;
    names = of.names;
    kernels = of.kernels;
    inputs = new Seq2SeqInputs(spec, head, kernels);
  }

  @Override
  public int vocabulary() {
    return spec.vocabulary();
  }

  @Override
  public Architecture withVocabulary(int tokens) {
    return new Seq2SeqArchitecture(this, spec.withVocabulary(tokens), head);
  }

  /** What pads takes the place of ignored labels in the decoder, and BART classifies a text at its end. */
  @Override
  public Architecture withSpecialTokens(PretrainedConfig config) {
    int end = head.endToken();
    return new Seq2SeqArchitecture(
        this,
        spec.withPadTokenId(config.node("pad_token_id").asInt(spec.padTokenId())),
        end < 0 ? head : head.withEndToken(config.node("eos_token_id").asInt(end)));
  }

  @Override
  public List<TensorSpec> tensors() {
    List<TensorSpec> all = new ArrayList<>(Seq2SeqTensors.body(spec));
    head.addTensors(all, spec);
    return all;
  }

  @Override
  public Map<String, String> tied() {
    Map<String, String> tied = new LinkedHashMap<>();
    names.copiesOfTokens().forEach(copy -> tied.put(copy, names.tokens()));
    if (head.writesText() && spec.headTied()) {
      tied.put(Seq2SeqNames.HEAD, names.tokens());
    }
    return tied;
  }

  @Override
  public List<String> ignored() {
    // What older versions saved and nothing reads, and the language model's head under another.
    return List.of(
        "decoder\\.block\\.0\\.layer\\.1\\.EncDecAttention\\.relative_attention_bias\\.weight",
        "(model\\.)?(encoder|decoder)\\.version",
        "lm_head\\.weight|final_logits_bias");
  }

  @Override
  public boolean mayBeFresh(String name) {
    return head.slots(names).contains(name);
  }

  /** As in transformers: what T5's feed-forward parts put out can be beyond float16. */
  @Override
  public Dtype dtype(String name, Dtype wanted) {
    return spec.isT5() && wanted == Dtype.FLOAT16 && name.endsWith(".wo.weight")
        ? Dtype.FLOAT32
        : wanted;
  }

  @Override
  public List<Adaptable> adaptable() {
    List<Adaptable> all = new ArrayList<>();
    all.addAll(Adaptable.among(this, names.copiesOfTokens(), Kind.EMBEDDING));
    List<String> slots = new ArrayList<>(layerSlots(false, spec.encoder()));
    slots.addAll(layerSlots(true, spec.decoder()));
    slots.addAll(head.slots(names));
    all.addAll(Adaptable.among(this, slots, Kind.LINEAR));
    return all;
  }

  @Override
  public List<Segment> segments(Weights weights) {
    List<Segment> segments = new ArrayList<>(encoderSegments(weights));
    segments.add(
        segment(
            "decoder.embed_tokens",
            names.embeddingSlots(true),
            weights,
            (hidden, pass, arrays) ->
                new NDList(
                    kernels.call("embed", pass, arrays, pass.get(Seq2SeqInputs.DECODER_IDS)).get(0),
                    hidden.get(0))));
    if (!names.distances(true).isEmpty()) {
      segments.add(
          segment(
              module(names.distances(true)),
              List.of(names.distances(true)),
              weights,
              (hidden, pass, arrays) ->
                  new NDList(
                      hidden.get(0),
                      hidden.get(1),
                      kernels
                          .call(
                              "decoder_bias",
                              pass,
                              arrays,
                              hidden.get(0),
                              pass.get(Seq2SeqInputs.DECODER_MASK))
                          .get(0))));
    }
    for (int i = 0; i < spec.decoder().layers(); i++) {
      segments.add(
          segment(
              names.layer(true, i),
              names.layerSlots(true, i, spec.gated()),
              weights,
              this::decoderLayer));
    }
    if (!names.lastNormSlots(true).get(0).isEmpty()) {
      segments.add(lastNorm(true, weights));
    }
    segments.add(
        segment(
            head.name(),
            head.slots(names),
            weights,
            (hidden, pass, arrays) -> head.run(hidden.get(0), pass, arrays, kernels)));
    return segments;
  }

  private List<Segment> encoderSegments(Weights weights) {
    List<Segment> segments = new ArrayList<>();
    segments.add(
        segment(
            "encoder.embed_tokens",
            names.embeddingSlots(false),
            weights,
            (hidden, pass, arrays) ->
                kernels.call("embed", pass, arrays, pass.inputs().get("input_ids"))));
    if (!names.distances(false).isEmpty()) {
      segments.add(
          segment(
              module(names.distances(false)),
              List.of(names.distances(false)),
              weights,
              (hidden, pass, arrays) ->
                  new NDList(
                      hidden.get(0),
                      kernels
                          .call(
                              "encoder_bias",
                              pass,
                              arrays,
                              hidden.get(0),
                              pass.get(Seq2SeqInputs.MASK))
                          .get(0))));
    }
    for (int i = 0; i < spec.encoder().layers(); i++) {
      segments.add(
          segment(
              names.layer(false, i),
              names.layerSlots(false, i, spec.gated()),
              weights,
              (hidden, pass, arrays) -> {
                boolean biased = hidden.size() > 1;
                NDArray added = biased ? hidden.get(1) : pass.get(Seq2SeqInputs.MASK);
                NDList next = kernels.call("encoder_layer", pass, arrays, hidden.get(0), added);
                return biased ? new NDList(next.get(0), added) : next;
              }));
    }
    if (!names.lastNormSlots(false).get(0).isEmpty()) {
      segments.add(lastNorm(false, weights));
    }
    return segments;
  }

  private Segment lastNorm(boolean decoder, Weights weights) {
    List<String> slots = names.lastNormSlots(decoder);
    return segment(
        module(slots.get(0)),
        slots,
        weights,
        (hidden, pass, arrays) -> kernels.call("last_norm", pass, arrays, hidden.get(0)));
  }

  private NDList decoderLayer(NDList hidden, ForwardPass pass, KernelWeights arrays) {
    boolean biased = hidden.size() > 2;
    NDArray memory = hidden.get(1);
    NDArray added = biased ? hidden.get(2) : pass.get(Seq2SeqInputs.DECODER_MASK);
    NDArray next =
        kernels
            .call(
                "decoder_layer",
                pass,
                arrays,
                hidden.get(0),
                memory,
                added,
                pass.get(Seq2SeqInputs.MASK))
            .get(0);
    return biased ? new NDList(next, memory, added) : new NDList(next, memory);
  }

  private static String module(String tensor) {
    return tensor.substring(0, tensor.lastIndexOf('.'));
  }

  private Segment segment(
      String name, List<String> slots, Weights weights, KernelSegment.Call call) {
    return KernelSegment.of(name, kernels.slots(slots), weights, call);
  }

  @Override
  public Map<String, NDArray> shared(ModelInputs given, boolean training) {
    return inputs.shared(given);
  }

  @Override
  public ModelOutput outputs(NDList last, ForwardPass pass) {
    return head.outputs(last, pass);
  }

  @Override
  public NDArray decoderInputIds(NDArray labels) {
    if (!head.writesText()) {
      throw new IllegalStateException(
          "the labels of a model for " + head.task() + " are no text that its decoder reads");
    }
    return inputs.shifted(labels);
  }

  @Override
  public DecodingSession startDecoding(
      Weights weights,
      @Nullable HalfType products,
      long[][] inputIds,
      long @Nullable [][] attentionMask,
      int maxLength) {
    if (!head.writesText()) {
      throw new IllegalStateException(
          "a model for " + head.task() + " writes no text: load one with AutoModels.seq2SeqLm");
    }
    inputs.checkPositions("maxLength", maxLength);
    List<String> outerNames = new ArrayList<>(names.embeddingSlots(true));
    outerNames.add(names.distances(true));
    outerNames.addAll(names.lastNormSlots(true));
    outerNames.addAll(head.slots(names));
    Slots outer = kernels.slots(outerNames);
    Slots layers = kernels.slots(layerSlots(true, spec.decoder()));
    int adapters = Math.max(outer.adapters(weights), layers.adapters(weights));
    KernelWeights outerWeights = outer.read(weights, false, adapters);
    ScriptKernels script = kernels.evaluation(outerWeights.layout()).in(products);
    NDManager manager = weights.get(names.tokens()).getManager().newSubManager();
    try {
      NDArray mask = kernels.evaluation().absent();
      List<NDArray> memories = new ArrayList<>();
      try (Autograd.Recording off = Autograd.record(false);
          ArrayScope scope = ArrayScope.open()) {
        Map<String, NDArray> given = new LinkedHashMap<>();
        given.put("input_ids", create(manager, inputIds));
        if (attentionMask != null) {
          given.put("attention_mask", create(manager, attentionMask));
        }
        ModelInputs read = ModelInputs.of(given);
        ForwardPass pass = new ForwardPass(read, false, products, inputs.encoderShared(read));
        NDList hidden = new NDList();
        for (Segment segment : encoderSegments(weights)) {
          hidden = segment.forward(hidden, pass);
        }
        NDArray memory = hidden.get(0);
        for (int i = 0; i < spec.decoder().layers(); i++) {
          // Keys and values of the attention to the encoder.
          Slots pair = kernels.slots(names.layerSlots(true, i, spec.gated()).subList(12, 16));
          List<NDArray> arrays = pair.read(weights, false, adapters).arrays();
          NDArray cache = script.call("memory_cache", arrays, memory).get(0);
          memories.add(ArrayScope.keep(cache, manager));
        }
        if (pass.get(Seq2SeqInputs.MASK).size() > 0) {
          mask = ArrayScope.keep(pass.get(Seq2SeqInputs.MASK), manager);
        }
      }
      return new Seq2SeqSession(
          spec,
          script,
          manager,
          outerWeights.arrays(),
          layers.read(weights, false, adapters).arrays(),
          memories,
          mask);
    } catch (RuntimeException e) {
      manager.close();
      throw e;
    }
  }

  private static NDArray create(NDManager manager, long[][] rows) {
    long[] flat = Arrays.stream(rows).flatMapToLong(Arrays::stream).toArray();
    return manager.create(flat, new Shape(rows.length, rows[0].length));
  }

  private List<String> layerSlots(boolean decoder, Seq2SeqSpec.Stack size) {
    List<String> slots = new ArrayList<>();
    for (int i = 0; i < size.layers(); i++) {
      slots.addAll(names.layerSlots(decoder, i, spec.gated()));
    }
    return slots;
  }

  @Override
  public void close() {
    kernels.close();
  }
}
