// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.process;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.torch.TorchFunctions;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * Gradients that are added up at once.
 *
 * @param places of them in the list of all
 * @param shapes of them, in the same order
 * @param elements of all of them
 * @param inPlace whether it is a single one that is large enough to go alone: then its own memory serves as well as any
 */
record GradientBucket(
    List<Integer> places, DataType type, List<Shape> shapes, long elements, boolean inPlace) {

  /**
   * From so many bytes a gradient on a CPU goes alone: to copy it into a bucket and back takes as long as to send it. On
   * a GPU a copy costs little beside the start of a collective.
   */
  private static final long ALONE_ON_CPU = 1 << 20;

  GradientBucket {
    places = List.copyOf(places);
    shapes = List.copyOf(shapes);
  }

  /** Returns its gradients in the list of all. */
  List<NDArray> of(List<NDArray> gradients) {
    return places.stream().map(gradients::get).toList();
  }

  /**
   * Cuts the list into buckets of one type and at most so many bytes, or of one gradient. What goes with what depends on
   * types, sizes and the device alone, so it is the same on all ranks.
   */
  static List<GradientBucket> cut(List<NDArray> gradients, long bucketBytes) {
    List<GradientBucket> buckets = new ArrayList<>();
    Map<DataType, Growing> open = new EnumMap<>(DataType.class);
    for (int place = 0; place < gradients.size(); place++) {
      NDArray gradient = gradients.get(place);
      DataType type = gradient.getDataType();
      long bytes = gradient.size() * type.getNumOfBytes();
      if (bytes >= alone(gradient, bucketBytes)) {
        boolean inPlace = TorchFunctions.isContiguous(gradient);
        buckets.add(
            new GradientBucket(
                List.of(place), type, List.of(gradient.getShape()), gradient.size(), inPlace));
        continue;
      }
      Growing bucket = open.computeIfAbsent(type, Growing::new);
      if ((bucket.elements + gradient.size()) * type.getNumOfBytes() > bucketBytes) {
        buckets.add(bucket.full());
        bucket = new Growing(type);
        open.put(type, bucket);
      }
      bucket.add(place, gradient.getShape());
    }
    open.values().stream().map(Growing::full).forEach(buckets::add);
    return buckets;
  }

  private static long alone(NDArray gradient, long bucketBytes) {
    return gradient.getDevice().isGpu() ? bucketBytes : Math.min(ALONE_ON_CPU, bucketBytes);
  }

  /** A bucket that still has room; it has a gradient by the time that it is full. */
  private static final class Growing {

    private final DataType type;
    private final List<Integer> places = new ArrayList<>();
    private final List<Shape> shapes = new ArrayList<>();
    private long elements;

    Growing(DataType type) {
      this.type = type;
    }

    void add(int place, Shape shape) {
      places.add(place);
      shapes.add(shape);
      elements += shape.size();
    }

    GradientBucket full() {
      return new GradientBucket(places, type, shapes, elements, false);
    }
  }
}
