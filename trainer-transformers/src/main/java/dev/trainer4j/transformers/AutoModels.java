// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import java.io.IOException;
import java.nio.file.Path;

/**
 * Pretrained models from Hugging Face folders: {@code config.json} and {@code model.safetensors}, or
 * its shards.
 *
 * <p>The family is that of {@code model_type}. A folder of a model for another task, or of none,
 * gives its body; the head is then initialised anew, which is told in a warning.
 */
public final class AutoModels {

  private AutoModels() {}

  /**
   * Loads a classifier of whole texts: {@code logits} of shape [batch, labels].
   *
   * <p>The loss is that of {@code problem_type} in {@code config.json}; without it, as in transformers,
   * that of the number of labels and their type. A decoder judges a text at its last token that is not
   * {@code pad_token_id}. Where {@code config.json} has none, that is the last token that {@code
   * attention_mask} does not hide; a batch of several texts without mask is then refused.
   */
  public static PretrainedModel sequenceClassification(Path folder) throws IOException {
    return sequenceClassification(folder, LoadOptions.defaults());
  }

  /** Loads a classifier of whole texts. */
  public static PretrainedModel sequenceClassification(Path folder, LoadOptions options)
      throws IOException {
    return load(folder, Task.SEQUENCE_CLASSIFICATION, options);
  }

  /** Loads a classifier of tokens: {@code logits} of shape [batch, length, labels]. */
  public static PretrainedModel tokenClassification(Path folder) throws IOException {
    return tokenClassification(folder, LoadOptions.defaults());
  }

  /** Loads a classifier of tokens. */
  public static PretrainedModel tokenClassification(Path folder, LoadOptions options)
      throws IOException {
    return load(folder, Task.TOKEN_CLASSIFICATION, options);
  }

  /** Loads a model that finds answers: {@code start_logits} and {@code end_logits}. */
  public static PretrainedModel questionAnswering(Path folder) throws IOException {
    return questionAnswering(folder, LoadOptions.defaults());
  }

  /** Loads a model that finds answers. */
  public static PretrainedModel questionAnswering(Path folder, LoadOptions options)
      throws IOException {
    return load(folder, Task.QUESTION_ANSWERING, options);
  }

  /** Loads a model that fills masks: {@code logits} of shape [batch, length, vocabulary]. */
  public static PretrainedModel maskedLm(Path folder) throws IOException {
    return maskedLm(folder, LoadOptions.defaults());
  }

  /** Loads a model that fills masks. */
  public static PretrainedModel maskedLm(Path folder, LoadOptions options) throws IOException {
    return load(folder, Task.MASKED_LM, options);
  }

  /** Loads a model that continues texts: {@code logits} of shape [batch, length, vocabulary]. */
  public static PretrainedModel causalLm(Path folder) throws IOException {
    return causalLm(folder, LoadOptions.defaults());
  }

  /** Loads a model that continues texts. */
  public static PretrainedModel causalLm(Path folder, LoadOptions options) throws IOException {
    return load(folder, Task.CAUSAL_LM, options);
  }

  /** Loads a model that makes a text of a text. */
  public static PretrainedModel seq2SeqLm(Path folder) throws IOException {
    return seq2SeqLm(folder, LoadOptions.defaults());
  }

  /** Loads a model that makes a text of a text. */
  public static PretrainedModel seq2SeqLm(Path folder, LoadOptions options) throws IOException {
    return load(folder, Task.SEQ2SEQ_LM, options);
  }

  /**
   * Loads a folder for the task that the {@code architectures} of its configuration name.
   *
   * @throws PretrainedException if they name none, as for the body of a model alone
   */
  public static PretrainedModel load(Path folder) throws IOException {
    return load(folder, LoadOptions.defaults());
  }

  /** Loads a folder for the task that its configuration names. */
  public static PretrainedModel load(Path folder, LoadOptions options) throws IOException {
    return load(folder, Task.of(PretrainedConfig.read(folder)), options);
  }

  /**
   * Loads a folder for a task.
   *
   * @throws IOException if a file is missing, damaged or cannot be read
   * @throws PretrainedException if the configuration is not supported, or if the folder lacks tensors
   *     of the body or has some of another shape: they are listed
   */
  public static PretrainedModel load(Path folder, Task task, LoadOptions options)
      throws IOException {
    return PretrainedFolder.load(folder, task, options);
  }

  /** Makes a model with random weights by transformers' rules. */
  public static PretrainedModel fromConfig(PretrainedConfig config, Task task) {
    return fromConfig(config, task, LoadOptions.defaults());
  }

  /** Makes a model with random weights by transformers' rules, from the seed of the options. */
  public static PretrainedModel fromConfig(
      PretrainedConfig config, Task task, LoadOptions options) {
    return PretrainedFolder.initialize(config, task, options);
  }
}
