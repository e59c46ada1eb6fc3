// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.sft;

import dev.trainer4j.data.CachedMap;
import dev.trainer4j.data.Dataset;
import dev.trainer4j.data.Datasets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.LongFunction;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/** Where rows of tokens are kept: in memory, or in a file that the next run finds again. */
@FunctionalInterface
interface TokenStore {

  /**
   * Makes all rows, on the threads of the pool that calls it.
   *
   * @param size the number of rows
   * @param key tells all that decides what the rows are
   * @param function makes the row of an index
   * @param progress hears how far the work is, by the calling thread; what it throws ends the work
   */
  Dataset<Map<String, Object>> fill(
      long size,
      Supplier<String> key,
      LongFunction<Map<String, Object>> function,
      CachedMap.Progress progress);

  /** Keeps rows in memory. */
  static TokenStore inMemory() {
    int chunk = 1024;
    return (size, key, function, progress) -> {
      List<Map<String, Object>> results = new ArrayList<>();
      for (long start = 0; start < size; start += chunk) {
        long first = start;
        int count = (int) Math.min(chunk, size - start);
        results.addAll(
            IntStream.range(0, count).parallel().mapToObj(i -> function.apply(first + i)).toList());
        progress.update(start + count, size);
      }
      return Datasets.of(results);
    };
  }

  /** Keeps rows in a folder, and finds them there by their key. */
  static TokenStore inFolder(Path folder) {
    return (size, key, function, progress) ->
        CachedMap.<Long>builder(folder)
            .version(key.get())
            .progress(progress)
            .map(new Numbers(size), function::apply);
  }

  /** The numbers from 0 on. */
  record Numbers(long size) implements Dataset<Long> {

    @Override
    public Long get(long index) {
      return index;
    }
  }
}
