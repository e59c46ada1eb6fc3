// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.model;

import dev.trainer4j.torch.HalfType;

/**
 * A model that can compute in 16 bits; its parameters stay what they are, float32 if they are to be
 * trained.
 */
public interface MixedPrecisionModel extends TrainableModel {

  /**
   * Returns this model as it takes products and attention in {@code products}, norms in float32: a view
   * with the same tensors, whose outputs and losses are float32. It is not to be closed.
   */
  TrainableModel autocast(HalfType products);

  /**
   * Makes copies of all weights in {@code type} and returns the model as it computes with them, in that
   * type throughout. Outputs and losses are float32. For evaluation: the copies take part in no gradient.
   * Of weights that are in {@code type} already no copies are made.
   *
   * @return a view of which {@code close} frees the copies
   */
  TrainableModel halved(HalfType type);
}
