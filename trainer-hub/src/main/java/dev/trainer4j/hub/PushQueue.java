// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.hub;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Pushes one after the other in a thread of its own. What fails is remembered, and stops nothing. */
final class PushQueue implements AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(PushQueue.class);

  private final AtomicInteger waiting = new AtomicInteger();
  private final List<String> failures = new ArrayList<>();
  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(
          task -> {
            Thread made = new Thread(task, "trainer4j-hub-push");
            made.setDaemon(true);
            return made;
          });

  /** One push. */
  @FunctionalInterface
  interface Job {
    void run() throws IOException;
  }

  /** Whether a push runs or waits. */
  boolean isBusy() {
    return waiting.get() > 0;
  }

  /**
   * Adds a push.
   *
   * @param name such as {@code Training in progress, step 500}
   */
  void submit(String name, Job job) {
    waiting.incrementAndGet();
    Future<?> unused =
        thread.submit(
            () -> {
              try {
                job.run();
              } catch (IOException | RuntimeException | Error e) {
                fail(name, e); // An error, too, would be nobody's: no one asks for the result.
              } finally {
                waiting.decrementAndGet();
              }
            });
  }

  private synchronized void fail(String name, Throwable e) {
    String why = e.getMessage() == null ? e.toString() : e.getMessage();
    failures.add("'" + name + "': " + why);
    LOGGER.warn("The push '{}' failed, and the run goes on: {}", name, why);
  }

  synchronized List<String> failures() {
    return List.copyOf(failures);
  }

  /** Waits until all pushes have been tried. */
  void await() throws IOException {
    try {
      Object unused = thread.submit(() -> true).get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while waiting for a push");
    } catch (ExecutionException e) {
      throw new IOException(e.getCause());
    }
  }

  /** Ends without waiting: what runs is cut off, and leaves no commit. */
  @Override
  public void close() {
    thread.shutdownNow();
  }
}
