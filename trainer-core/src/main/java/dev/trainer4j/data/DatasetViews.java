// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import java.util.Arrays;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.LongUnaryOperator;
import java.util.function.Predicate;
import java.util.stream.LongStream;

/** Datasets that show another one in another way, and hold at most indices. */
final class DatasetViews {

  private DatasetViews() {}

  record Mapped<S, T>(Dataset<S> source, Function<? super S, ? extends T> mapper)
      implements Dataset<T> {

    @Override
    public long size() {
      return source.size();
    }

    @Override
    public T get(long index) {
      return mapper.apply(source.get(index));
    }

    @Override
    public String origin(long index) {
      return source.origin(index);
    }
  }

  record Ordered<T>(Dataset<T> source, SampleOrder order) implements Dataset<T> {

    @Override
    public long size() {
      return order.size();
    }

    @Override
    public T get(long index) {
      return source.get(order.indexAt(index));
    }

    @Override
    public String origin(long index) {
      return source.origin(order.indexAt(index));
    }
  }

  record Joined<T>(Dataset<? extends T> first, Dataset<? extends T> second) implements Dataset<T> {

    @Override
    public long size() {
      return Math.addExact(first.size(), second.size());
    }

    @Override
    public T get(long index) {
      return index < first.size() ? first.get(index) : second.get(index - first.size());
    }

    @Override
    public String origin(long index) {
      return index < first.size() ? first.origin(index) : second.origin(index - first.size());
    }
  }

  /** Positions of a source, each computed or looked up. */
  private record Picked(long size, LongUnaryOperator place) implements SampleOrder {

    @Override
    public long indexAt(long position) {
      return place.applyAsLong(Objects.checkIndex(position, size));
    }
  }

  static <T> Dataset<T> filter(Dataset<T> source, Predicate<? super T> condition) {
    long[] kept =
        LongStream.range(0, source.size()).filter(i -> condition.test(source.get(i))).toArray();
    return new Ordered<>(source, new Picked(kept.length, i -> kept[(int) i]));
  }

  static <T> Dataset<T> select(Dataset<T> source, long[] indices) {
    for (long index : indices) {
      if (index < 0 || index >= source.size()) {
        throw new IllegalArgumentException(
            "the index " + index + " is not in a dataset of " + source.size() + " samples.");
      }
    }
    long[] own = Arrays.copyOf(indices, indices.length);
    return new Ordered<>(source, new Picked(own.length, i -> own[(int) i]));
  }

  static <T> Dataset<T> range(Dataset<T> source, long start, long stop) {
    if (start < 0 || stop < start || stop > source.size()) {
      throw new IllegalArgumentException(
          "the range "
              + start
              + " to "
              + stop
              + " is not in a dataset of "
              + source.size()
              + " samples.");
    }
    return new Ordered<>(source, new Picked(stop - start, i -> start + i));
  }

  static <T> TrainTestSplit<T> split(Dataset<T> source, double testSize, long seed) {
    long size = source.size();
    long test = testSize > 0 && testSize < 1 ? (long) Math.ceil(testSize * size) : 0;
    if (test == 0 || test >= size) {
      throw new IllegalArgumentException(
          "testSize is "
              + testSize
              + " of "
              + size
              + " samples, which leaves a set empty: give a share above 0 and below 1.");
    }
    Dataset<T> shuffled = source.shuffle(seed);
    return new TrainTestSplit<>(range(shuffled, test, size), range(shuffled, 0, test));
  }
}
