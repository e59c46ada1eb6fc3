// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.benchmarks;

import ai.djl.pytorch.jni.JniUtils;
import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.LoopTimes;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.state.LogEntry;
import dev.trainer4j.state.TrainerState;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Takes the time of the updates behind the warm-up, and what else the result tells. */
final class Clock implements TrainerCallback {

  private final long warmUp;
  private final long steps;
  private final Map<Long, Long> residentAt = new LinkedHashMap<>();
  private long firstUpdateMillis;
  private long start;
  private long end;
  private int threads;
  private LoopTimes atStart = LoopTimes.ZERO;
  private LoopTimes phases = LoopTimes.ZERO;
  private @Nullable Double firstLoss;
  private @Nullable Double lastLoss;

  Clock(long warmUp, long steps) {
    this.warmUp = warmUp;
    this.steps = steps;
  }

  @Override
  public void onStepEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
    long step = state.globalStep();
    if (step == 1) {
      firstUpdateMillis = System.currentTimeMillis();
    }
    if (step == warmUp) {
      start = System.nanoTime();
      atStart = ctx.times().orElseThrow();
    }
    if (step == warmUp + steps) {
      end = System.nanoTime();
      phases = ctx.times().orElseThrow().minus(atStart);
      threads = JniUtils.getNumThreads();
    }
    if (step == 1_000 || step == 10_000) {
      residentAt.put(step, ResidentMemory.nowKilobytes());
    }
  }

  @Override
  public void onLog(CallbackContext ctx, TrainerState state, TrainerControl control, LogEntry log) {
    log.value("loss")
        .ifPresent(
            loss -> {
              firstLoss = firstLoss == null ? Double.valueOf(loss) : firstLoss;
              lastLoss = loss;
            });
  }

  double seconds() {
    return (end - start) / 1e9;
  }

  /**
   * Where the time of the timed updates went, in microseconds an update: waiting for data, forward and
   * backward, the optimizer's update, and all else that the loop does.
   */
  Map<String, Double> microsPerUpdate() {
    Map<String, Double> micros = new LinkedHashMap<>();
    micros.put("data_us", perUpdate(phases.dataWaitNanos()));
    micros.put("forward_backward_us", perUpdate(phases.forwardBackwardNanos()));
    micros.put("optimizer_us", perUpdate(phases.optimizerNanos()));
    double known = micros.values().stream().mapToDouble(Double::doubleValue).sum();
    micros.put("loop_us", perUpdate(end - start) - known);
    return micros;
  }

  private double perUpdate(long nanos) {
    return nanos / 1e3 / steps;
  }

  /** libtorch's threads within an operation at the end. */
  int threads() {
    return threads;
  }

  /** When the first update was done, in milliseconds since 1970. */
  long firstUpdateMillis() {
    return firstUpdateMillis;
  }

  /** Resident memory in kB at updates 1,000 and 10,000, as far as the run got there. */
  Map<Long, Long> residentAt() {
    return residentAt;
  }

  /** The first logged loss: the mean of the first 100 updates; null without a log line. */
  @Nullable Double firstLoss() {
    return firstLoss;
  }

  /** The last logged loss. */
  @Nullable Double lastLoss() {
    return lastLoss;
  }
}
