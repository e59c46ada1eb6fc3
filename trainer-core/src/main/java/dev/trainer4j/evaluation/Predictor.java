// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.evaluation;

import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.model.TrainableModel;

/** Runs one batch of an evaluation: the trainer's hook. */
@FunctionalInterface
public interface Predictor {

  /**
   * Runs a batch.
   *
   * @param lossOnly whether predictions are not wanted
   */
  PredictionStep predict(TrainableModel model, ModelInputs inputs, boolean lossOnly);
}
