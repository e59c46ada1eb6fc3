// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.checkpoint;

/** Checks of a part of a tensor that somebody asks for. */
final class ElementRange {

  private ElementRange() {}

  /** Refuses elements that a tensor does not have. */
  static void require(TensorInfo info, long start, long end) {
    if (start < 0 || end < start || end > info.shape().size()) {
      throw new IllegalArgumentException(
          "Tensor %s: elements %d to %d are not a range of the %d of shape %s"
              .formatted(info.name(), start, end, info.shape().size(), info.shape()));
    }
  }
}
