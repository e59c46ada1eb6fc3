// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.evaluation;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.Map;

/**
 * What an evaluation gave.
 *
 * @param metrics by name, prefix included
 * @param predictions all predictions, if kept
 * @param labels all labels, if kept
 * @param samples samples evaluated
 * @param owner of predictions and labels, on the CPU
 */
public record EvaluationResult(
    Map<String, Double> metrics,
    Map<String, NDArray> predictions,
    Map<String, NDArray> labels,
    long samples,
    NDManager owner)
    implements AutoCloseable {

  @Override
  public void close() {
    owner.close();
  }
}
