// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import dev.trainer4j.state.LogEntry;
import java.util.Comparator;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The order of the values of a log entry in a file: epoch, losses, all others by name.
 *
 * <p>It must not be that of the entry, because {@code trainer_state.json} sorts, and what a resumed run
 * reads from there has to give the line that was written before.
 */
final class RecordOrder {

  private static final Comparator<String> ORDER =
      Comparator.<String>comparingInt(RecordOrder::rank).thenComparing(Comparator.naturalOrder());

  private RecordOrder() {}

  private static int rank(String name) {
    return name.equals("epoch") ? 0 : name.endsWith("loss") ? 1 : 2;
  }

  static SortedMap<String, Double> of(LogEntry entry) {
    SortedMap<String, Double> values = new TreeMap<>(ORDER);
    values.putAll(entry.values());
    return values;
  }
}
