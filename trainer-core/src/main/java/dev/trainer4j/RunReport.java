// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j;

import dev.trainer4j.model.NamedParameter;
import java.util.Locale;
import java.util.Map;

/** What a run says first and last, in Hugging Face's words. */
final class RunReport {

  private final RunLog log;

  RunReport(RunLog log) {
    this.log = log;
  }

  void start(Trainer trainer, TrainingSession session) {
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
    log.info(
        "  Number of trainable parameters = {}",
        count(
            trainer.model().parameters().stream()
                .map(NamedParameter::array)
                .mapToLong(array -> array.size())
                .sum()));
    TrainingProgress progress = session.progress();
    if (progress.globalStep() > 0) {
      log.info("  Continuing training from global step {}", count(progress.globalStep()));
      log.info("  Continuing training from epoch {}", progress.epoch());
      log.info("  Samples of this epoch already seen = {}", count(progress.samplesInEpoch()));
    }
  }

  void end(TrainOutput output) {
    int width = output.metrics().keySet().stream().mapToInt(String::length).max().orElse(0);
    log.info("***** train metrics *****");
    for (Map.Entry<String, Double> metric : output.metrics().entrySet()) {
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

  private static String count(long number) {
    return String.format(Locale.ROOT, "%,d", number);
  }
}
