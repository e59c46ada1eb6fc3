// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import java.util.Iterator;
import java.util.Map;

/**
 * Samples of a stream that says where it stands; closed by the loader if it is {@link
 * AutoCloseable}.
 *
 * @param <T> the type of a sample
 */
public interface ResumableIterator<T> extends Iterator<T> {

  /**
   * Returns where the stream stands: behind the sample that {@link #next} returned last, also if
   * {@link #hasNext} has read further. Asked after each batch, so it should be quick.
   *
   * @return values that JSON has: texts, booleans, finite numbers, lists and maps; the map is not
   *     changed by what the iterator does next
   */
  Map<String, Object> state();
}
