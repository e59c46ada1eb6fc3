// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.model;

import dev.trainer4j.data.ModelInputs;

/** Computes the loss of a model that computes none itself; see {@link Losses}. */
@FunctionalInterface
public interface LossFunction {

  /** Returns the loss of one micro batch, within autograd. */
  LossOutput compute(ModelOutput outputs, ModelInputs inputs);
}
