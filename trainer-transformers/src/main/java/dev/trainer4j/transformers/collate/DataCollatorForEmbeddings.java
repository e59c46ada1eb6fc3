// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.collate;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.trainer4j.data.DataCollator;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.data.ProcessingClass;
import dev.trainer4j.transformers.tokenization.EncodeOptions;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import dev.trainer4j.transformers.tokenization.TokenizedText;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Tokenizes and pads texts that belong together: of each column of texts, such as {@code anchor}, the inputs of a model with the
 * column's name before theirs, {@code anchor_input_ids} and {@code anchor_attention_mask}. Each column is padded to its own
 * longest text. Other fields are left out.
 */
public final class DataCollatorForEmbeddings implements DataCollator<Map<String, ?>> {

  private static final String MASK = "attention_mask";

  private final PretrainedTokenizer tokenizer;
  private final EncodeOptions options;
  private final TokenPadding padding;
  private final List<String> columns;

  /**
   * Makes a collator.
   *
   * @param options how texts are tokenized, such as {@code EncodeOptions.truncated(128)}
   * @param columns the fields of a sample that hold texts
   */
  public DataCollatorForEmbeddings(
      PretrainedTokenizer tokenizer, EncodeOptions options, List<String> columns) {
    this.tokenizer = tokenizer;
    this.options = options;
    this.columns = List.copyOf(columns);
    padding = new TokenPadding(tokenizer, PaddingOptions.longest());
  }

  @Override
  public Optional<ProcessingClass> processingClass() {
    return padding.processingClass();
  }

  @Override
  public ModelInputs collate(List<Map<String, ?>> samples, NDManager manager) {
    Map<String, NDArray> arrays = new LinkedHashMap<>();
    for (String column : columns) {
      List<Map<String, Object>> texts =
          tokenizer.encodeBatch(texts(samples, column), options).stream()
              .map(TokenizedText::toSample)
              .toList();
      ModelInputs inputs = padding.pad(texts, manager);
      inputs.names().forEach(name -> arrays.put(column + "_" + name, inputs.get(name)));
    }
    return ModelInputs.of(arrays);
  }

  private static List<String> texts(List<Map<String, ?>> samples, String column) {
    List<String> texts = new ArrayList<>(samples.size());
    for (int i = 0; i < samples.size(); i++) {
      if (!(samples.get(i).get(column) instanceof String text)) {
        throw Fields.wrong(
            column,
            i,
            "is "
                + Fields.describe(samples.get(i).get(column))
                + ", expected a text; the sample has "
                + samples.get(i).keySet());
      }
      texts.add(text);
    }
    return texts;
  }

  /**
   * Returns the inputs of one column of a batch as a model takes them.
   *
   * @throws IllegalArgumentException if the batch has none
   */
  public static ModelInputs texts(ModelInputs batch, String column) {
    Map<String, NDArray> arrays = new LinkedHashMap<>();
    String prefix = column + "_";
    for (String name : List.of(Fields.INPUT_IDS, MASK, "token_type_ids")) {
      batch.find(prefix + name).ifPresent(array -> arrays.put(name, array));
    }
    if (!arrays.containsKey(Fields.INPUT_IDS)) {
      throw new IllegalArgumentException(
          "the batch has no " + prefix + Fields.INPUT_IDS + ": it is " + batch);
    }
    arrays.computeIfAbsent(MASK, name -> arrays.get(Fields.INPUT_IDS).onesLike());
    return ModelInputs.of(arrays);
  }
}
