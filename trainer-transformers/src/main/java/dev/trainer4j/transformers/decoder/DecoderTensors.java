// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.decoder;

import ai.djl.ndarray.types.Shape;
import dev.trainer4j.transformers.architecture.Initializer;
import dev.trainer4j.transformers.architecture.TensorSpec;
import java.util.ArrayList;
import java.util.List;

/** The tensors of a decoder-only model, and how new ones begin: transformers' {@code _init_weights}. */
final class DecoderTensors {

  private final DecoderSpec spec;
  private final List<TensorSpec> layer = new ArrayList<>();

  private DecoderTensors(DecoderSpec spec) {
    this.spec = spec;
  }

  /** Returns those of the body, embeddings to last norm, in the order of transformers' modules. */
  static List<TensorSpec> body(DecoderSpec spec, long paddingRow) {
    DecoderNames names = spec.names();
    Initializer normal = Initializer.normal(spec.initializerRange());
    List<TensorSpec> all = new ArrayList<>();
    all.add(
        TensorSpec.weight(
            names.tokens(),
            Initializer.embedding(spec.initializerRange(), spec.isGpt2() ? -1 : paddingRow),
            spec.vocabulary(),
            spec.hidden()));
    if (spec.isGpt2()) {
      all.add(TensorSpec.weight(names.learnedPositions(), normal, spec.positions(), spec.hidden()));
    }
    for (int i = 0; i < spec.layers(); i++) {
      DecoderTensors tensors = new DecoderTensors(spec);
      if (spec.isGpt2()) {
        tensors.gpt2();
      } else {
        tensors.llama();
      }
      for (TensorSpec tensor : tensors.layer) {
        all.add(
            new TensorSpec(
                names.layer(i) + "." + tensor.name(),
                tensor.shape(),
                tensor.initializer(),
                true,
                tensor.decays()));
      }
    }
    all.add(norm(spec, names.norm(), spec.hidden()));
    if (spec.isGpt2()) {
      all.add(TensorSpec.bias(names.norm().replace(".weight", ".bias"), spec.hidden()));
    }
    return all;
  }

  private void add(TensorSpec tensor) {
    layer.add(tensor);
  }

  private static TensorSpec norm(DecoderSpec spec, String name, long size) {
    return new TensorSpec(
        name, new Shape(size), Initializer.constant(1 - spec.normOffset()), true, false);
  }

  private void gpt2() {
    long hidden = spec.hidden();
    // The residual branches begin smaller, by the square root of their number (GPT-2's paper).
    double branch = spec.initializerRange() / Math.sqrt(2.0 * spec.layers());
    layerNorm("ln_1");
    conv("attn.c_attn", hidden, 3 * hidden, spec.initializerRange());
    conv("attn.c_proj", hidden, hidden, branch);
    layerNorm("ln_2");
    conv("mlp.c_fc", hidden, spec.intermediate(), spec.initializerRange());
    conv("mlp.c_proj", spec.intermediate(), hidden, branch);
  }

  private void layerNorm(String name) {
    add(TensorSpec.norm(name + ".weight", spec.hidden()));
    add(TensorSpec.bias(name + ".bias", spec.hidden()));
  }

  private void conv(String name, long in, long out, double std) {
    add(TensorSpec.weight(name + ".weight", Initializer.normal(std), in, out));
    add(TensorSpec.bias(name + ".bias", out));
  }

  private void llama() {
    long hidden = spec.hidden();
    long queries = (long) spec.heads() * spec.headDim();
    long keys = (long) spec.keyValueHeads() * spec.headDim();
    DecoderSpec.Biases biases = spec.biases();
    linear("self_attn.q_proj", hidden, queries, biases.queryKeyValue());
    linear("self_attn.k_proj", hidden, keys, biases.queryKeyValue());
    linear("self_attn.v_proj", hidden, keys, biases.queryKeyValue());
    linear("self_attn.o_proj", queries, hidden, biases.output());
    if (spec.queryKeyNorm()) {
      add(norm(spec, "self_attn.q_norm.weight", spec.headDim()));
      add(norm(spec, "self_attn.k_norm.weight", spec.headDim()));
    }
    linear("mlp.gate_proj", hidden, spec.intermediate(), biases.feedForward());
    linear("mlp.up_proj", hidden, spec.intermediate(), biases.feedForward());
    linear("mlp.down_proj", spec.intermediate(), hidden, biases.feedForward());
    add(norm(spec, "input_layernorm.weight", hidden));
    add(norm(spec, "post_attention_layernorm.weight", hidden));
  }

  private void linear(String name, long in, long out, boolean bias) {
    add(TensorSpec.weight(name + ".weight", Initializer.normal(spec.initializerRange()), out, in));
    if (bias) {
      add(TensorSpec.bias(name + ".bias", out));
    }
  }
}
