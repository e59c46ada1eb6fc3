// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.evaluation;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.data.Batch;
import dev.trainer4j.data.BatchIterator;
import dev.trainer4j.data.DataLoader;
import dev.trainer4j.metrics.ComputeMetrics;
import dev.trainer4j.metrics.EvalPrediction;
import dev.trainer4j.metrics.StreamingMetrics;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.process.ProcessGroup;
import dev.trainer4j.report.RunLog;
import dev.trainer4j.report.Speed;
import dev.trainer4j.torch.ArrayScope;
import dev.trainer4j.torch.Autograd;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Runs a model over a data set without learning: for every batch predict, add up the loss, feed the
 * metrics.
 *
 * <p>What is kept of a batch leaves the device at once. With streaming metrics nothing is kept.
 */
final class EvaluationLoop implements AutoCloseable {

  private final EvaluationMetrics metrics;
  private final boolean keepPredictions;
  private final boolean lossOnly;
  private final RunLog log;
  private final RoundOfRanks ranks;
  private final NDManager owner;
  private final KeptArrays predictions;
  private final KeptArrays labels;
  private final KeptArrays inputs;
  private final KeptArrays losses;
  private final StreamingMetrics.@Nullable Accumulator streaming;

  private final Map<String, Double> partSums = new LinkedHashMap<>();
  private double lossSum;
  private double lossWeight;
  private long samples;
  private boolean labelled;
  private boolean lossSeen;

  /**
   * Prepares an evaluation.
   *
   * @param keepPredictions whether the caller wants the predictions themselves
   * @param lossOnly whether nothing but the loss is wanted
   */
  EvaluationLoop(
      EvaluationMetrics metrics,
      NDManager manager,
      boolean keepPredictions,
      boolean lossOnly,
      ProcessGroup processes,
      RunLog log) {
    this.metrics = metrics;
    this.keepPredictions = keepPredictions;
    this.lossOnly = lossOnly;
    this.log = log;
    ranks = new RoundOfRanks(processes);
    owner = manager.newSubManager(Device.cpu());
    owner.setName("predictions");
    predictions = new KeptArrays(owner);
    labels = new KeptArrays(owner);
    inputs = new KeptArrays(owner);
    losses = new KeptArrays(owner);
    StreamingMetrics stream = metrics.streaming();
    streaming = stream == null || lossOnly ? null : stream.start();
  }

  /**
   * Runs over all of {@code loader} and returns loss, metrics and speed under {@code prefix}.
   *
   * @param endBatch called when this rank needs the others no more to predict for a batch
   */
  EvaluationResult run(
      DataLoader loader,
      TrainableModel model,
      Predictor predictor,
      Runnable endBatch,
      String prefix,
      Runnable afterBatch) {
    long start = System.nanoTime();
    long batches = 0;
    try (Autograd.Recording off = Autograd.record(false);
        BatchIterator iterator = loader.iterate(model.manager(), 0, 0)) {
      while (iterator.hasNext()) {
        try (ArrayScope scope = ArrayScope.open();
            Batch batch = iterator.next()) {
          BatchStep own =
              batch.isEmpty()
                  ? BatchStep.empty()
                  : BatchStep.of(
                      batch,
                      predictor.predict(model, batch.inputs(), lossOnly),
                      !lossOnly && includes("inputs"));
          endBatch.run();
          ranks.gather(own, batch.manager()).forEach(this::add);
        }
        batches++;
        afterBatch.run();
      }
    }
    if (samples == 0) {
      String problem = EvaluationData.problem(loader);
      throw new IllegalArgumentException(
          problem.isEmpty()
              ? "the evaluation data is empty: it gave no batch"
              : "the evaluation data " + problem);
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    return result(prefix, seconds, batches);
  }

  private void add(BatchStep step) {
    samples += step.samples();
    if (step.hasLoss()) {
      lossSeen = true;
      lossSum += step.lossSum();
      lossWeight += step.lossWeight();
      step.parts().forEach((name, part) -> partSums.merge(name, part, Double::sum));
    }
    if (lossOnly) {
      return;
    }
    NDArray batchLosses =
        includes("loss") && step.hasLoss()
            ? owner.full(new Shape(step.samples()), (float) step.meanLoss())
            : null;
    if (streaming != null && !step.labels().isEmpty()) {
      labelled = true;
      EvalPrediction prediction =
          new EvalPrediction(step.predictions(), step.labels(), step.inputs(), batchLosses);
      MetricsCall.add(streaming, prediction);
    }
    if (keepPredictions || metrics.whole() != null) {
      predictions.add(step.predictions());
      labels.add(step.labels());
      inputs.add(step.inputs());
      if (batchLosses != null) {
        losses.add(Map.of("loss", batchLosses));
      }
    }
  }

  private boolean includes(String what) {
    return metrics.included().contains(what);
  }

  private EvaluationResult result(String prefix, double seconds, long batches) {
    Map<String, NDArray> allPredictions = predictions.joined();
    Map<String, NDArray> allLabels = labels.joined();
    Map<String, Double> values = new LinkedHashMap<>();
    if (lossWeight > 0) {
      values.put(prefix + "loss", lossSum / lossWeight);
      partSums.forEach((name, sum) -> values.put(prefix + name, sum / lossWeight));
    }
    if (lossSeen && lossWeight == 0) {
      // As in Hugging Face's Trainer, where the mean over no label is NaN: a missing metric would
      // be a riddle to whoever looks for it, and a zero a lie.
      values.put(prefix + "loss", Double.NaN);
      log.warn(
          "{}loss is NaN: the weight of the losses of all {} samples is 0, as when every label is"
              + " -100; look at the data of this evaluation or at how its labels are made",
          prefix,
          samples);
    }
    Map<String, Double> computed = new HashMap<>();
    // As in Hugging Face's Trainer there are no metrics without labels.
    if (streaming != null && labelled) {
      try (ArrayScope scope = ArrayScope.open()) {
        computed.putAll(MetricsCall.result(streaming));
      }
    }
    ComputeMetrics whole = metrics.whole();
    if (whole != null && !allPredictions.isEmpty() && !allLabels.isEmpty()) {
      try (ArrayScope scope = ArrayScope.open()) {
        Map<String, NDArray> allLosses = losses.joined();
        computed.putAll(
            MetricsCall.compute(
                whole,
                new EvalPrediction(
                    allPredictions, allLabels, inputs.joined(), allLosses.get("loss"))));
        labelled = true;
      }
    }
    if (!lossOnly && !metrics.isEmpty() && !labelled && !keepPredictions) {
      log.warn(
          "computeMetrics was not called for {}...: {}",
          prefix,
          whole != null && allPredictions.isEmpty()
              ? "the model gave no output besides the loss"
              : "the data has no labels; give it some, or set labelNames");
    }
    computed.forEach(
        (name, value) -> values.put(name.startsWith(prefix) ? name : prefix + name, value));
    Speed.put(values, prefix, seconds, samples, batches);
    return new EvaluationResult(values, allPredictions, allLabels, samples, owner);
  }

  @Override
  public void close() {
    owner.close();
  }
}
