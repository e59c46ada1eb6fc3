// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j;

import dev.trainer4j.callback.CallbackDispatcher;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.evaluation.BestMetric;
import dev.trainer4j.process.Agreement;
import dev.trainer4j.report.LogLines;
import dev.trainer4j.run.TrainingProgress;
import dev.trainer4j.run.TrainingSession;
import dev.trainer4j.saving.RunCheckpoints;
import java.util.LinkedHashMap;
import java.util.Map;

/** Serves what callbacks asked for, in an order in which each can use what came before. */
final class Reactions {

  private final TrainingSession session;
  private final CallbackDispatcher callbacks;
  private final TrainerControl control;
  private final LogLines lines;
  private final PeriodicEvaluation evaluation;
  private final BestMetric best;
  private final boolean savesBest;
  private final boolean countsTokens;
  private final RunCheckpoints checkpoints;
  private final Agreement agreement;
  private final TrainingProgress progress;
  private long savedStep;

  /**
   * Collects the parts.
   *
   * @param evaluation evaluates on all data sets and gives their metrics
   */
  Reactions(
      TrainingSession session,
      CallbackDispatcher callbacks,
      LogLines lines,
      PeriodicEvaluation evaluation,
      BestMetric best,
      boolean savesBest,
      boolean countsTokens,
      RunCheckpoints checkpoints,
      Agreement agreement) {
    this.session = session;
    this.callbacks = callbacks;
    control = callbacks.control();
    this.lines = lines;
    this.evaluation = evaluation;
    this.best = best;
    this.savesBest = savesBest;
    this.countsTokens = countsTokens;
    this.checkpoints = checkpoints;
    this.agreement = agreement;
    progress = session.progress();
    savedStep = progress.globalStep();
  }

  /** Returns whether everything that was trained is in a checkpoint, or was there before this run. */
  boolean isSaved() {
    return savedStep == progress.globalStep();
  }

  /**
   * Logs, then evaluates, then saves, whatever of it is due.
   *
   * @return whether something was due, which ranks that have agreed on what callbacks ask for know alike
   */
  boolean react() {
    boolean due = control.shouldLog() || control.shouldEvaluate() || control.shouldSave();
    if (control.shouldLog() && !session.losses().isWindowEmpty()) {
      long start = System.nanoTime();
      callbacks.serveLog(this::log);
      session.clock().logged(start);
    }
    boolean isBest = false;
    if (control.shouldEvaluate()) {
      long start = System.nanoTime();
      isBest = agreement.any(best.isNewBest(evaluate(), progress));
      session.clock().evaluated(start);
    }
    if (control.shouldSave() || (isBest && savesBest)) {
      long start = System.nanoTime();
      save();
      session.clock().saved(start);
    }
    return due;
  }

  private void log() {
    Map<String, Double> line = new LinkedHashMap<>();
    Map<String, Double> means = session.losses().drainWindow();
    line.put("loss", means.getOrDefault("loss", Double.NaN));
    line.put("grad_norm", session.losses().gradientNorm());
    line.putAll(session.losses().learningRates());
    means.forEach(line::putIfAbsent);
    if (countsTokens) {
      line.put("num_input_tokens_seen", (double) progress.tokensSeen());
    }
    callbacks.onPreLog(progress.snapshot()).forEach(line::putIfAbsent);
    lines.emit(line);
  }

  private Map<String, Double> evaluate() {
    Map<String, Double> metrics = evaluation.evaluate();
    if (session.scheduler().isMetricDriven()) {
      session.scheduler().onMetric(best.metric(metrics));
    }
    return metrics;
  }

  private void save() {
    checkpoints.save(session);
    savedStep = progress.globalStep();
    callbacks.onSave(progress.snapshot());
    checkpoints.tellCommitted();
  }
}
