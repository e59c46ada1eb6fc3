// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.benchmarks;

import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.state.TrainerState;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.lang.management.ThreadMXBean;

/** The processor time of a stretch of updates: of the thread that trains, and of callbacks' own threads. */
final class ThreadCost implements TrainerCallback {

  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  private final long warmUp;
  private final long steps;
  private long trainingNanos;
  private long ownNanos;

  ThreadCost(long warmUp, long steps) {
    this.warmUp = warmUp;
    this.steps = steps;
  }

  @Override
  public void onStepBegin(CallbackContext ctx, TrainerState state, TrainerControl control) {
    if (state.globalStep() == warmUp) {
      ownNanos = -ofCallbacks();
      trainingNanos = -THREADS.getCurrentThreadCpuTime();
    } else if (state.globalStep() == warmUp + steps) {
      trainingNanos += THREADS.getCurrentThreadCpuTime();
      ownNanos += ofCallbacks();
    }
  }

  /** Those that MlflowCallback starts, of which one is that of the JDK's HTTP client. */
  private static long ofCallbacks() {
    long nanos = 0;
    for (long id : THREADS.getAllThreadIds()) {
      ThreadInfo info = THREADS.getThreadInfo(id);
      if (info != null && info.getThreadName().matches("trainer4j-mlflow.*|HttpClient-.*")) {
        nanos += Math.max(0, THREADS.getThreadCpuTime(id));
      }
    }
    return nanos;
  }

  /** Returns the nanoseconds of the thread that trains. */
  long trainingNanos() {
    return trainingNanos;
  }

  /** Returns the nanoseconds of threads that callbacks started. */
  long ownNanos() {
    return ownNanos;
  }
}
