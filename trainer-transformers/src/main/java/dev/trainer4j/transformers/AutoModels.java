// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import dev.trainer4j.data.Folders;
import java.io.IOException;
import java.nio.file.Path;

/**
 * Pretrained models from Hugging Face folders: {@code config.json} and {@code model.safetensors}, or
 * its shards; in folders that have neither, {@code pytorch_model.bin} or its shards, of which only
 * tensors are read and nothing is run.
 *
 * <p>The family is that of {@code model_type}. A folder of a model for another task, or of none,
 * gives its body; the head is then initialised anew, which is told in a warning. Weights are float32,
 * whatever the file holds, unless {@link LoadOptions#withDtype} or {@link LoadOptions#withAutoDtype}
 * say otherwise.
 *
 * <p>Every method that loads throws an {@link IOException} if a file is missing, damaged or cannot be
 * read, and a {@link PretrainedException} if the configuration is not supported, or if the folder lacks
 * tensors of the body or has some of another shape: they are listed. Close the model.
 *
 * <p>Losses are a sum and a weight, the number of labels that count; labels of -100 do not count.
 */
public final class AutoModels {

  private AutoModels() {}

  /**
   * Loads a classifier of whole texts: {@code logits} of shape [batch, labels].
   *
   * <p>{@code labels}: classes of shape [batch], for cross entropy; with a single label of the model,
   * numbers of shape [batch], for the squared error; of a floating type and shape [batch, labels], 0
   * and 1 for binary cross entropy. {@code problem_type} in {@code config.json} decides instead where
   * it is set.
   *
   * <p>A decoder judges a text at its last token that is not {@code pad_token_id}. Where {@code
   * config.json} has none, that is the last token that {@code attention_mask} does not hide; a batch of
   * several texts without mask is then refused.
   *
   * @throws IOException if a file is missing, damaged or cannot be read
   * @throws PretrainedException if the configuration is not supported or the tensors do not fit
   */
  public static PretrainedModel sequenceClassification(Path folder) throws IOException {
    return sequenceClassification(folder, LoadOptions.defaults());
  }

  /** Loads a classifier of whole texts, as {@link #sequenceClassification(Path)}, with options. */
  public static PretrainedModel sequenceClassification(Path folder, LoadOptions options)
      throws IOException {
    return load(folder, Task.SEQUENCE_CLASSIFICATION, options);
  }

  /**
   * Loads a classifier of tokens: {@code logits} of shape [batch, length, labels].
   *
   * <p>{@code labels}: classes of shape [batch, length], for cross entropy.
   *
   * @throws IOException if a file is missing, damaged or cannot be read
   * @throws PretrainedException if the configuration is not supported or the tensors do not fit
   */
  public static PretrainedModel tokenClassification(Path folder) throws IOException {
    return tokenClassification(folder, LoadOptions.defaults());
  }

  /** Loads a classifier of tokens, as {@link #tokenClassification(Path)}, with options. */
  public static PretrainedModel tokenClassification(Path folder, LoadOptions options)
      throws IOException {
    return load(folder, Task.TOKEN_CLASSIFICATION, options);
  }

  /**
   * Loads a model that finds answers: {@code start_logits} and {@code end_logits} of shape [batch,
   * length].
   *
   * <p>{@code start_positions} and {@code end_positions}: indices of tokens, of shape [batch], for cross
   * entropy of both. One behind the text does not count.
   *
   * @throws IOException if a file is missing, damaged or cannot be read
   * @throws PretrainedException if the configuration is not supported or the tensors do not fit
   */
  public static PretrainedModel questionAnswering(Path folder) throws IOException {
    return questionAnswering(folder, LoadOptions.defaults());
  }

  /** Loads a model that finds answers, as {@link #questionAnswering(Path)}, with options. */
  public static PretrainedModel questionAnswering(Path folder, LoadOptions options)
      throws IOException {
    return load(folder, Task.QUESTION_ANSWERING, options);
  }

