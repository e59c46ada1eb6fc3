// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import java.util.Iterator;

/**
 * Reads samples one after the other and knows where they stand, as {@link Dataset#origin} does. The streams of files that {@link
 * Datasets} makes have such iterators.
 *
 * @param <T> the type of a sample
 */
public interface OriginIterator<T> extends Iterator<T>, AutoCloseable {

  /** Where the sample stands that {@link #next} gave last, or failed for: {@code data.csv, line 3}. */
  String origin();

  @Override
  void close();
}
