// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j;

import dev.trainer4j.model.NamedParameter;
import java.util.Locale;

/** The block of lines that opens a run, in Hugging Face's words. */
final class StartReport {

  private final RunLog log;

  StartReport(RunLog log) {
    this.log = log;
  }

  void print(Trainer trainer, TrainingSession session) {
    TrainingPlan plan = session.plan();
    log.info("***** Running training *****");
    log.info(
        "  Num examples = {}",
        plan.samples().isPresent() ? count(plan.samples().getAsLong()) : "unknown (a stream)");
    log.info(
        "  Num Epochs = {}",
        plan.numTrainEpochs() == Long.MAX_VALUE
            ? "as many as maxSteps needs"
            : count(plan.numTrainEpochs()));
    log.info("  Instantaneous batch size per device = {}", count(session.loader().batchSize()));
    log.info(
        "  Total train batch size (w. parallel, distributed & accumulation) = {}",
        count(plan.totalBatchSize()));
    log.info("  Gradient Accumulation steps = {}", plan.microBatchesPerUpdate());
    log.info("  Total optimization steps = {}", count(plan.maxSteps()));
    log.info(
        "  Number of trainable parameters = {}",
        count(
            trainer.model().parameters().stream()
                .map(NamedParameter::array)
                .mapToLong(array -> array.size())
                .sum()));
    if (session.progress().globalStep() > 0) {
      log.info("  Continuing training from global step {}", session.progress().globalStep());
      log.info("  Continuing training from epoch {}", session.progress().epoch());
      log.info(
          "  Samples of this epoch already seen = {}", count(session.progress().samplesInEpoch()));
    }
  }

  private static String count(long number) {
    return String.format(Locale.ROOT, "%,d", number);
  }
}
