// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.encoder;

import dev.trainer4j.transformers.Task;
import dev.trainer4j.transformers.architecture.Initializer;
import dev.trainer4j.transformers.architecture.TensorSpec;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The tensors of an encoder with the head of a task, what the kernels take of them, and how new ones begin. */
final class EncoderTensors {

  private final EncoderNames names;
  private final EncoderShape shape;
  private final Task task;

  EncoderTensors(EncoderNames names, EncoderShape shape, Task task) {
    this.names = names;
    this.shape = shape;
    this.task = task;
  }

  /** Returns all, embeddings first and those of the head last. */
  List<TensorSpec> all() {
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

  /** Returns the names of those of the embeddings. */
  List<String> ofEmbeddings() {
    return all().stream()
        .map(TensorSpec::name)
        .filter(name -> name.startsWith(names.body() + "embeddings."))
        .toList();
  }

  /** Returns the names of what the kernel of the head takes. */
  List<String> ofHead() {
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

  /** Returns names of tensors that are others: what the head of the masked LM shares. */
  Map<String, String> tied() {
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

  /** A task that no encoder has a head for. */
  IllegalStateException noHead() {
    return new IllegalStateException("an encoder has no head for " + task);
  }
}
