// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.encoder;

import ai.djl.Device;
import dev.trainer4j.transformers.Task;
import dev.trainer4j.transformers.architecture.Architecture;
import dev.trainer4j.transformers.architecture.ConfigReader;
import dev.trainer4j.transformers.architecture.ModelFamily;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;

/** BERT and those that share its layers under other names. */
public final class EncoderFamily implements ModelFamily {

  /** {@code model_type: bert}. */
  public static final EncoderFamily BERT =
      new EncoderFamily(
          "bert", "Bert", EncoderNames.BERT, (config, task) -> bertShape(config, task, -1));

  /** {@code model_type: roberta}. */
  public static final EncoderFamily ROBERTA =
      new EncoderFamily(
          "roberta",
          "Roberta",
          EncoderNames.ROBERTA,
          (config, task) -> bertShape(config, task, config.integer("pad_token_id", 1)));

  /** {@code model_type: distilbert}. */
  public static final EncoderFamily DISTILBERT =
      new EncoderFamily(
          "distilbert", "DistilBert", EncoderNames.DISTILBERT, EncoderFamily::distilShape);

  private final String modelType;
  private final String className;
  private final EncoderNames names;
  private final BiFunction<ConfigReader, Task, EncoderShape> shape;

  private EncoderFamily(
      String modelType,
      String className,
      EncoderNames names,
      BiFunction<ConfigReader, Task, EncoderShape> shape) {
    this.modelType = modelType;
    this.className = className;
    this.names = names;
    this.shape = shape;
  }

  @Override
  public String modelType() {
    return modelType;
  }

  @Override
  public String className() {
    return className;
  }

  @Override
  public List<String> layerClasses() {
    return this == DISTILBERT
        ? List.of("Embeddings", "TransformerBlock")
        : List.of(className + "Embeddings", className + "Layer");
  }

  @Override
  public String basePrefix() {
    return modelType();
  }

  @Override
  public Set<Task> tasks() {
    return EnumSet.of(
        Task.SEQUENCE_CLASSIFICATION,
        Task.TOKEN_CLASSIFICATION,
        Task.QUESTION_ANSWERING,
        Task.MULTIPLE_CHOICE,
        Task.MASKED_LM,
        Task.FEATURE_EXTRACTION);
  }

  @Override
  public Map<String, Integer> specialTokenDefaults() {
    return this == ROBERTA
        ? Map.of("bos_token_id", 0, "pad_token_id", 1, "eos_token_id", 2)
        : Map.of("pad_token_id", 0);
  }

  @Override
  public Architecture create(ConfigReader config, Task task, Device device) {
    return new Encoder(names, shape.apply(config, task), task, device);
  }

  /** The defaults are those of transformers' configuration classes. */
  private static EncoderShape bertShape(ConfigReader config, Task task, int paddingIndex) {
    config.only("position_embedding_type", "absolute");
    config.only("is_decoder", false);
    config.only("add_cross_attention", false);
    config.only("chunk_size_feed_forward", 0);
    double hiddenDropout = config.rate("hidden_dropout_prob", 0.1);
    double headDropout =
        switch (task) {
          case SEQUENCE_CLASSIFICATION, TOKEN_CLASSIFICATION ->
              config.rate("classifier_dropout", hiddenDropout);
          // RoBERTa's head for choices does not look at the other key.
          case MULTIPLE_CHOICE ->
              paddingIndex < 0 ? config.rate("classifier_dropout", hiddenDropout) : hiddenDropout;
          default -> 0;
        };
    config.harmless("classifier_dropout");
    double eps = config.notNegative("layer_norm_eps", 1e-12);
    return new EncoderShape(
            config.positive("vocab_size", paddingIndex < 0 ? 30522 : 50265),
            config.positive("max_position_embeddings", 512),
            typeVocabSize(config),
            config.positive("hidden_size", 768),
            config.layers("num_hidden_layers", 12),
            config.positive("num_attention_heads", 12),
            config.positive("intermediate_size", 3072),
            activation(config, "hidden_act"),
            eps,
            hiddenDropout,
            config.rate("attention_probs_dropout_prob", 0.1),
            headDropout,
            paddingIndex,
            paddingRow(config, Math.max(paddingIndex, 0)),
            config.notNegative("initializer_range", 0.02),
            labels(config, task),
            config.problemType(),
            config.flag("tie_word_embeddings", true))
        .checked(config);
  }

  private static EncoderShape distilShape(ConfigReader config, Task task) {
    // Positions that begin as sines are trained and saved like any others.
    config.harmless(
        "sinusoidal_pos_embds", "seq_classif_dropout", "qa_dropout", "classifier_dropout");
    config.only("chunk_size_feed_forward", 0);
    double dropout = config.rate("dropout", 0.1);
    double headDropout =
        switch (task) {
          case SEQUENCE_CLASSIFICATION, MULTIPLE_CHOICE -> config.rate("seq_classif_dropout", 0.2);
          case QUESTION_ANSWERING -> config.rate("qa_dropout", 0.1);
          case TOKEN_CLASSIFICATION -> dropout;
          default -> 0;
        };
    return new EncoderShape(
            config.positive("vocab_size", 30522),
            config.positive("max_position_embeddings", 512),
            0,
            config.positive("dim", 768),
            config.layers("n_layers", 6),
            config.positive("n_heads", 12),
            config.positive("hidden_dim", 3072),
            activation(config, "activation"),
            1e-12,
            dropout,
            config.rate("attention_dropout", 0.1),
            headDropout,
            -1,
            paddingRow(config, 0),
            config.notNegative("initializer_range", 0.02),
            labels(config, task),
            config.problemType(),
            config.flag("tie_word_embeddings", true))
        .checked(config);
  }

  private static int typeVocabSize(ConfigReader config) {
    return config.has("type_vocab_size") && config.integer("type_vocab_size", 2) == 0
        ? 0
        : config.positive("type_vocab_size", 2);
  }

  private static int labels(ConfigReader config, Task task) {
    return switch (task) {
      case SEQUENCE_CLASSIFICATION, TOKEN_CLASSIFICATION -> config.config().numLabels();
      case MULTIPLE_CHOICE -> 1; // the score of a choice
      default -> 0;
    };
  }

  /** The row of the padding token; a null in the file means none. */
  private static int paddingRow(ConfigReader config, int fallback) {
    return config.node("pad_token_id").isNull() ? -1 : config.integer("pad_token_id", fallback);
  }

  private static String activation(ConfigReader config, String key) {
    return switch (config.oneOf(
        key, "gelu", "gelu_new", "gelu_pytorch_tanh", "relu", "silu", "swish")) {
      case "gelu" -> "gelu";
      case "gelu_new", "gelu_pytorch_tanh" -> "gelu_tanh";
      case "relu" -> "relu";
      default -> "silu";
    };
  }
}
