// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.model;

import ai.djl.ndarray.NDList;
import java.util.List;

/**
 * A part of a model's forward pass that can run by itself: it maps arrays to arrays.
 *
 * <p>Whoever runs segments may run one without gradients, and again with them from its saved input;
 * or bring its parameters into place just before and drop them after.
 */
public interface Segment {

  /** Returns the name of the module it stands for, such as {@code bert.encoder.layer.3}. */
  String name();

  /** Returns the names of the tensors it reads, as in {@link TrainableModel#state()}. */
  List<String> parameterNames();

  /**
   * Runs the segment. The same input in the same pass gives the same output, random numbers aside.
   *
   * @param hidden what the segment before returned; empty for the first
   * @param pass what all segments of the pass share
   */
  NDList forward(NDList hidden, ForwardPass pass);
}
