// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.sft;

import dev.trainer4j.data.DataException;
import dev.trainer4j.data.OriginIterator;
import java.util.AbstractMap;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;

/** Stands for a row of a stream that could not be read, and says why. */
final class UnreadableRow extends AbstractMap<String, Object> {

  private final String reason;

  private UnreadableRow(String reason) {
    this.reason = reason;
  }

  /** Reads a row: the next one, or in place of one that is broken what says so. */
  static Map<String, ?> next(Iterator<? extends Map<String, ?>> source) {
    try {
      return source.next();
    } catch (DataException e) {
      String place = source instanceof OriginIterator<?> placed ? placed.origin() : "";
      return new UnreadableRow(reason(e, place));
    }
  }

  /** Returns why a row cannot be read; whoever tells it says where the row stands. */
  static String reason(DataException failure, String place) {
    String message = String.valueOf(failure.getMessage());
    String reason =
        message.startsWith(place + ": ") ? message.substring(place.length() + 2) : message;
    return "cannot be read: "
        + (reason.endsWith(".") ? reason.substring(0, reason.length() - 1) : reason);
  }

  String reason() {
    return reason;
  }

  @Override
  public Set<Map.Entry<String, Object>> entrySet() {
    return Set.of();
  }
}
