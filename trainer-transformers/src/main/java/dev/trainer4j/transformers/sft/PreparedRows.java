// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.sft;

import dev.trainer4j.data.Dataset;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/**
 * The rows of tokens that are trained on, in their order, and what became of the others.
 *
 * @param all every row that was prepared
 * @param kept the indices of those trained on
 * @param lengths the number of tokens of each kept row
 * @param invalid why a row has no tokens, by its index
 * @param untrained the number of rows left out as no token of them is trained
 * @param promptChanged the number of rows whose prompt has other tokens when a completion follows
 */
@SuppressWarnings("ArrayRecordComponent") // made once, and only read
record PreparedRows(
    Dataset<Map<String, Object>> all,
    long[] kept,
    int[] lengths,
    Map<Long, String> invalid,
    long untrained,
    long promptChanged) {

  /**
   * Looks at each row.
   *
   * @param dropUntrained whether rows of which no token is trained are left out
   */
  static PreparedRows of(Dataset<Map<String, Object>> all, boolean dropUntrained) {
    int size = Math.toIntExact(all.size());
    long[] kept = new long[size];
    int[] lengths = new int[size];
    Map<Long, String> invalid = new TreeMap<>();
    int count = 0;
    long untrained = 0;
    long promptChanged = 0;
    for (int i = 0; i < size; i++) {
      Map<String, Object> row = all.get(i);
      String reason = RowPreparation.reason(row);
      if (reason != null) {
        invalid.put((long) i, reason);
        continue;
      }
      promptChanged += RowPreparation.promptChanged(row) ? 1 : 0;
      if (dropUntrained && !TokenRow.isTrained(TokenRow.labels(row))) {
        untrained++;
        continue;
      }
      kept[count] = i;
      lengths[count++] = TokenRow.ids(row).length;
    }
    return new PreparedRows(
        all,
        Arrays.copyOf(kept, count),
        Arrays.copyOf(lengths, count),
        invalid,
        untrained,
        promptChanged);
  }

  /** The same rows in an order that depends on the seed and their number. */
  PreparedRows shuffled(long seed) {
    Dataset<Long> places = new TokenStore.Numbers(kept.length).shuffle(seed);
    long[] order = new long[kept.length];
    int[] moved = new int[kept.length];
    for (int i = 0; i < order.length; i++) {
      int place = Math.toIntExact(places.get(i));
      order[i] = kept[place];
      moved[i] = lengths[place];
    }
    return new PreparedRows(all, order, moved, invalid, untrained, promptChanged);
  }

  /** The rows as samples: {@code input_ids} and {@code labels}. */
  Dataset<Map<String, Object>> samples() {
    return all.select(kept)
        .map(row -> new TokenRow(TokenRow.ids(row), TokenRow.labels(row), true).toSample());
  }
}
