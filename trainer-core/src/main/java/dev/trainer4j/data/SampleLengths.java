// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import java.lang.reflect.Array;
import java.util.Collection;
import java.util.Map;

/** The length of every sample: of its {@code input_ids}, or what a field of its own says. */
final class SampleLengths {

  private static final String IDS = "input_ids";

  private SampleLengths() {}

  /**
   * Reads every sample once.
   *
   * @param lengthField the field that holds the length, used where a sample has it
   * @param strategy the sampling strategy that asks, for the message of an error
   * @throws IllegalArgumentException if a sample has neither
   */
  static int[] of(Dataset<?> dataset, String lengthField, String strategy) {
    int[] lengths = new int[Math.toIntExact(dataset.size())];
    for (int i = 0; i < lengths.length; i++) {
      lengths[i] = length(dataset.get(i), lengthField, i, strategy);
    }
    return lengths;
  }

  private static int length(Object sample, String lengthField, int index, String strategy) {
    if (sample instanceof Map<?, ?> fields) {
      if (fields.get(lengthField) instanceof Number number) {
        return number.intValue();
      }
      Object ids = fields.get(IDS);
      if (ids instanceof Collection<?> values) {
        return values.size();
      }
      if (ids != null && ids.getClass().isArray()) {
        return Array.getLength(ids);
      }
    }
    throw new IllegalArgumentException(
        "trainSamplingStrategy "
            + strategy
            + ": sample "
            + index
            + " has neither a number '"
            + lengthField
            + "' nor a list of '"
            + IDS
            + "'; add one of them, name the field with lengthColumnName, or choose another"
            + " strategy");
  }
}
