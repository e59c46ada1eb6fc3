// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The threads of one iterator: started when needed, or none at all and the caller does it. */
final class Workers implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Workers.class);

  /** How long to wait for user code that ignores its interruption. */
  private static final long PATIENCE_SECONDS = 10;

  private final @Nullable ExecutorService pool;
  private final Queue<Thread> threads = new ConcurrentLinkedQueue<>();

  Workers(int count) {
    pool = count == 0 ? null : Executors.newFixedThreadPool(count, this::daemon);
  }

  private Thread daemon(Runnable loop) {
    Thread thread = new Thread(loop, "trainer4j-data-" + threads.size());
    thread.setDaemon(true);
    threads.add(thread);
    return thread;
  }

  /** Whether there are threads that work while the caller does something else. */
  boolean areThreads() {
    return pool != null;
  }

  void execute(Runnable task) {
    if (pool == null) {
      task.run();
    } else {
      pool.execute(task);
    }
  }

  /** Interrupts the threads and waits for their end, also if the caller is interrupted. */
  @Override
  public void close() {
    if (pool == null) {
      return;
    }
    pool.shutdownNow();
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    boolean interrupted = false;
    for (Thread thread : threads) {
      interrupted |= join(thread, deadline);
      if (thread.isAlive()) {
        LOG.warn(
            "The data worker {} did not stop within {} s: the dataset or the collator ignores its"
                + " interruption. It frees its batch when it returns.",
            thread.getName(),
            PATIENCE_SECONDS);
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Waits for the thread until the deadline; says whether the caller was interrupted meanwhile. */
  private static boolean join(Thread thread, long deadline) {
    boolean interrupted = false;
    while (thread.isAlive() && System.nanoTime() < deadline) {
      try {
        TimeUnit.NANOSECONDS.timedJoin(thread, deadline - System.nanoTime());
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    return interrupted;
  }
}
