// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** When this process began to train, from which update, and when it stopped. */
record ReportClock(long firstStep, long startNanos, @Nullable Long stopNanos) {

  static ReportClock start(long firstStep) {
    return new ReportClock(firstStep, System.nanoTime(), null);
  }

  ReportClock stop() {
    return new ReportClock(firstStep, startNanos, System.nanoTime());
  }

  boolean isStopped() {
    return stopNanos != null;
  }

  Duration elapsed() {
    return Duration.ofNanos((stopNanos != null ? stopNanos : System.nanoTime()) - startNanos);
  }

  /** Returns updates a second in this process, 0 while there was none. */
  double updatesPerSecond(long step) {
    return (step - firstStep) / Math.max(1e-9, elapsed().toNanos() / 1e9);
  }
}
