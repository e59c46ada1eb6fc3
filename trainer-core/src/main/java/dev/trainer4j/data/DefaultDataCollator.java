// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import ai.djl.ndarray.NDManager;
import java.util.List;
import java.util.Map;

/**
 * Stacks the fields of samples that are maps, each along a new first dimension.
 *
 * <p>{@code Integer}, {@code Long}, {@code int[]} and {@code long[]} become int64, {@code Float},
 * {@code Double}, {@code float[]} and {@code double[]} float32, booleans boolean and {@code byte[]}
 * uint8 (its bits are taken as unsigned). Lists of numbers count as arrays and whole numbers beside
 * floating ones become float32, as JSON makes no difference. Arrays may be nested, as {@code float[][]}, as
 * long as all have the same shape. An {@code NDArray} on the CPU becomes what a Java array of its type would;
 * it stays the caller's, and open as long as the data is used. The fields {@code label} and {@code label_ids} become {@code labels}, as with
 * Hugging Face's default_data_collator.
 *
 * <p>Samples with different fields, values of different shapes, null and text are errors that name
 * the field and the sample.
 */
public final class DefaultDataCollator implements DataCollator<Map<String, ?>> {

  /** Creates the collator; one is enough for any number of loaders. */
  public DefaultDataCollator() {}

  @Override
  public ModelInputs collate(List<Map<String, ?>> samples, NDManager manager) {
    ModelInputs inputs = ModelInputs.empty();
    for (Map.Entry<String, Column> entry : SampleFields.columns(samples).entrySet()) {
      inputs = inputs.with(entry.getKey(), entry.getValue().stack(manager));
    }
    return inputs;
  }
}
