// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import java.util.Iterator;

/**
 * An iterator that knows where its samples come from, as those of files do.
 *
 * @param <T> the type of a sample
 */
public interface PlacedIterator<T> extends Iterator<T> {

  /** Says where the sample comes from that {@link #next} returned last, or failed for: {@code rows.jsonl, line 18}. */
  String place();
}
