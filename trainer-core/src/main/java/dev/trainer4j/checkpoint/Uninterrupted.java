// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.checkpoint;

import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;

/**
 * Input and output that an interrupt does not break off. A channel closes when its thread is interrupted, and half a file is no answer
 * to an interrupt: what was broken off is done again, and the interrupt is kept for whoever waits next.
 */
final class Uninterrupted {
  private Uninterrupted() {}

  /** Reads or writes; may be run again from its beginning. */
  @FunctionalInterface
  interface Work<T> {
    T run() throws IOException;
  }

  /** The same without a result. */
  @FunctionalInterface
  interface Action {
    void run() throws IOException;
  }

  static void run(Action action) throws IOException {
    boolean unused =
        get(
            () -> {
              action.run();
              return true;
            });
  }

  static <T> T get(Work<T> work) throws IOException {
    boolean interrupted = Thread.interrupted();
    try {
      while (true) {
        try {
          return work.run();
        } catch (ClosedByInterruptException e) {
          interrupted = true;
          boolean cleared = Thread.interrupted();
          if (!cleared) {
            throw e; // Of another thread's making: to try again would end the same way.
          }
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
