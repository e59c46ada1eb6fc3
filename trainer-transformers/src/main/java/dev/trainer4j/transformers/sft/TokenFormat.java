// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.sft;

import java.util.Map;

/** Rows that are tokens already, with labels of their own or masks. */
final class TokenFormat {

  static final String INPUT_IDS = "input_ids";
  static final String LABELS = "labels";
  static final String COMPLETION_MASK = "completion_mask";
  static final String ASSISTANT_MASKS = "assistant_masks";

  private TokenFormat() {}

  /**
   * Reads a row.
   *
   * @param completionOnly whether what is 0 in {@code completion_mask} is not trained
   */
  static TokenRow read(Map<String, ?> row, boolean completionOnly) {
    int[] ids = RowFields.ints(row, INPUT_IDS);
    for (int i = 0; i < ids.length; i++) {
      if (ids[i] < 0) {
        throw RowFields.wrong(INPUT_IDS + "[" + i + "]", "is " + ids[i] + ", which no token has");
      }
    }
    if (RowFields.has(row, LABELS)) {
      return new TokenRow(ids, column(row, LABELS, ids.length), true);
    }
    TokenRow tokens = TokenRow.whole(ids);
    if (completionOnly) {
      tokens = tokens.masked(mask(row, COMPLETION_MASK, ids.length));
    }
    return RowFields.has(row, ASSISTANT_MASKS)
        ? tokens.masked(mask(row, ASSISTANT_MASKS, ids.length))
        : tokens;
  }

  private static int[] mask(Map<String, ?> row, String column, int length) {
    int[] mask = column(row, column, length);
    for (int i = 0; i < length; i++) {
      if (mask[i] != 0 && mask[i] != 1) {
        throw RowFields.wrong(column + "[" + i + "]", "is " + mask[i] + ", expected 0 or 1");
      }
    }
    return mask;
  }

  private static int[] column(Map<String, ?> row, String column, int length) {
    int[] values = RowFields.ints(row, column);
    if (values.length != length) {
      throw RowFields.wrong(
          column, "has " + values.length + " entries, but 'input_ids' has " + length);
    }
    return values;
  }
}
