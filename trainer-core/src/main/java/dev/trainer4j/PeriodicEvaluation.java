// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j;

import java.util.Map;

/** Evaluates on all data sets of the trainer, while it trains. */
@FunctionalInterface
interface PeriodicEvaluation {

  /** Evaluates, logs and tells the callbacks; returns the metrics of all data sets by name. */
  Map<String, Double> evaluate();
}
