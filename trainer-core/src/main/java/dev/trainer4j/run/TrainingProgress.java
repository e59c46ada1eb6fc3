// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.run;

import dev.trainer4j.checkpoint.ResumePoint;
import dev.trainer4j.state.LogEntry;
import dev.trainer4j.state.LogHistory;
import dev.trainer4j.state.TrainerState;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The counters of a run, advanced by the loop alone. Everybody else sees {@link #snapshot}s.
 *
 * <p>The position in the data is counted in samples, so that a resumed run may use another batch
 * size.
 */
public final class TrainingProgress {

  private final TrainingPlan plan;
  private final TrainerState template;
  private final LogHistory history;

  private long globalStep;
  private long epoch;
  private long samplesInEpoch;
  private long microBatchesInEpoch;
  private int trainBatchSize;
  private boolean epochOver;
  private boolean epochStop;
  private boolean epochEndServed;
  private long samplesSeen;
  private long tokensSeen;
  private double flos;
  private @Nullable Map<String, Object> streamState;
  private @Nullable Double bestMetric;
  private @Nullable Long bestGlobalStep;
  private @Nullable String bestModelCheckpoint;
  private @Nullable TrainerState snapshot;

  /**
   * Starts at zero.
   *
   * @param template the fields that do not change during the run
   */
  public TrainingProgress(TrainingPlan plan, TrainerState template) {
    this.plan = plan;
    this.template = template;
    history = new LogHistory(template.logHistory());
    trainBatchSize = template.trainBatchSize();
    globalStep = template.globalStep();
    tokensSeen = template.numInputTokensSeen();
    flos = template.totalFlos();
    bestMetric = template.bestMetric();
    bestGlobalStep = template.bestGlobalStep();
    bestModelCheckpoint = template.bestModelCheckpoint();
  }

  /**
   * Moves to where a checkpoint was written.
   *
   * @param round the samples of a round of micro batches, of all ranks
   */
  public void restore(ResumePoint point, long round) {
    epoch = point.epochOver() ? point.epoch() + 1 : point.epoch();
    samplesInEpoch = point.epochOver() ? 0 : point.samplesInEpoch();
    microBatchesInEpoch = (samplesInEpoch + round - 1) / round;
    samplesSeen = point.samplesSeen();
    epochStop = point.epochStop() && !point.epochOver();
    epochEndServed = point.epochEndServed() && !point.epochOver();
    streamState = point.epochOver() ? null : point.stream();
    changed();
  }

  public void beginEpoch() {
    epochOver = false;
  }

  public void advance(UpdateOutcome update) {
    epochStop = false;
    epochEndServed = false;
    globalStep++;
    samplesInEpoch += update.samples();
    microBatchesInEpoch += update.microBatches();
    samplesSeen += update.samples();
    tokensSeen += update.inputTokens();
    flos += update.flos();
    streamState = update.streamState();
    changed();
  }

  /** The epoch's data is consumed; what is saved from here on resumes in the next epoch. */
  public void endEpoch() {
    epochOver = true;
  }

  /** The events of the end of the epoch have fired; what is saved from here on need not repeat them. */
  public void serveEpochEnd() {
    epochEndServed = true;
  }

  /** Returns whether a resumed run begins with an epoch that a callback had asked to end. */
  public boolean isEpochStopPending() {
    return epochStop;
  }

  /**
   * Returns whether an epoch has had its last update but its end is not served: the run was resumed
   * from a checkpoint written in between.
   */
  public boolean isEpochEndPending() {
    boolean atEnd =
        epochStop
            || microBatchesInEpoch >= plan.microBatchesPerEpoch()
            || (samplesInEpoch > 0 && globalStep >= plan.maxSteps());
    return !epochOver && !epochEndServed && globalStep > 0 && atEnd;
  }

  public void nextEpoch() {
    epoch++;
    samplesInEpoch = 0;
    streamState = null;
    epochStop = false;
    epochEndServed = false;
    microBatchesInEpoch = 0;
    epochOver = false;
    changed();
  }

  /** Notes the samples of a micro batch from now on. */
  public void trainBatchSize(int samples) {
    trainBatchSize = samples;
    changed();
  }

  public void log(LogEntry entry) {
    history.add(entry);
    changed();
  }

  public void best(double metric, @Nullable Long step) {
    bestMetric = metric;
    bestGlobalStep = step;
    changed();
  }

  /** There is no best any more: the next evaluation is. */
  public void forgetBest() {
    bestMetric = null;
    bestGlobalStep = null;
    bestModelCheckpoint = null;
    changed();
  }

  public void bestCheckpoint(String folder) {
    bestModelCheckpoint = folder;
    changed();
  }

  public long globalStep() {
    return globalStep;
  }

  public long epoch() {
    return epoch;
  }

  public long samplesInEpoch() {
    return samplesInEpoch;
  }

  /** Where a stream that can tell stands in this epoch; null at its start and for other data. */
  public @Nullable Map<String, Object> streamState() {
    return streamState;
  }

  /** Returns the input tokens counted so far, before a resume too. */
  public long tokensSeen() {
    return tokensSeen;
  }

  /** Returns the floating point operations so far, before a resume too. */
  public double flos() {
    return flos;
  }

  public long samplesSeen() {
    return samplesSeen;
  }

  public @Nullable Double bestMetric() {
    return bestMetric;
  }

  public @Nullable Long bestGlobalStep() {
    return bestGlobalStep;
  }

  /** Passes over the data with a fraction, as Hugging Face counts them: by micro batches. */
  public double epochFraction() {
    return epoch + (double) microBatchesInEpoch / plan.microBatchesPerEpoch();
  }

  /**
   * Returns where the run stands.
   *
   * @param stopsEpoch whether a callback has asked to end the epoch
   */
  public ResumePoint resumePoint(
      long seed, long dataSeed, boolean stopsEpoch, Map<String, double[]> losses) {
    return new ResumePoint(
        seed,
        dataSeed,
        plan.samples().isPresent() ? plan.samples().getAsLong() : null,
        epoch,
        samplesInEpoch,
        epochOver,
        stopsEpoch && !epochOver && !epochEndServed,
        epochEndServed,
        samplesSeen,
        streamState,
        losses,
        null,
        null,
        null,
        plan.totalBatchSize(),
        plan.updatesBeyond());
  }

  public TrainerState snapshot() {
    TrainerState current = snapshot;
    if (current == null) {
      current =
          new TrainerState(
              epochFraction(),
              globalStep,
              template.maxSteps(),
              template.loggingSteps(),
              template.evalSteps(),
              template.saveSteps(),
              trainBatchSize,
              template.numTrainEpochs(),
              tokensSeen,
              flos,
              history.snapshot(),
              bestMetric,
              bestGlobalStep,
              bestModelCheckpoint,
              template.isLocalProcessZero(),
              template.isWorldProcessZero(),
              template.statefulCallbacks());
      snapshot = current;
    }
    return current;
  }

  private void changed() {
    snapshot = null;
  }
}
