// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.state;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An immutable snapshot of a run: what callbacks read and {@code trainer_state.json} holds.
 *
 * <p>Names and meaning are Hugging Face's. Interval fields are in updates, already resolved from
 * shares of the run.
 *
 * @param epoch passes over the data so far, with a fraction
 * @param globalStep updates so far
 * @param maxSteps updates planned
 * @param loggingSteps updates between log lines
 * @param evalSteps updates between evaluations
 * @param saveSteps updates between checkpoints
 * @param trainBatchSize samples in a micro batch
 * @param numTrainEpochs epochs planned, rounded up
 * @param numInputTokensSeen tokens counted so far; 0 while counting is off
 * @param totalFlos floating point operations counted so far; 0 for models that cannot tell
 * @param logHistory every line logged so far
 * @param bestMetric the best value of {@code metricForBestModel} so far; null before the first evaluation,
 *     infinite if none so far has given a number
 * @param bestGlobalStep the update that earned it, where checkpoints are kept
 * @param bestModelCheckpoint the folder that holds it
 * @param isLocalProcessZero whether this process is the first of its machine
 * @param isWorldProcessZero whether this process is the first of all
 * @param statefulCallbacks saved state by callback key
 */
public record TrainerState(
    double epoch,
    long globalStep,
    long maxSteps,
    long loggingSteps,
    long evalSteps,
    long saveSteps,
    int trainBatchSize,
    long numTrainEpochs,
    long numInputTokensSeen,
    double totalFlos,
    List<LogEntry> logHistory,
    @Nullable Double bestMetric,
    @Nullable Long bestGlobalStep,
    @Nullable String bestModelCheckpoint,
    boolean isLocalProcessZero,
    boolean isWorldProcessZero,
    Map<String, CallbackState> statefulCallbacks) {

  /** The state of a trainer that has not trained. */
  public static TrainerState initial() {
    return new TrainerState(
        0, 0, 0, 500, 500, 500, 0, 0, 0, 0, List.of(), null, null, null, true, true, Map.of());
  }

  /** Returns this snapshot as that of a process which is, or is not, the first of its machine and of all. */
  public TrainerState inProcess(boolean isLocalZero, boolean isWorldZero) {
    return new TrainerState(
        epoch,
        globalStep,
        maxSteps,
        loggingSteps,
        evalSteps,
        saveSteps,
        trainBatchSize,
        numTrainEpochs,
        numInputTokensSeen,
        totalFlos,
        logHistory,
        bestMetric,
        bestGlobalStep,
        bestModelCheckpoint,
        isLocalZero,
        isWorldZero,
        statefulCallbacks);
  }

  /** Returns this snapshot with the callbacks' states, as it is written into a checkpoint. */
  public TrainerState withStatefulCallbacks(Map<String, CallbackState> states) {
    return new TrainerState(
        epoch,
        globalStep,
        maxSteps,
        loggingSteps,
        evalSteps,
        saveSteps,
        trainBatchSize,
        numTrainEpochs,
        numInputTokensSeen,
        totalFlos,
        logHistory,
        bestMetric,
        bestGlobalStep,
        bestModelCheckpoint,
        isLocalProcessZero,
        isWorldProcessZero,
        states);
  }

  /** Returns the newest log line, null before the first. */
  public @Nullable LogEntry lastLog() {
    return logHistory.isEmpty() ? null : logHistory.get(logHistory.size() - 1);
  }
}
