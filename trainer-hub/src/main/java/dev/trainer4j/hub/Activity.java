// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.hub;

import java.time.Duration;

/** When something last moved: a request has no time limit of its own for its body. */
final class Activity {
  private volatile long last = System.nanoTime();

  void note() {
    last = System.nanoTime();
  }

  boolean isSilentFor(Duration time) {
    return System.nanoTime() - last > time.toNanos();
  }
}
