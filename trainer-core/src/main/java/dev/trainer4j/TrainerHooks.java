// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j;

import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.evaluation.PredictionStep;
import dev.trainer4j.model.LossOutput;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.optim.Optimizer;
import dev.trainer4j.optim.ParameterGroup;
import dev.trainer4j.schedule.LearningRateScheduler;
import dev.trainer4j.state.LogEntry;
import java.util.List;

/** What a user's subclass of {@link Trainer} may override: the only way from the parts up to it. */
interface TrainerHooks {

  /** See {@link Trainer#createOptimizer}. */
  Optimizer createOptimizer(List<ParameterGroup> groups);

  /** See {@link Trainer#createScheduler}. */
  LearningRateScheduler createScheduler(int totalSteps);

  /**
   * See {@link Trainer#trainingStep}.
   *
   * @param pass runs the micro batch
   */
  LossOutput trainingStep(MicroBatchPass pass, ModelInputs inputs);

  /** See {@link Trainer#predictionStep}. */
  PredictionStep predictionStep(TrainableModel model, ModelInputs inputs, boolean lossOnly);

  /** See {@link Trainer#log}. */
  void log(LogEntry entry);
}
