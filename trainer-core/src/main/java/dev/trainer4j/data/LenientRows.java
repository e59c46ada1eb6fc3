// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Rows of a file, in memory. Where one could not be read, it is an error to ask for it.
 *
 * @param broken what was wrong, by index
 */
record LenientRows<T>(List<T> rows, List<String> places, Map<Long, DataException> broken)
    implements Dataset<T> {

  /** Reads the rest of a file. */
  static <T> Dataset<T> of(OriginIterator<T> source, T inPlaceOfBroken) {
    List<T> rows = new ArrayList<>();
    List<String> places = new ArrayList<>();
    Map<Long, DataException> broken = new HashMap<>();
    while (source.hasNext()) {
      T row = inPlaceOfBroken;
      try {
        row = source.next();
      } catch (DataException e) {
        broken.put((long) rows.size(), e);
      }
      rows.add(row);
      places.add(source.origin());
    }
    return new LenientRows<>(rows, places, broken);
  }

  @Override
  public long size() {
    return rows.size();
  }

  @Override
  public T get(long index) {
    DataException failure = broken.get(index);
    if (failure != null) {
      throw new DataException(String.valueOf(failure.getMessage()), failure);
    }
    return rows.get(Math.toIntExact(index));
  }

  @Override
  public String origin(long index) {
    return places.get(Math.toIntExact(index));
  }
}
