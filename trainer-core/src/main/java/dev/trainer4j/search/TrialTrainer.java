// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.search;

import java.util.Map;

/** What trains one trial; every {@code Trainer} is one. */
public interface TrialTrainer extends AutoCloseable {

  /**
   * Trains a trial to its end, or until it is pruned; goes on from its newest checkpoint, if there is one.
   *
   * @return all metrics of the model that it ends with, by name, such as {@code eval_loss}
   * @throws SearchInterruptedException if the training was asked to stop before it ended
   */
  Map<String, Double> train(Trial trial);

  @Override
  void close();
}
