// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j;

import ai.djl.ndarray.NDManager;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.data.Batch;
import dev.trainer4j.data.BatchIterator;
import dev.trainer4j.data.DataLoader;
import dev.trainer4j.data.DataSource;
import dev.trainer4j.data.Dataset;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.evaluation.EvaluationData;
import dev.trainer4j.model.BlockModel;
import dev.trainer4j.model.LabelLayout;
import dev.trainer4j.report.RunLog;
import java.util.function.Function;

/**
 * What a run's evaluations will lack, said before the first update: an epoch is dear, and the first
 * evaluation comes behind one.
 *
 * <p>Of each data set with an index the first batch is read. A stream is not opened.
 */
final class EvaluationForecast {

  private final TrainerSetup setup;
  private final TrainingArguments args;
  private final OwnHooks own;
  private final Function<DataSource<?>, DataLoader> loaders;
  private final NDManager manager;
  private final RunLog log;
  private final MetricForecast metric;

  EvaluationForecast(
      TrainerSetup setup,
      OwnHooks own,
      Function<DataSource<?>, DataLoader> loaders,
      NDManager manager,
      RunLog log) {
    this.setup = setup;
    args = setup.args();
    this.own = own;
    this.loaders = loaders;
    this.manager = manager;
    this.log = log;
    metric = new MetricForecast(setup, own);
  }

  /**
   * Looks at all evaluation data, if the run evaluates.
   *
   * @throws IllegalArgumentException if an evaluation will give no batch, no metric or not the one that
   *     decides
   */
  void check() {
    if (args.evalStrategy() == IntervalStrategy.NO && !args.evalOnStart()) {
      return;
    }
    if (!own.evaluate()) {
      metric.check();
    }
    setup.evalDatasets().forEach(this::check);
  }

  private void check(String name, DataSource<?> data) {
    if (!(data instanceof Dataset<?> sized)) {
      return;
    }
    String called = name.isEmpty() ? "evalDataset" : "the data set '" + name + "' of evalDatasets";
    if (sized.size() == 0) {
      throw new IllegalArgumentException(called + " is empty: its size() is 0");
    }
    DataLoader loader = loaders.apply(data);
    String problem = EvaluationData.problem(loader);
    if (!problem.isEmpty()) {
      throw new IllegalArgumentException(called + " " + problem);
    }
    try (BatchIterator batches = loader.iterate(manager, 0, 0)) {
      if (batches.hasNext()) {
        try (Batch first = batches.next()) {
          if (!first.isEmpty()) {
            check(called, first.inputs());
          }
        }
      }
    }
  }

  private void check(String called, ModelInputs inputs) {
    if (own.predictionStep() || !setup.loss().labelsIn(inputs).isEmpty()) {
      return;
    }
    String lack =
        called
            + " has no labels of the names "
            + setup.loss().labelNames()
            + ": its first batch is "
            + inputs;
    if (!setup.metrics().isEmpty()) {
      throw new IllegalArgumentException(
          "computeMetrics would never run: "
              + lack
              + ". Give it labels, set labelNames, or leave computeMetrics out");
    }
    if (hasNoLoss()) {
      if (metric.isLoss()) {
        throw new IllegalArgumentException(
            "evaluations would have no loss, which decides which model is the best: "
                + lack
                + ". Give it labels, or set labelNames");
      }
      log.warn("Evaluations will have no loss: {}", lack);
    }
  }

  /** Other models may compute a loss of what has no labels. */
  private boolean hasNoLoss() {
    boolean learnsLabels =
        setup.model() instanceof BlockModel || setup.model().labelLayout() != LabelLayout.UNKNOWN;
    return learnsLabels && !setup.loss().hasFunction() && !own.computeLoss();
  }
}
