// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.hub;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionService;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/** Runs transfers side by side; the first that fails ends the others. */
final class Transfers {
  private static final AtomicInteger NUMBER = new AtomicInteger();

  private Transfers() {}

  /** One file, or one part of it. */
  @FunctionalInterface
  interface Transfer {
    void run() throws IOException;
  }

  static void run(List<? extends Transfer> transfers, int parallel) throws IOException {
    if (transfers.size() == 1) {
      transfers.get(0).run();
      return;
    }
    if (transfers.isEmpty()) {
      return;
    }
    ExecutorService threads =
        Executors.newFixedThreadPool(
            Math.min(parallel, transfers.size()),
            task -> {
              Thread made = new Thread(task, "trainer4j-hub-" + NUMBER.incrementAndGet());
              made.setDaemon(true);
              return made;
            });
    try {
      CompletionService<Boolean> running = new ExecutorCompletionService<>(threads);
      List<Object> submitted = new ArrayList<>();
      for (Transfer each : transfers) {
        submitted.add(
            running.submit(
                () -> {
                  each.run();
                  return true;
                }));
      }
      for (int i = 0; i < submitted.size(); i++) {
        Boolean unused = running.take().get();
      }
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IOException cause) {
        throw cause;
      }
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new IOException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while files were on their way");
    } finally {
      threads.shutdownNow();
    }
  }
}
