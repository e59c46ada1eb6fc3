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
 * Pads tokenized samples with one label a token; {@code labels} are filled up with -100, which losses
 * ignore, on the same side as the ids.
 */
public final class DataCollatorForTokenClassification implements DataCollator<Map<String, ?>> {

  private final TokenPadding padding;
  private final int labelPadTokenId;

  /** Pads to the longest sample of each batch. */
  public DataCollatorForTokenClassification(PretrainedTokenizer tokenizer) {
    this(tokenizer, PaddingOptions.longest(), -100);
  }

  /** Pads as the options say, labels with {@code labelPadTokenId}. */
  public DataCollatorForTokenClassification(
      PretrainedTokenizer tokenizer, PaddingOptions options, int labelPadTokenId) {
    padding = new TokenPadding(tokenizer, options);
    this.labelPadTokenId = labelPadTokenId;
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
    for (int i = 0; i < samples.size(); i++) {
      Map<String, ?> sample = samples.get(i);
      int tokens = Fields.ints(sample, Fields.INPUT_IDS, i).length;
      String name = Fields.labelName(sample);
      int labels = Fields.ints(sample, name, i).length;
      if (labels != tokens) {
        throw Fields.wrong(
            name,
            i,
            "has "
                + labels
                + " labels for "
                + tokens
                + " tokens: give every token one, -100 where"
                + " it has none (the words of the tokens are in TokenizedText.wordIds())");
      }
    }
    return padding.pad(samples, manager, Map.of(Fields.LABELS, labelPadTokenId));
  }
}
