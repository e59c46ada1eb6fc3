// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.process;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Flat memory for buckets, which are on their way one after the other: all of a type have the same. */
final class BucketMemory implements AutoCloseable {

  private final NDManager manager;
  private final Map<GradientBucket, Flat> flats = new HashMap<>();

  /**
   * A bucket's memory.
   *
   * @param whole one row of numbers
   * @param views the places of its gradients, in their shapes
   */
  record Flat(NDArray whole, List<NDArray> views) {}

  /**
   * Takes memory for buckets.
   *
   * @param like a gradient, for engine and device
   */
  BucketMemory(List<GradientBucket> buckets, NDArray like) {
    manager =
        NDManager.newBaseManager(like.getDevice(), like.getManager().getEngine().getEngineName());
    Map<DataType, Long> largest = new EnumMap<>(DataType.class);
    buckets.forEach(bucket -> largest.merge(bucket.type(), bucket.elements(), Math::max));
    Map<DataType, NDArray> rows = new EnumMap<>(DataType.class);
    largest.forEach(
        (type, elements) -> rows.put(type, kept(manager.create(new Shape(elements), type))));
    for (GradientBucket bucket : buckets) {
      flats.put(bucket, flat(Objects.requireNonNull(rows.get(bucket.type())), bucket));
    }
  }

  Flat of(GradientBucket bucket) {
    return Objects.requireNonNull(flats.get(bucket), "a bucket that memory was taken for");
  }

  private static Flat flat(NDArray row, GradientBucket bucket) {
    List<NDArray> views = new ArrayList<>();
    long start = 0;
    for (Shape shape : bucket.shapes()) {
      try (NDArray part = row.get(start + ":" + (start + shape.size()))) {
        views.add(kept(part.reshape(shape)));
      }
      start += shape.size();
    }
    return new Flat(kept(row.get("0:" + start)), views);
  }

  /** It outlives the scope that is open now. */
  private static NDArray kept(NDArray array) {
    NDScope.unregister(array);
    return array;
  }

  @Override
  public void close() {
    manager.close();
  }
}
