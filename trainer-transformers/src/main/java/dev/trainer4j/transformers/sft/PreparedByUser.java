// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.sft;

import dev.trainer4j.data.Dataset;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Rows that are taken as they are ({@code skipPrepareDataset}).
 *
 * @param name the name of the dataset, for messages
 */
record PreparedByUser(String name) {

  /**
   * Checks the columns by the first row, as the model reads no masks.
   *
   * @throws IllegalArgumentException if tokens are missing, or there is a mask without labels
   */
  Dataset<Map<String, Object>> rows(Dataset<? extends Map<String, ?>> rows) {
    Map<String, ?> first = RowSource.of(rows).row(0);
    if (!RowFormat.isTokenized(first)) {
      throw new IllegalArgumentException(
          "skipPrepareDataset is set, but the "
              + name
              + " dataset has no 'input_ids', only the columns "
              + first.keySet()
              + ": leave it out, or tokenize the rows.");
    }
    if (!RowFields.has(first, TokenFormat.LABELS)
        && (RowFields.has(first, TokenFormat.COMPLETION_MASK)
            || RowFields.has(first, TokenFormat.ASSISTANT_MASKS))) {
      throw new IllegalArgumentException(
          "skipPrepareDataset is set, and the "
              + name
              + " dataset has a mask and no 'labels', so that all of its tokens would be trained: add"
              + " labels, -100 for what is not trained, or leave skipPrepareDataset out.");
    }
    return rows.map(LinkedHashMap::new);
  }
}
