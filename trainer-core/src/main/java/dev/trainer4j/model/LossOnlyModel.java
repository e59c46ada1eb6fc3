// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.model;

/** A model that has less to compute where of all its outputs only those count that a loss needs. */
public interface LossOnlyModel extends TrainableModel {

  /**
   * Returns this model for passes in training whose loss is its own: other outputs may be left out, or hold anything where no label
   * tells what they should be. The loss and its gradients are the same.
   *
   * @return a view with the same tensors, which is not to be closed
   */
  TrainableModel lossOnly();
}
