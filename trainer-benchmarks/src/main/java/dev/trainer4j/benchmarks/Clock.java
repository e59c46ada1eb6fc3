// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.benchmarks;

import dev.trainer4j.callback.CallbackContext;
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
    }
    if (step == warmUp + steps) {
      end = System.nanoTime();
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
