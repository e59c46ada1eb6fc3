// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.process;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.torch.TorchFunctions;
import java.util.ArrayList;
import java.util.List;

/**
 * Gradients that are added up at once.
 *
 * @param first the place of the first of them in the list of all
 * @param shapes of those that follow each other
 * @param elements of all of them
 * @param inPlace whether it is a single one that fills a bucket: then its own memory serves as well as any
 */
record GradientBucket(
    int first, DataType type, List<Shape> shapes, long elements, boolean inPlace) {

  GradientBucket {
    shapes = List.copyOf(shapes);
  }

  /** Returns its gradients in the list of all. */
  List<NDArray> of(List<NDArray> gradients) {
    return gradients.subList(first, first + shapes.size());
  }

  /** Cuts the list into buckets of one type and at most so many bytes, or of one gradient. */
  static List<GradientBucket> cut(List<NDArray> gradients, long bucketBytes) {
    List<GradientBucket> buckets = new ArrayList<>();
    int first = 0;
    while (first < gradients.size()) {
      DataType type = gradients.get(first).getDataType();
      long most = bucketBytes / type.getNumOfBytes();
      List<Shape> shapes = new ArrayList<>();
      long elements = 0;
      for (NDArray gradient : gradients.subList(first, gradients.size())) {
        boolean fits = elements + gradient.size() <= most && gradient.getDataType() == type;
        if (!shapes.isEmpty() && !fits) {
          break;
        }
        shapes.add(gradient.getShape());
        elements += gradient.size();
      }
      boolean inPlace =
          shapes.size() == 1
              && elements >= most
              && TorchFunctions.isContiguous(gradients.get(first));
      buckets.add(new GradientBucket(first, type, shapes, elements, inPlace));
      first += shapes.size();
    }
    return buckets;
  }
}
