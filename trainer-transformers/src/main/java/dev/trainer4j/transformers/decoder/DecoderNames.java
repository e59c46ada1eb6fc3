// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.decoder;

import java.util.List;

/** How a family calls its tensors, in the order in which the kernel takes them. */
enum DecoderNames {
  GPT2(
      "transformer",
      "wte.weight",
      "h",
      "ln_f.weight",
      List.of(
          "ln_1.weight",
          "ln_1.bias",
          "attn.c_attn.weight",
          "attn.c_attn.bias",
          "",
          "",
          "",
          "",
          "",
          "",
          "attn.c_proj.weight",
          "attn.c_proj.bias",
          "ln_2.weight",
          "ln_2.bias",
          "",
          "",
          "mlp.c_fc.weight",
          "mlp.c_fc.bias",
          "mlp.c_proj.weight",
          "mlp.c_proj.bias")),
  LLAMA(
      "model",
      "embed_tokens.weight",
      "layers",
      "norm.weight",
      List.of(
          "input_layernorm.weight", "",
          "self_attn.q_proj.weight", "self_attn.q_proj.bias",
          "self_attn.k_proj.weight", "self_attn.k_proj.bias",
          "self_attn.v_proj.weight", "self_attn.v_proj.bias",
          "self_attn.q_norm.weight", "self_attn.k_norm.weight",
          "self_attn.o_proj.weight", "self_attn.o_proj.bias",
          "post_attention_layernorm.weight", "",
          "mlp.gate_proj.weight", "mlp.gate_proj.bias",
          "mlp.up_proj.weight", "mlp.up_proj.bias",
          "mlp.down_proj.weight", "mlp.down_proj.bias"));

  private final String prefix;
  private final String tokens;
  private final String layers;
  private final String norm;

  // Made by List.of, which is immutable.
  @SuppressWarnings("ImmutableEnumChecker")
  private final List<String> slots;

  DecoderNames(String prefix, String tokens, String layers, String norm, List<String> slots) {
    this.prefix = prefix;
    this.tokens = tokens;
    this.layers = layers;
    this.norm = norm;
    this.slots = slots;
  }

  String prefix() {
    return prefix;
  }

  /** Returns the name of the token embeddings. */
  String tokens() {
    return prefix + "." + tokens;
  }

  /** Returns the name of the learned position embeddings, which only GPT-2 has. */
  String learnedPositions() {
    return prefix + ".wpe.weight";
  }

  /** Returns the name of the module of a layer. */
  String layer(int index) {
    return prefix + "." + layers + "." + index;
  }

  /** Returns the name of the weight of the last norm. */
  String norm() {
    return prefix + "." + norm;
  }

  /** Returns the names of a layer's tensors after its own; empty for what the family lacks. */
  List<String> slots() {
    return slots;
  }
}
