// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import java.util.List;
import java.util.function.LongFunction;

/**
 * Samples in memory.
 *
 * @param places says where a sample comes from, by its index
 */
record ListDataset<T>(List<T> samples, LongFunction<String> places) implements Dataset<T> {

  @Override
  public long size() {
    return samples.size();
  }

  @Override
  public T get(long index) {
    return samples.get(Math.toIntExact(index));
  }

  @Override
  public String origin(long index) {
    return places.apply(index);
  }
}
