// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.collate;

import ai.djl.ndarray.NDManager;
import dev.trainer4j.data.DataCollator;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.data.ProcessingClass;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Pads tokenized samples, for classification of whole texts.
 *
 * <p>{@code input_ids}, {@code token_type_ids}, {@code attention_mask} and {@code
 * special_tokens_mask} are filled up on the tokenizer's padding side, to shape [samples, longest]; a
 * missing attention mask is made. Other fields are stacked; {@code label} becomes {@code labels}.
 */
public final class DataCollatorWithPadding implements DataCollator<Map<String, ?>> {

  private final TokenPadding padding;

  /** Pads to the longest sample of each batch. */
  public DataCollatorWithPadding(PretrainedTokenizer tokenizer) {
    this(tokenizer, PaddingOptions.longest());
  }

  /** Pads as the options say. */
  public DataCollatorWithPadding(PretrainedTokenizer tokenizer, PaddingOptions options) {
    padding = new TokenPadding(tokenizer, options);
  }

  @Override
  public Optional<ProcessingClass> processingClass() {
    return padding.processingClass();
  }

  @Override
  public ModelInputs collate(List<Map<String, ?>> samples, NDManager manager) {
    return padding.pad(samples, manager);
  }
}
