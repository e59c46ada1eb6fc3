// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.model;

import dev.trainer4j.torch.Autocast;

/**
 * A model that computes in 16 bits when it is told to; its parameters stay what they are, float32 if
 * they are to be trained.
 *
 * <p>{@link #forward} must heed {@link Autocast#current()}: products and attention in that type, norms
 * in float32, outputs and losses as float32.
 */
public interface MixedPrecisionModel extends TrainableModel {

  /**
   * Makes copies of all weights in {@code type}; until closed, passes compute with them, in that type
   * throughout. Outputs and losses are float32. For evaluation: the copies take part in no gradient.
   * Of weights that are in {@code type} already no copies are made.
   */
  Autocast.Scope halved(Autocast.Type type);
}
