// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.report;

import ai.djl.ndarray.NDArray;
import dev.trainer4j.model.NamedParameter;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.run.TrainingPlan;
import dev.trainer4j.run.TrainingProgress;
import dev.trainer4j.run.TrainingSession;
import dev.trainer4j.torch.TiedTensors;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/** What a run says first and last, in Hugging Face's words. */
public final class RunReport {

  private final RunLog log;

  public RunReport(RunLog log) {
    this.log = log;
  }

  public void start(TrainableModel model, TrainingSession session) {
    TrainingPlan plan = session.plan();
    boolean stream = plan.samples().isEmpty();
    log.info("***** Running training *****");
    log.info(
        "  Num examples = {}", stream ? "unknown (a stream)" : count(plan.samples().getAsLong()));
    log.info(
        "  Num Epochs = {}", stream ? "as many as maxSteps takes" : count(plan.numTrainEpochs()));
    log.info("  Instantaneous batch size per device = {}", count(session.batches().size()));
    log.info(
        "  Total train batch size (w. parallel, distributed & accumulation) = {}",
        count(plan.totalBatchSize()));
    log.info("  Gradient Accumulation steps = {}", session.batches().perUpdate());
    log.info("  Total optimization steps = {}", count(plan.maxSteps()));
    long trainable = count(model.parameters().stream().map(NamedParameter::array));
    log.info("  Number of trainable parameters = {}", count(trainable));
    long frozen = count(TiedTensors.distinct(model.state()).values().stream()) - trainable;
    if (frozen > 0) {
      log.info("  Number of frozen parameters and buffers = {}", count(frozen));
    }
    TrainingProgress progress = session.progress();
    if (progress.globalStep() > 0) {
      log.info("  Continuing training from global step {}", count(progress.globalStep()));
      log.info("  Continuing training from epoch {}", progress.epoch());
      log.info("  Samples of this epoch already seen = {}", count(progress.samplesInEpoch()));
    }
  }

  public void end(Map<String, Double> metrics) {
    int width = metrics.keySet().stream().mapToInt(String::length).max().orElse(0);
    log.info("***** train metrics *****");
    for (Map.Entry<String, Double> metric : metrics.entrySet()) {
      log.info(
          "  {} = {}",
          String.format(Locale.ROOT, "%-" + width + "s", metric.getKey()),
          String.format(Locale.ROOT, "%12s", shown(metric.getKey(), metric.getValue())));
    }
  }

  /** Times as h:mm:ss.cc, as Hugging Face's {@code metrics_format}; the rest with four digits. */
  private static String shown(String name, double value) {
    if (!name.endsWith("_runtime")) {
      return String.format(Locale.ROOT, "%.4f", value);
    }
    long seconds = (long) value;
    return String.format(
        Locale.ROOT,
        "%d:%02d:%05.2f",
        seconds / 3600,
        seconds / 60 % 60,
        value - 60 * Math.floor(value / 60));
  }

  private static long count(Stream<NDArray> arrays) {
    return arrays.mapToLong(NDArray::size).sum();
  }

  private static String count(long number) {
    return String.format(Locale.ROOT, "%,d", number);
  }
}