  /**
   * Loads a model that chooses one of several texts: {@code logits} of shape [batch, choices].
   *
   * <p>{@code input_ids} and the other inputs have the shape [batch, choices, length], as {@code
   * DataCollatorForMultipleChoice} makes them. {@code labels}: the number of the right choice, of shape
   * [batch], for cross entropy.
   *
   * @throws IOException if a file is missing, damaged or cannot be read
   * @throws PretrainedException if the configuration is not supported or the tensors do not fit
   */
  public static PretrainedModel multipleChoice(Path folder) throws IOException {
    return multipleChoice(folder, LoadOptions.defaults());
  }

  /** Loads a model that chooses, as {@link #multipleChoice(Path)}, with options. */
  public static PretrainedModel multipleChoice(Path folder, LoadOptions options)
      throws IOException {
    return load(folder, Task.MULTIPLE_CHOICE, options);
  }

  /**
   * Loads a model that fills masks: {@code logits} of shape [batch, length, vocabulary].
   *
   * <p>{@code labels}: token ids of shape [batch, length], -100 where nothing was masked, for cross
   * entropy.
   *
   * @throws IOException if a file is missing, damaged or cannot be read
   * @throws PretrainedException if the configuration is not supported or the tensors do not fit
   */
  public static PretrainedModel maskedLm(Path folder) throws IOException {
    return maskedLm(folder, LoadOptions.defaults());
  }

  /** Loads a model that fills masks, as {@link #maskedLm(Path)}, with options. */
  public static PretrainedModel maskedLm(Path folder, LoadOptions options) throws IOException {
    return load(folder, Task.MASKED_LM, options);
  }

  /**
   * Loads a model that continues texts: {@code logits} of shape [batch, length, vocabulary].
   *
   * <p>{@code labels}: token ids of shape [batch, length], as {@code input_ids}, not shifted: the model
   * compares what it foretells at a place with the label of the next.
   *
   * @throws IOException if a file is missing, damaged or cannot be read
   * @throws PretrainedException if the configuration is not supported or the tensors do not fit
   */
  public static PretrainedModel causalLm(Path folder) throws IOException {
    return causalLm(folder, LoadOptions.defaults());
  }

  /** Loads a model that continues texts, as {@link #causalLm(Path)}, with options. */
  public static PretrainedModel causalLm(Path folder, LoadOptions options) throws IOException {
    return load(folder, Task.CAUSAL_LM, options);
  }

  /**
   * Loads a model that makes a text of a text: {@code logits} of shape [batch, target length,
   * vocabulary].
   *
   * <p>{@code labels}: the target's token ids of shape [batch, target length], not shifted, for cross
   * entropy. The decoder reads them one place later unless the inputs have {@code decoder_input_ids}.
   *
   * @throws IOException if a file is missing, damaged or cannot be read
   * @throws PretrainedException if the configuration is not supported or the tensors do not fit
   */
  public static PretrainedModel seq2SeqLm(Path folder) throws IOException {
    return seq2SeqLm(folder, LoadOptions.defaults());
  }

  /** Loads a model that makes a text of a text, as {@link #seq2SeqLm(Path)}, with options. */
  public static PretrainedModel seq2SeqLm(Path folder, LoadOptions options) throws IOException {
    return load(folder, Task.SEQ2SEQ_LM, options);
  }

  /**
   * Loads the body of a model alone: {@code last_hidden_state} of shape [batch, length, hidden], and
   * {@code pooler_output} of shape [batch, hidden] of a family that has a pooler. It has no loss. A folder of a
   * model with a head gives its body; a pooler that the folder lacks begins anew, which is told in a warning.
   *
   * @throws IOException if a file is missing, damaged or cannot be read
   * @throws PretrainedException if the configuration is not supported or the tensors do not fit
   */
  public static PretrainedModel featureExtraction(Path folder) throws IOException {
    return featureExtraction(folder, LoadOptions.defaults());
  }

