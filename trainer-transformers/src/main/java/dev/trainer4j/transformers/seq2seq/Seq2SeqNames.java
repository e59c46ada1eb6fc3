// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.seq2seq;

import java.util.ArrayList;
import java.util.List;

/** How a family of encoder-decoder models calls its tensors, in the order in which the kernels take them. */
enum Seq2SeqNames {
  T5("") {
    @Override
    String layer(boolean decoder, int index) {
      return (decoder ? "decoder" : "encoder") + ".block." + index;
    }

    @Override
    List<String> layerSlots(boolean decoder, int index, boolean gated) {
      String layer = layer(decoder, index) + ".layer.";
      List<String> slots = new ArrayList<>();
      attention(slots, layer + "0.SelfAttention.", layer + "0.layer_norm.weight");
      if (decoder) {
        attention(slots, layer + "1.EncDecAttention.", layer + "1.layer_norm.weight");
      }
      String last = layer + (decoder ? 2 : 1);
      String dense = last + ".DenseReluDense.";
      slots.addAll(
          List.of(
              dense + (gated ? "wi_0.weight" : "wi.weight"),
              "",
              gated ? dense + "wi_1.weight" : "",
              dense + "wo.weight",
              "",
              last + ".layer_norm.weight",
              ""));
      return slots;
    }

    private void attention(List<String> slots, String prefix, String norm) {
      for (String projection : List.of("q", "k", "v", "o")) {
        slots.add(prefix + projection + ".weight");
        slots.add("");
      }
      slots.add(norm);
      slots.add("");
    }

    @Override
    List<String> embeddingSlots(boolean decoder) {
      return List.of(tokensOf(decoder), "", "", "");
    }

    @Override
    String distances(boolean decoder) {
      return layer(decoder, 0) + ".layer.0.SelfAttention.relative_attention_bias.weight";
    }

    @Override
    List<String> lastNormSlots(boolean decoder) {
      return List.of((decoder ? "decoder" : "encoder") + ".final_layer_norm.weight", "");
    }

    @Override
    String logitsBias() {
      return "";
    }
  },

  BART("model.") {
    @Override
    String layer(boolean decoder, int index) {
      return stack(decoder) + "layers." + index;
    }

    private String stack(boolean decoder) {
      return decoder ? "model.decoder." : "model.encoder.";
    }

    @Override
    List<String> layerSlots(boolean decoder, int index, boolean gated) {
      String layer = layer(decoder, index) + ".";
      List<String> slots = new ArrayList<>();
      attention(slots, layer + "self_attn");
      if (decoder) {
        attention(slots, layer + "encoder_attn");
      }
      slots.addAll(
          List.of(
              layer + "fc1.weight",
              layer + "fc1.bias",
              "",
              layer + "fc2.weight",
              layer + "fc2.bias",
              layer + "final_layer_norm.weight",
              layer + "final_layer_norm.bias"));
      return slots;
    }

    private void attention(List<String> slots, String prefix) {
      for (String projection :
          List.of(".q_proj", ".k_proj", ".v_proj", ".out_proj", "_layer_norm")) {
        slots.add(prefix + projection + ".weight");
        slots.add(prefix + projection + ".bias");
      }
    }

    @Override
    List<String> embeddingSlots(boolean decoder) {
      String stack = stack(decoder);
      return List.of(
          tokensOf(decoder),
          stack + "embed_positions.weight",
          stack + "layernorm_embedding.weight",
          stack + "layernorm_embedding.bias");
    }

    @Override
    String distances(boolean decoder) {
      return "";
    }

    @Override
    List<String> lastNormSlots(boolean decoder) {
      return List.of("", "");
    }

    @Override
    String logitsBias() {
      return "final_logits_bias";
    }
  };

  static final String HEAD = "lm_head.weight";

  private final String prefix;

  Seq2SeqNames(String prefix) {
    this.prefix = prefix;
  }

  /** Returns the name of the token embeddings, which both stacks share. */
  String tokens() {
    return prefix + "shared.weight";
  }

  /** Returns names under which files may hold the token embeddings again. */
  List<String> copiesOfTokens() {
    return List.of(prefix + "encoder.embed_tokens.weight", prefix + "decoder.embed_tokens.weight");
  }

  /** Returns the name of the token embeddings on one side: adapters of the two are different ones, as in PEFT. */
  String tokensOf(boolean decoder) {
    return copiesOfTokens().get(decoder ? 1 : 0);
  }

  /** Returns the name of the module of a layer. */
  abstract String layer(boolean decoder, int index);

  /** Returns the tensors of a layer; empty for what the family lacks. */
  abstract List<String> layerSlots(boolean decoder, int index, boolean gated);

  /** Returns tokens, positions, weight and bias of the norm. */
  abstract List<String> embeddingSlots(boolean decoder);

  /** Returns the table of distances of a stack; empty for none. */
  abstract String distances(boolean decoder);

  /** Returns weight and bias of the norm that ends a stack. */
  abstract List<String> lastNormSlots(boolean decoder);

  /** Returns what is added to the logits, a buffer; empty for none. */
  abstract String logitsBias();
}
