// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.trainer;

import ai.djl.ndarray.NDArray;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.transformers.generation.GenerationConfig;
import dev.trainer4j.transformers.generation.GenerationOutput;
import dev.trainer4j.transformers.generation.GenerativeModel;
import java.util.Map;

/**
 * What an evaluation gives a kind of model to read, and what it compares with what: the difference between
 * models that answer a text and models that write on.
 */
interface WritingTask {

  /** Returns the task of a model that writes text. */
  static WritingTask of(GenerativeModel model) {
    return model.isEncoderDecoder() ? new AnswerTask() : new ContinuationTask();
  }

  /**
   * Refuses settings that leave open how much is written.
   *
   * @param config as the model writes with it
   * @param limited whether somebody said how long a text may become
   */
  void check(GenerationConfig config, boolean limited);

  /** Returns how many tokens a row gives the model to read, about; -1 if it does not say. */
  int length(Map<?, ?> row);

  /**
   * Returns what a batch gives the model to read.
   *
   * @param filler the token that pads
   */
  Prompts prompts(ModelInputs inputs, long filler);

  /** Returns the tokens that count as written. */
  long[][] written(GenerationOutput output);

  /** Returns the width that written rows are padded to. */
  int width(GenerationConfig config);

  /** Returns the labels of a batch as they are compared with what was written; -100 where there is nothing to compare. */
  NDArray references(NDArray labels);
}
