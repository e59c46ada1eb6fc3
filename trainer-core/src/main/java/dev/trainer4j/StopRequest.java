// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j;

import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What asks a run to end from outside of its loop: another thread, a signal, the clock. The first
 * one is the reason. The loop looks here between updates.
 */
final class StopRequest {

  private long start;
  private @Nullable Duration limit;
  private @Nullable StopReason reason;

  /** Forgets what was asked of the run before, and starts the clock. */
  synchronized void begin(Optional<Duration> timeLimit) {
    start = System.nanoTime();
    limit = timeLimit.orElse(null);
    reason = null;
  }

  /** Asks for the end, from whatever thread. */
  synchronized void ask(StopReason why) {
    if (reason == null) {
      reason = why;
    }
  }

  /** Returns why the run should end, null while it should not. */
  synchronized @Nullable StopReason reason() {
    if (limit != null && limit.compareTo(Duration.ofNanos(System.nanoTime() - start)) <= 0) {
      ask(StopReason.TIME_LIMIT);
    }
    return reason;
  }
}
