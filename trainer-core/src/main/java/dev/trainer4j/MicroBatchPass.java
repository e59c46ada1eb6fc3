// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j;

import dev.trainer4j.model.LossOutput;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.model.TrainingPass;
import dev.trainer4j.run.LossScaler;
import org.jspecify.annotations.Nullable;

/**
 * What a training step needs to run one micro batch.
 *
 * @param pass how forward and backward run
 * @param lossScaler of a run in float16
 */
record MicroBatchPass(TrainingPass pass, @Nullable LossScaler lossScaler) {

  TrainableModel model() {
    return pass.model();
  }

  void backward(LossOutput loss) {
    pass.backward(loss.value(), lossScaler == null ? 1 : lossScaler.seed(loss::weight));
  }
}
