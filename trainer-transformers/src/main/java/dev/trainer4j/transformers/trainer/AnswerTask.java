// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.trainer;

import ai.djl.ndarray.NDArray;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.transformers.generation.GenerationConfig;
import dev.trainer4j.transformers.generation.GenerationOutput;
import java.util.Map;

/** An encoder reads the inputs, a decoder begins anew; as in Hugging Face's {@code Seq2SeqTrainer}. */
final class AnswerTask implements WritingTask {

  /** The settings' own limit is one of the answer alone. */
  @Override
  public void check(GenerationConfig config, boolean limited) {}

  @Override
  public int length(Map<?, ?> row) {
    return PromptLengths.of(row.get("input_ids"));
  }

  @Override
  public Prompts prompts(ModelInputs inputs, long filler) {
    checkDecoderInputs(inputs);
    return new Prompts(
        TokenRows.of(inputs.get("input_ids")),
        inputs.find("attention_mask").map(TokenRows::of).orElse(null));
  }

  /** Those made of the labels serve the loss alone; others would be a prompt. */
  private static void checkDecoderInputs(ModelInputs inputs) {
    NDArray ids = inputs.find("decoder_input_ids").orElse(null);
    NDArray labels = inputs.find("labels").orElse(null);
    if (ids != null && (labels == null || !labels.getShape().equals(ids.getShape()))) {
      throw new IllegalArgumentException(
          "decoder_input_ids of shape "
              + ids.getShape()
              + " are not made of the labels, and to begin generated texts with them is not"
              + " supported: leave them out of the data");
    }
  }

  /** The decoder's start first. */
  @Override
  public long[][] written(GenerationOutput output) {
    return output.sequences();
  }

  @Override
  public int width(GenerationConfig config) {
    Integer maxNewTokens = config.maxNewTokens();
    return maxNewTokens == null ? config.maxLength() : maxNewTokens + 1;
  }

  @Override
  public NDArray references(NDArray labels) {
    return labels;
  }
}
