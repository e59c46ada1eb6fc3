// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.encoder;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.model.ForwardPass;
import dev.trainer4j.model.LossOutput;
import dev.trainer4j.model.ModelOutput;
import dev.trainer4j.model.Segment;
import dev.trainer4j.transformers.Task;
import dev.trainer4j.transformers.architecture.Adaptable;
import dev.trainer4j.transformers.architecture.Adaptable.Kind;
import dev.trainer4j.transformers.architecture.Architecture;
import dev.trainer4j.transformers.architecture.Initializer;
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
  private final ModelKernels training;
  private final ModelKernels evaluation;

  Encoder(EncoderNames names, EncoderShape shape, Task task, Device device) {
    this.names = task == Task.FEATURE_EXTRACTION ? names.ofBody() : names;
    this.shape = shape;
    this.task = task;
    training =
        compile(device, shape.hiddenDropout(), shape.attentionDropout(), shape.headDropout());
    evaluation = compile(device, 0, 0, 0);
  }

  /** The same kernels, which hold nothing of the vocabulary, for another number of tokens. */
  private Encoder(Encoder of, EncoderShape shape) {
    names = of.names;
    this.shape = shape;
    task = of.task;
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
    Initializer normal = Initializer.normal(shape.std());
    int width = shape.hiddenSize();
    List<TensorSpec> specs = new ArrayList<>();
    String embeddings = names.body() + "embeddings.";
    specs.add(
        TensorSpec.weight(
            names.word(),
            Initializer.embedding(shape.std(), shape.padTokenId()),
            shape.vocabSize(),
            width));
    specs.add(
        TensorSpec.weight(
            embeddings + "position_embeddings.weight",
            Initializer.embedding(shape.std(), shape.paddingIndex()),
            shape.maxPositions(),
            width));
    if (shape.typeVocabSize() > 0) {
      specs.add(
          TensorSpec.weight(
              embeddings + "token_type_embeddings.weight", normal, shape.typeVocabSize(), width));
    }
    norm(specs, embeddings + "LayerNorm");
    for (int i = 0; i < shape.layers(); i++) {
      String prefix = names.layerPrefix(i);
      for (int m = 0; m < names.modules().size(); m++) {
        String module = prefix + names.modules().get(m);
        switch (m) {
          case 4, 7 -> norm(specs, module);
          case 5 -> linear(specs, module, shape.intermediateSize(), width);
          case 6 -> linear(specs, module, width, shape.intermediateSize());
          default -> linear(specs, module, width, width);
        }
      }
    }
    switch (task) {
      case SEQUENCE_CLASSIFICATION, MULTIPLE_CHOICE -> {
        linear(specs, names.dense(task), width, width);
        linear(specs, names.out(task), shape.labels(), width);
      }
      case TOKEN_CLASSIFICATION -> linear(specs, "classifier", shape.labels(), width);
      case QUESTION_ANSWERING -> linear(specs, "qa_outputs", 2, width);
      case FEATURE_EXTRACTION -> {
        if (names.pooler()) {
          linear(specs, names.dense(task), width, width);
        }
      }
      case MASKED_LM -> {
        linear(specs, names.mlmDense(), width, width);
        norm(specs, names.mlmNorm());
        if (!shape.tied()) {
          specs.add(
              TensorSpec.weight(names.mlmDecoder() + ".weight", normal, shape.vocabSize(), width));
        }
        specs.add(TensorSpec.bias(names.mlmBias(), shape.vocabSize()));
      }
      default -> throw noHead();
    }
    return specs;
  }

  private void linear(List<TensorSpec> specs, String module, long out, long in) {
    specs.add(TensorSpec.weight(module + ".weight", Initializer.normal(shape.std()), out, in));
    specs.add(TensorSpec.bias(module + ".bias", out));
  }

  private void norm(List<TensorSpec> specs, String module) {
    specs.add(TensorSpec.norm(module + ".weight", shape.hiddenSize()));
    specs.add(TensorSpec.bias(module + ".bias", shape.hiddenSize()));
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
    if (task != Task.MASKED_LM) {
      return Map.of();
    }
    Map<String, String> tied = new LinkedHashMap<>();
    if (shape.tied()) {
      tied.put(names.mlmDecoder() + ".weight", names.word());
    }
    if (!names.mlmBias().equals(names.mlmDecoder() + ".bias")) {
      tied.put(names.mlmDecoder() + ".bias", names.mlmBias());
    }
    return tied;
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
    all.addAll(Adaptable.among(this, embeddingTensors(), Kind.EMBEDDING));
    List<String> slots = new ArrayList<>();
    for (int i = 0; i < shape.layers(); i++) {
      slots.addAll(names.layerTensors(i));
    }
    slots.addAll(headTensors());
    all.addAll(Adaptable.among(this, slots, Kind.LINEAR));
    return all;
  }

  @Override
  public List<Segment> segments(Weights weights) {
    List<Segment> segments = new ArrayList<>();
    segments.add(
        KernelSegment.of(
            names.body() + "embeddings",
            slots(embeddingTensors()),
            weights,
            (hidden, pass, arrays) -> {
              ModelInputs texts = texts(pass.inputs());
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

  private List<String> embeddingTensors() {
    return tensors().stream()
        .map(TensorSpec::name)
        .filter(name -> name.startsWith(names.body() + "embeddings."))
        .toList();
  }

  private Slots slots(List<String> tensors) {
    return evaluation.slots(tensors);
  }

  private Segment head(Weights weights) {
    Slots slots = slots(headTensors());
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
      default -> throw noHead();
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

  /** Returns what the kernel of the head takes. */
  private List<String> headTensors() {
    return switch (task) {
      case SEQUENCE_CLASSIFICATION, MULTIPLE_CHOICE ->
          TensorSpec.namesOf(names.dense(task), names.out(task));
      case TOKEN_CLASSIFICATION -> TensorSpec.namesOf("classifier");
      case MASKED_LM -> {
        List<String> tensors =
            new ArrayList<>(TensorSpec.namesOf(names.mlmDense(), names.mlmNorm()));
        tensors.add(names.mlmDecoder() + ".weight");
        tensors.add(names.mlmBias());
        yield tensors;
      }
      case QUESTION_ANSWERING -> TensorSpec.namesOf("qa_outputs");
      case FEATURE_EXTRACTION -> names.pooler() ? TensorSpec.namesOf(names.dense(task)) : List.of();
      default -> throw noHead();
    };
  }

  private IllegalStateException noHead() {
    return new IllegalStateException("an encoder has no head for " + task);
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
    check(inputs);
    NDArray mask =
        texts(inputs)
            .find("attention_mask")
            .map(given -> evaluation.plain().call("mask", given).get(0))
            .orElse(absent());
    return Map.of(MASK, mask);
  }

  /** Returns inputs of shape [texts, length]: of several choices, each is a text of its own. */
  private ModelInputs texts(ModelInputs inputs) {
    if (task != Task.MULTIPLE_CHOICE) {
      return inputs;
    }
    long length = inputs.get("input_ids").getShape().getLastDimension();
    ModelInputs texts = inputs;
    for (String name : List.of("input_ids", "attention_mask", "token_type_ids", "position_ids")) {
      NDArray array = inputs.find(name).orElse(null);
      if (array != null) {
        texts = texts.with(name, array.reshape(-1, length));
      }
    }
    return texts;
  }

  /** Looks at shapes only: what it refuses would be a fault in a kernel, which a GPU does not survive. */
  private void check(ModelInputs inputs) {
    Shape ids = inputs.get("input_ids").getShape();
    boolean choices = task == Task.MULTIPLE_CHOICE;
    if (ids.dimension() != (choices ? 3 : 2)) {
      throw new IllegalArgumentException(
          "input_ids has shape "
              + ids
              + ", expected "
              + (choices ? "[batch, choices, length]" : "[batch, length]"));
    }
    // RoBERTa's positions begin behind padding's.
    int positions = shape.maxPositions() - (shape.paddingIndex() + 1);
    if (inputs.find("position_ids").isEmpty() && ids.getLastDimension() > positions) {
      throw new IllegalArgumentException(
          "input_ids has "
              + ids.getLastDimension()
              + " tokens in a row, but the model learned "
              + positions
              + " positions (max_position_embeddings): truncate the texts, such as with"
              + " EncodeOptions.truncated("
              + positions
              + ")");
    }
    Shape mask = inputs.find("attention_mask").map(NDArray::getShape).orElse(ids);
    if (!mask.equals(ids)) {
      throw new IllegalArgumentException(
          "attention_mask has shape " + mask + ", expected that of input_ids, " + ids);
    }
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
