// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.encoder;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.model.ForwardPass;
import dev.trainer4j.model.LossOutput;
import dev.trainer4j.model.ModelOutput;
import dev.trainer4j.model.Segment;
import dev.trainer4j.transformers.Task;
import dev.trainer4j.transformers.architecture.Adaptable;
import dev.trainer4j.transformers.architecture.Adaptable.Kind;
import dev.trainer4j.transformers.architecture.Architecture;
import dev.trainer4j.transformers.architecture.KernelSegment;
import dev.trainer4j.transformers.architecture.KernelText;
import dev.trainer4j.transformers.architecture.KernelWeights;
import dev.trainer4j.transformers.architecture.ModelKernels;
import dev.trainer4j.transformers.architecture.Slots;
import dev.trainer4j.transformers.architecture.TensorSpec;
import dev.trainer4j.transformers.architecture.Weights;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A bidirectional encoder with a head; its mathematics is {@code encoder.py}. */
final class Encoder implements Architecture {

  private static final String MASK = "mask";

  private final EncoderNames names;
  private final EncoderShape shape;
  private final Task task;
  private final EncoderTensors tensors;
  private final EncoderInputs inputs;
  private final ModelKernels training;
  private final ModelKernels evaluation;

  Encoder(EncoderNames names, EncoderShape shape, Task task, Device device) {
    this.names = task == Task.FEATURE_EXTRACTION ? names.ofBody() : names;
    this.shape = shape;
    this.task = task;
    tensors = new EncoderTensors(this.names, shape, task);
    inputs = new EncoderInputs(shape, task);
    training =
        compile(device, shape.hiddenDropout(), shape.attentionDropout(), shape.headDropout());
    evaluation = compile(device, 0, 0, 0);
  }

  /** The same kernels, which hold nothing of the vocabulary, for another number of tokens. */
  private Encoder(Encoder of, EncoderShape shape) {
    names = of.names;
    this.shape = shape;
    task = of.task;
    tensors = new EncoderTensors(names, shape, task);
    inputs = of.inputs;
    training = of.training;
    evaluation = of.evaluation;
  }

  private ModelKernels compile(Device device, double hidden, double attention, double head) {
    Map<String, Object> constants = new LinkedHashMap<>();
    constants.put("activation", shape.activation());
    constants.put("hidden_size", shape.hiddenSize());
    constants.put("heads", shape.heads());
    constants.put("head_size", shape.hiddenSize() / shape.heads());
    constants.put("eps", shape.eps());
    constants.put("mlm_eps", shape.eps());
    constants.put("lowest", (double) -Float.MAX_VALUE);
    constants.put("padding_index", shape.paddingIndex());
    constants.put("pad_token_id", shape.padTokenId());
    constants.put("hidden_dropout", hidden);
    constants.put("attention_dropout", attention);
    constants.put("drop_scores", !device.isGpu());
    constants.put("scale", 1 / Math.sqrt(shape.hiddenSize() / (double) shape.heads()));
    constants.put("head_dropout", head);
    constants.put(
        "drop_before_dense", names.dropBeforeDense() && task == Task.SEQUENCE_CLASSIFICATION);
    constants.put("dense_activation", names.tanh() ? "tanh" : "relu");
    constants.put("problem_type", shape.problemType());
    constants.put("mlm_activation", "same");
    return KernelText.compile(
        Encoder.class,
        "Encoder",
        constants,
        "encoder.py",
        "basics.py",
        "projection.py",
        "noise.py",
        "dropout.py",
        "heads.py");
  }

  private NDList call(
      String method, ForwardPass pass, KernelWeights weights, NDArray... arguments) {
    ModelKernels kernels = pass.training() ? training : evaluation;
    return kernels.call(method, pass.products(), weights, arguments);
  }

  /** Returns the empty array that stands for a missing one. */
  private NDArray absent() {
    return evaluation.plain().absent();
  }

  @Override
  public List<TensorSpec> tensors() {
    return tensors.all();
  }

  @Override
  public int vocabulary() {
    return shape.vocabSize();
  }

  /** Padding stays what it is: as in transformers, the embeddings keep what they were made with. */
  @Override
  public Architecture withVocabulary(int tokens) {
    return new Encoder(this, shape.withVocabSize(tokens));
  }

  @Override
  public Map<String, String> tied() {
    return tensors.tied();
  }

  @Override
  public List<String> ignored() {
    // Buffers that older versions saved.
    return List.of(".*embeddings\\.(position_ids|token_type_ids)");
  }

  @Override
  public boolean mayBeFresh(String name) {
    return !name.startsWith(names.body()) || name.startsWith(names.dense(task));
  }