  /** Loads the body of a model, as {@link #featureExtraction(Path)}, with options. */
  public static PretrainedModel featureExtraction(Path folder, LoadOptions options)
      throws IOException {
    return load(folder, Task.FEATURE_EXTRACTION, options);
  }

  /**
   * Loads a folder for the task that the {@code architectures} of its configuration name.
   *
   * @throws PretrainedException if they name none
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

  /**
   * Makes a model with random weights by transformers' rules.
   *
   * @throws PretrainedException if the configuration is not supported or lacks a key
   */
  public static PretrainedModel fromConfig(PretrainedConfig config, Task task) {
    return fromConfig(config, task, LoadOptions.defaults());
  }

  /**
   * Makes a model with random weights by transformers' rules, from the seed of the options.
   *
   * @throws PretrainedException if the configuration is not supported or lacks a key
   */
  public static PretrainedModel fromConfig(
      PretrainedConfig config, Task task, LoadOptions options) {
    return PretrainedFolder.initialize(config, task, options);
  }

  /**
   * Loads a model by its folder, or by its name on the Hub where the module trainer-hub is on the class path, for the task that its
   * configuration names.
   *
   * @param folderOrName a folder if there is one of this path, else a name such as {@code google-bert/bert-base-cased}; {@code
   *     name@revision} for another revision than {@code main}
   * @throws IOException if there is neither, or a file is missing, damaged or cannot be read
   * @throws PretrainedException if the configuration is not supported or the tensors do not fit
   */
  public static PretrainedModel load(String folderOrName) throws IOException {
    return load(Folders.ofModel(folderOrName));
  }

  /** Loads a classifier of whole texts, as {@link #sequenceClassification(Path)}, by its folder or name ({@link #load(String)}). */
  public static PretrainedModel sequenceClassification(String folderOrName) throws IOException {
    return sequenceClassification(Folders.ofModel(folderOrName));
  }

  /** Loads a classifier of tokens, as {@link #tokenClassification(Path)}, by its folder or name ({@link #load(String)}). */
  public static PretrainedModel tokenClassification(String folderOrName) throws IOException {
    return tokenClassification(Folders.ofModel(folderOrName));
  }

  /** Loads a model that finds answers, as {@link #questionAnswering(Path)}, by its folder or name ({@link #load(String)}). */
  public static PretrainedModel questionAnswering(String folderOrName) throws IOException {
    return questionAnswering(Folders.ofModel(folderOrName));
  }

  /** Loads a model that chooses one of several texts, as {@link #multipleChoice(Path)}, by its folder or name ({@link #load(String)}). */
  public static PretrainedModel multipleChoice(String folderOrName) throws IOException {
    return multipleChoice(Folders.ofModel(folderOrName));
  }

  /** Loads a model that fills masks, as {@link #maskedLm(Path)}, by its folder or name ({@link #load(String)}). */
  public static PretrainedModel maskedLm(String folderOrName) throws IOException {
    return maskedLm(Folders.ofModel(folderOrName));
  }

  /** Loads a model that continues texts, as {@link #causalLm(Path)}, by its folder or name ({@link #load(String)}). */
  public static PretrainedModel causalLm(String folderOrName) throws IOException {
    return causalLm(Folders.ofModel(folderOrName));
  }

  /** Loads a model that makes a text of a text, as {@link #seq2SeqLm(Path)}, by its folder or name ({@link #load(String)}). */
  public static PretrainedModel seq2SeqLm(String folderOrName) throws IOException {
    return seq2SeqLm(Folders.ofModel(folderOrName));
  }

  /** Loads the body of a model alone, as {@link #featureExtraction(Path)}, by its folder or name ({@link #load(String)}). */
  public static PretrainedModel featureExtraction(String folderOrName) throws IOException {
    return featureExtraction(Folders.ofModel(folderOrName));
  }
}
