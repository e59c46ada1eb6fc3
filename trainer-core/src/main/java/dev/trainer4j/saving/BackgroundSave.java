// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.saving;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.jspecify.annotations.Nullable;

/**
 * Does the slow part of saving in a background thread, one checkpoint at a time.
 *
 * <p>A failure is thrown once, to the first of {@link #check}, {@link #await} and {@link #submit}
 * that meets it.
 */
final class BackgroundSave implements AutoCloseable {

  /** Does the slow part of one save. */
  @FunctionalInterface
  interface Work {
    void run() throws IOException;
  }

  private @Nullable FutureTask<Void> inFlight;

  /** Starts {@code work}, once the one before is done. */
  void submit(String name, Work work) {
    await();
    Callable<@Nullable Void> call =
        () -> {
          work.run();
          return null;
        };
    FutureTask<Void> task = new FutureTask<>(call);
    // Training waits for it; a JVM that ends otherwise must not.
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    thread.start();
    inFlight = task;
  }

  /** Throws what the work has failed with, if it is done. */
  void check() {
    if (inFlight != null && inFlight.isDone()) {
      await();
    }
  }

  /** Waits until the work is done. */
  void await() {
    FutureTask<Void> task = inFlight;
    if (task == null) {
      return;
    }
    boolean interrupted = false;
    try {
      while (true) {
        try {
          Void unused = task.get();
          return;
        } catch (InterruptedException e) {
          // Half a checkpoint is no answer to an interrupt: whoever comes next may look at it.
          interrupted = true;
        } catch (ExecutionException e) {
          throw failure(e.getCause());
        }
      }
    } finally {
      inFlight = null;
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static RuntimeException failure(@Nullable Throwable cause) {
    if (cause instanceof IOException e) {
      return new UncheckedIOException(e.getMessage(), e);
    }
    if (cause instanceof Error e) {
      throw e;
    }
    return cause instanceof RuntimeException e ? e : new IllegalStateException(cause);
  }

  @Override
  public void close() {
    await();
  }
}
