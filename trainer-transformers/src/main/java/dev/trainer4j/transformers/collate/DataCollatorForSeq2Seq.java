// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.collate;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.trainer4j.data.DataCollator;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.data.ProcessingClass;
import dev.trainer4j.transformers.PretrainedModel;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Pads tokenized sources and their {@code labels}, the tokens of the targets, each to its own longest;
 * labels with -100, which losses ignore.
 */
public final class DataCollatorForSeq2Seq implements DataCollator<Map<String, ?>> {

  private final TokenPadding padding;
  private final int labelPadTokenId;
  private final @Nullable UnaryOperator<NDArray> decoderInputIds;

  /** Pads to the longest source and the longest target of each batch. */
  public DataCollatorForSeq2Seq(PretrainedTokenizer tokenizer) {
    this(tokenizer, PaddingOptions.longest(), -100, null);
  }

  /** Pads as the options say, labels with -100. */
  public DataCollatorForSeq2Seq(PretrainedTokenizer tokenizer, PaddingOptions options) {
    this(tokenizer, options, -100, null);
  }

  /**
   * Pads to the longest, and adds {@code decoder_input_ids} that the model makes of the labels: for
   * losses outside of it, such as label smoothing.
   *
   * @param model an encoder-decoder model
   */
  public DataCollatorForSeq2Seq(PretrainedTokenizer tokenizer, PretrainedModel model) {
    this(tokenizer, PaddingOptions.longest(), -100, model::prepareDecoderInputIdsFromLabels);
  }

  /**
   * Pads as the options say.
   *
   * @param labelPadTokenId fills up the labels
   * @param decoderInputIds makes {@code decoder_input_ids} of the padded labels, shape [samples,
   *     tokens], where a loss outside of the model (label smoothing) needs them; null for none
   */
  public DataCollatorForSeq2Seq(
      PretrainedTokenizer tokenizer,
      PaddingOptions options,
      int labelPadTokenId,
      @Nullable UnaryOperator<NDArray> decoderInputIds) {
    padding = new TokenPadding(tokenizer, options);
    this.labelPadTokenId = labelPadTokenId;
    this.decoderInputIds = decoderInputIds;
  }

  @Override
  public Optional<ProcessingClass> processingClass() {
    return padding.processingClass();
  }

  @Override
  public ModelInputs collate(List<Map<String, ?>> samples, NDManager manager) {
    if (!Fields.hasLabels(samples.get(0))) {
      return padding.pad(samples, manager);
    }
    ModelInputs inputs = padding.pad(samples, manager, Map.of(Fields.LABELS, labelPadTokenId));
    return decoderInputIds == null
        ? inputs
        : inputs.with("decoder_input_ids", decoderInputIds.apply(inputs.get(Fields.LABELS)));
  }
}
