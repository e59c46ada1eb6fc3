// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.collate;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.data.DataCollator;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.data.ProcessingClass;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Pads samples of which each field holds one sequence for every choice, such as an {@code int[][]}.
 *
 * <p>Inputs get the shape [samples, choices, longest]; {@code label} or {@code labels}, the number of
 * the right choice, becomes {@code labels} of shape [samples].
 */
public final class DataCollatorForMultipleChoice implements DataCollator<Map<String, ?>> {

  private final TokenPadding padding;

  /** Pads to the longest choice of each batch. */
  public DataCollatorForMultipleChoice(PretrainedTokenizer tokenizer) {
    this(tokenizer, PaddingOptions.longest());
  }

  /** Pads as the options say. */
  public DataCollatorForMultipleChoice(PretrainedTokenizer tokenizer, PaddingOptions options) {
    padding = new TokenPadding(tokenizer, options);
  }

  @Override
  public Optional<ProcessingClass> processingClass() {
    return padding.processingClass();
  }

  @Override
  public ModelInputs collate(List<Map<String, ?>> samples, NDManager manager) {
    List<Map<String, ?>> flat = new ArrayList<>();
    long[] labels = new long[samples.size()];
    boolean labeled = Fields.hasLabels(samples.get(0));
    int choices = choices(samples.get(0).get(Fields.INPUT_IDS), Fields.INPUT_IDS, 0).size();
    for (int i = 0; i < samples.size(); i++) {
      Map<String, ?> sample = samples.get(i);
      if (labeled) {
        labels[i] = label(sample, i, choices);
      }
      flat.addAll(flatten(Fields.withoutLabels(sample), i, choices));
    }
    ModelInputs inputs = ModelInputs.empty();
    ModelInputs padded = padding.pad(flat, manager);
    for (String name : padded.names()) {
      NDArray array = padded.get(name);
      inputs = inputs.with(name, array.reshape(new Shape(samples.size(), choices, -1)));
    }
    return labeled ? inputs.with(Fields.LABELS, manager.create(labels)) : inputs;
  }

  private static long label(Map<String, ?> sample, int number, int choices) {
    String name = Fields.labelName(sample);
    Object label = sample.get(name);
    if (!(label instanceof Integer || label instanceof Long)
        || ((Number) label).longValue() < 0
        || ((Number) label).longValue() >= choices) {
      throw Fields.wrong(
          name, number, "is " + label + ", expected the number of a choice, below " + choices);
    }
    return ((Number) label).longValue();
  }

  private static List<Map<String, Object>> flatten(
      Map<String, Object> sample, int number, int choices) {
    List<Map<String, Object>> flat = new ArrayList<>();
    for (int choice = 0; choice < choices; choice++) {
      flat.add(new LinkedHashMap<>());
    }
    sample.forEach(
        (field, value) -> {
          List<?> parts = choices(value, field, number);
          if (parts.size() != choices) {
            throw Fields.wrong(
                field, number, "has " + parts.size() + " choices, the first sample " + choices);
          }
          for (int choice = 0; choice < choices; choice++) {
            flat.get(choice).put(field, parts.get(choice));
          }
        });
    return flat;
  }

  private static List<?> choices(@Nullable Object value, String field, int number) {
    if (value instanceof Object[] array) {
      return Arrays.asList(array);
    }
    if (value instanceof List<?> list) {
      return list;
    }
    throw Fields.wrong(
        field, number, "is " + Fields.describe(value) + ", expected one sequence for each choice");
  }
}