  @Override
  public List<Adaptable> adaptable() {
    List<Adaptable> all = new ArrayList<>();
    all.addAll(Adaptable.among(this, tensors.ofEmbeddings(), Kind.EMBEDDING));
    List<String> slots = new ArrayList<>();
    for (int i = 0; i < shape.layers(); i++) {
      slots.addAll(names.layerTensors(i));
    }
    slots.addAll(tensors.ofHead());
    all.addAll(Adaptable.among(this, slots, Kind.LINEAR));
    return all;
  }

  @Override
  public List<Segment> segments(Weights weights) {
    List<Segment> segments = new ArrayList<>();
    segments.add(
        KernelSegment.of(
            names.body() + "embeddings",
            slots(tensors.ofEmbeddings()),
            weights,
            (hidden, pass, arrays) -> {
              ModelInputs texts = inputs.texts(pass.inputs());
              return call(
                  "embed",
                  pass,
                  arrays,
                  texts.get("input_ids"),
                  texts.find("token_type_ids").orElse(absent()),
                  texts.find("position_ids").orElse(absent()));
            }));
    for (int i = 0; i < shape.layers(); i++) {
      String name = names.layerPrefix(i);
      segments.add(
          KernelSegment.of(
              name.substring(0, name.length() - 1),
              slots(names.layerTensors(i)),
              weights,
              (hidden, pass, arrays) ->
                  call("layer", pass, arrays, hidden.get(0), pass.get(MASK))));
    }
    segments.add(head(weights));
    return segments;
  }

  private Slots slots(List<String> tensors) {
    return evaluation.slots(tensors);
  }

  private Segment head(Weights weights) {
    Slots slots = slots(tensors.ofHead());
    return switch (task) {
      case SEQUENCE_CLASSIFICATION -> head(weights, "classify", slots);
      case MULTIPLE_CHOICE ->
          KernelSegment.of(
              "head",
              slots,
              weights,
              (hidden, pass, arrays) ->
                  call(
                      "choose",
                      pass,
                      arrays,
                      hidden.get(0),
                      input(pass, "labels"),
                      pass.inputs().get("input_ids")));
      case TOKEN_CLASSIFICATION -> head(weights, "tokens", slots);
      case FEATURE_EXTRACTION -> body(weights, slots);
      case MASKED_LM -> head(weights, "masked", slots);
      case QUESTION_ANSWERING ->
          KernelSegment.of(
              "qa_outputs",
              slots,
              weights,
              (hidden, pass, arrays) ->
                  call(
                      "span",
                      pass,
                      arrays,
                      hidden.get(0),
                      input(pass, "start_positions"),
                      input(pass, "end_positions")));
      default -> throw tensors.noHead();
    };
  }

  /** Ends a body without a head: with its pooler, if it has one. */
  private Segment body(Weights weights, Slots slots) {
    return names.pooler()
        ? KernelSegment.of(
            "pooler",
            slots,
            weights,
            (hidden, pass, arrays) -> call("pool", pass, arrays, hidden.get(0)))
        : KernelSegment.of(
            "last",
            slots,
            weights,
            (hidden, pass, arrays) -> evaluation.plain().call("full", hidden.get(0)));
  }

  private Segment head(Weights weights, String method, Slots slots) {
    return KernelSegment.of(
        "head",
        slots,
        weights,
        (hidden, pass, arrays) -> call(method, pass, arrays, hidden.get(0), input(pass, "labels")));
  }

  private NDArray input(ForwardPass pass, String name) {
    return pass.inputs().find(name).orElse(absent());
  }

  @Override
  public Map<String, NDArray> shared(ModelInputs inputs, boolean training) {
    this.inputs.check(inputs);
    NDArray mask =
        this.inputs
            .texts(inputs)
            .find("attention_mask")
            .map(given -> evaluation.plain().call("mask", given).get(0))
            .orElse(absent());
    return Map.of(MASK, mask);
  }

  @Override
  public ModelOutput outputs(NDList last, ForwardPass pass) {
    if (task == Task.FEATURE_EXTRACTION) {
      Map<String, NDArray> arrays = new LinkedHashMap<>();
      arrays.put("last_hidden_state", last.get(0));
      if (last.size() > 1) {
        arrays.put("pooler_output", last.get(1));
      }
      return ModelOutput.of(arrays);
    }
    if (task == Task.QUESTION_ANSWERING) {
      Map<String, NDArray> arrays = new LinkedHashMap<>();
      arrays.put("start_logits", last.get(0));
      arrays.put("end_logits", last.get(1));
      ModelOutput output = ModelOutput.of(arrays);
      return pass.inputs().find("start_positions").isPresent()
          ? output.withLoss(LossOutput.of(last.get(2), last.get(3)))
          : output;
    }
    ModelOutput output = ModelOutput.logits(last.get(0));
    return pass.inputs().find("labels").isPresent()
        ? output.withLoss(LossOutput.of(last.get(1), last.get(2)))
        : output;
  }

  @Override
  public void close() {
    training.close();
    evaluation.close();
  }
}
