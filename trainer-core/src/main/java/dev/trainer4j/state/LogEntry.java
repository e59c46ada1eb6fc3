// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.state;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * One line of a run's log: named values at an update.
 *
 * <p>Keys are Hugging Face's: {@code loss}, {@code grad_norm}, {@code learning_rate}, {@code epoch}
 * while training, {@code eval_...} after an evaluation, {@code train_...} at the end.
 *
 * @param step updates done when the line was written
 * @param values in the order of the line, {@code epoch} included, {@code step} not
 */
public record LogEntry(long step, Map<String, Double> values) {

  /** Copies the values; their order is kept. */
  public LogEntry {
    values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
  }

  /** Returns the value of {@code key}, empty if the line has none. */
  public OptionalDouble value(String key) {
    Double value = values.get(key);
    return value == null ? OptionalDouble.empty() : OptionalDouble.of(value);
  }
}
