// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.process;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Flat memory for buckets: while one is on its way, the next is filled, so there are two for each type. */
final class BucketMemory implements AutoCloseable {

  /** So many buckets are between filling and emptying. */
  static final int SLOTS = 2;

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
   * Takes memory for buckets, the i-th of them in slot i mod {@link #SLOTS}.
   *
   * @param like a gradient, for engine and device
   */
  BucketMemory(List<GradientBucket> buckets, NDArray like) {
    manager =
        NDManager.newBaseManager(like.getDevice(), like.getManager().getEngine().getEngineName());
    Map<DataType, List<NDArray>> slots = new HashMap<>();
    for (int i = 0; i < buckets.size(); i++) {
      GradientBucket bucket = buckets.get(i);
      NDArray slot =
          slots.computeIfAbsent(bucket.type(), type -> slots(buckets, type)).get(i % SLOTS);
      flats.put(bucket, flat(slot, bucket));
    }
  }

  Flat of(GradientBucket bucket) {
    return Objects.requireNonNull(flats.get(bucket), "a bucket that memory was taken for");
  }

  private List<NDArray> slots(List<GradientBucket> buckets, DataType type) {
    List<NDArray> slots = new ArrayList<>();
    for (int slot = 0; slot < SLOTS; slot++) {
      long elements = 0;
      for (int i = slot; i < buckets.size(); i += SLOTS) {
        if (buckets.get(i).type() == type) {
          elements = Math.max(elements, buckets.get(i).elements());
        }
      }
      slots.add(kept(manager.create(new Shape(elements), type)));
    }
    return slots;
  }

  private static Flat flat(NDArray slot, GradientBucket bucket) {
    List<NDArray> views = new ArrayList<>();
    long start = 0;
    for (Shape shape : bucket.shapes()) {
      try (NDArray part = slot.get(start + ":" + (start + shape.size()))) {
        views.add(kept(part.reshape(shape)));
      }
      start += shape.size();
    }
    return new Flat(kept(slot.get("0:" + start)), views);
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
