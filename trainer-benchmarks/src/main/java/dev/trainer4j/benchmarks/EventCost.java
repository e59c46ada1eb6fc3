// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.benchmarks;

import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.state.LogEntry;
import dev.trainer4j.state.TrainerState;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.EnumMap;
import java.util.Map;

/**
 * The processor time that a callback takes of the thread that trains.
 *
 * <p>Callbacks are called in order, so one before and one behind the callback frame each of its
 * events. The callback itself is registered as it is. The events in the optimizer's step are not
 * framed: whoever overrides them changes how an update runs.
 */
final class EventCost {

  /** When events come. */
  enum Kind {
    /** At the start and at the end of a run. */
    RUN,
    /** With each update. */
    UPDATE,
    /** With each log line. */
    LOG
  }

  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  private final long warmUp;
  private final long steps;
  private final Map<Kind, Long> nanos = new EnumMap<>(Kind.class);
  private final TrainerCallback before = new Mark(false);
  private final TrainerCallback behind = new Mark(true);
  private long step = -1;
  private long start;

  /**
   * Looks at {@code steps} updates behind {@code warmUp} others, and at the start and the end of the
   * run.
   */
  EventCost(long warmUp, long steps) {
    this.warmUp = warmUp;
    this.steps = steps;
    for (Kind kind : Kind.values()) {
      nanos.put(kind, 0L);
    }
  }

  TrainerCallback before() {
    return before;
  }

  TrainerCallback behind() {
    return behind;
  }

  /** Returns the nanoseconds of processor time in all events of a kind together. */
  long nanos(Kind kind) {
    return nanos.getOrDefault(kind, 0L);
  }

  private void begin() {
    start = THREADS.getCurrentThreadCpuTime();
  }

  private void end(Kind kind) {
    long time = THREADS.getCurrentThreadCpuTime() - start;
    if (kind == Kind.RUN || (step >= warmUp && step < warmUp + steps)) {
      nanos.merge(kind, time, Long::sum);
    }
  }

  private final class Mark implements TrainerCallback {

    private final boolean end;

    private Mark(boolean end) {
      this.end = end;
    }

    private void mark(Kind kind) {
      if (end) {
        end(kind);
      } else {
        begin();
      }
    }

    @Override
    public void onTrainBegin(CallbackContext ctx, TrainerState state, TrainerControl control) {
      mark(Kind.RUN);
    }

    @Override
    public void onTrainEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
      mark(Kind.RUN);
    }

    @Override
    public void onEpochBegin(CallbackContext ctx, TrainerState state, TrainerControl control) {
      mark(Kind.UPDATE);
    }

    @Override
    public void onEpochEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
      mark(Kind.UPDATE);
    }

    @Override
    public void onStepBegin(CallbackContext ctx, TrainerState state, TrainerControl control) {
      step = state.globalStep();
      mark(Kind.UPDATE);
    }

    @Override
    public void onSubstepBegin(
        CallbackContext ctx, TrainerState state, TrainerControl control, ModelInputs inputs) {
      mark(Kind.UPDATE);
    }

    @Override
    public void onSubstepEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
      mark(Kind.UPDATE);
    }

    @Override
    public void onStepEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
      mark(Kind.UPDATE);
    }

    @Override
    public void onPreLog(CallbackContext ctx, TrainerState state, TrainerControl control) {
      mark(Kind.LOG);
    }

    @Override
    public void onLog(
        CallbackContext ctx, TrainerState state, TrainerControl control, LogEntry logs) {
      mark(Kind.LOG);
    }
  }
}
