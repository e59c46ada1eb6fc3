// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.encoder;

import dev.trainer4j.transformers.Task;
import dev.trainer4j.transformers.architecture.TensorSpec;
import java.util.List;

/**
 * What a family calls the modules of an encoder.
 *
 * @param body prefix of all but the head
 * @param layer prefix of a layer, with {@code %d} for its index, after the body's
 * @param modules of a layer: query, key, value, output, norm, up, down, norm
 * @param dense the first module of the classifier of texts
 * @param out the second
 * @param mlmDense the first module of the masked LM's head
 * @param mlmNorm its norm
 * @param mlmBias the full name of its last bias
 * @param mlmDecoder its last module, tied to the word embeddings
 * @param tanh whether the classifier's activation is tanh, otherwise relu
 * @param dropBeforeDense whether the classifier drops its input, too
 * @param pooler whether the body has a pooler, the first module of the head for multiple choice
 */
record EncoderNames(
    String body,
    String layer,
    List<String> modules,
    String dense,
    String out,
    String mlmDense,
    String mlmNorm,
    String mlmBias,
    String mlmDecoder,
    boolean tanh,
    boolean dropBeforeDense,
    boolean pooler) {

  private static final List<String> BERT_LAYER =
      List.of(
          "attention.self.query",
          "attention.self.key",
          "attention.self.value",
          "attention.output.dense",
          "attention.output.LayerNorm",
          "intermediate.dense",
          "output.dense",
          "output.LayerNorm");

  static final EncoderNames BERT =
      new EncoderNames(
          "bert.",
          "encoder.layer.%d.",
          BERT_LAYER,
          "bert.pooler.dense",
          "classifier",
          "cls.predictions.transform.dense",
          "cls.predictions.transform.LayerNorm",
          "cls.predictions.bias",
          "cls.predictions.decoder",
          true,
          false,
          true);

  static final EncoderNames ROBERTA =
      new EncoderNames(
          "roberta.",
          "encoder.layer.%d.",
          BERT_LAYER,
          "classifier.dense",
          "classifier.out_proj",
          "lm_head.dense",
          "lm_head.layer_norm",
          "lm_head.bias",
          "lm_head.decoder",
          true,
          true,
          true);

  static final EncoderNames DISTILBERT =
      new EncoderNames(
          "distilbert.",
          "transformer.layer.%d.",
          List.of(
              "attention.q_lin",
              "attention.k_lin",
              "attention.v_lin",
              "attention.out_lin",
              "sa_layer_norm",
              "ffn.lin1",
              "ffn.lin2",
              "output_layer_norm"),
          "pre_classifier",
          "classifier",
          "vocab_transform",
          "vocab_layer_norm",
          "vocab_projector.bias",
          "vocab_projector",
          false,
          false,
          false);

  String word() {
    return body + "embeddings.word_embeddings.weight";
  }

  /** Returns the names of the body alone, which have no prefix. */
  EncoderNames ofBody() {
    return new EncoderNames(
        "",
        layer,
        modules,
        dense,
        out,
        mlmDense,
        mlmNorm,
        mlmBias,
        mlmDecoder,
        tanh,
        dropBeforeDense,
        pooler);
  }

  /** Returns the first module of the head for {@code task}: a classifier of texts or of choices, or the pooler. */
  String dense(Task task) {
    boolean pools = task == Task.MULTIPLE_CHOICE || task == Task.FEATURE_EXTRACTION;
    return pools && pooler ? body + "pooler.dense" : dense;
  }

  /** Returns the second module of that head. */
  String out(Task task) {
    return task == Task.MULTIPLE_CHOICE ? "classifier" : out;
  }

  String layerPrefix(int index) {
    return body + layer.formatted(index);
  }

  List<String> layerTensors(int index) {
    return TensorSpec.namesOf(
        modules.stream().map(m -> layerPrefix(index) + m).toArray(String[]::new));
  }
}
