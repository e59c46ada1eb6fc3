// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.sft;

import java.util.Map;
import java.util.function.Function;

/**
 * Puts what a user's function makes of a row in the place of the row.
 *
 * @param function makes the text
 * @param arguments name the column that it belongs to
 */
record RowFormatter(Function<? super Map<String, ?>, String> function, SftArguments arguments)
    implements Function<Map<String, ?>, Map<String, ?>> {

  /** Refuses rows whose completions alone would be trained, which a text no longer tells. */
  void check(Map<String, ?> first, String dataset) {
    Boolean only = arguments.completionOnlyLoss();
    if (only == null ? RowFormat.hasCompletion(first) : only) {
      throw new IllegalArgumentException(
          "a formattingFunc makes one text of a row of the "
              + dataset
              + " dataset, so that completionOnlyLoss, which is "
              + (only == null ? "the default for rows with 'prompt' and 'completion'" : "true")
              + ", cannot tell the completion: set it to false, or format the rows before they are given.");
    }
  }

  @Override
  public Map<String, ?> apply(Map<String, ?> row) {
    String text;
    try {
      text = function.apply(row);
    } catch (RuntimeException e) {
      throw new InvalidRowException("the formattingFunc failed: " + e, e);
    }
    if (text == null) {
      throw new InvalidRowException("the formattingFunc gave null, expected a text");
    }
    return Map.of(arguments.datasetTextField(), text);
  }
}
