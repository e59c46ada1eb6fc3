// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/** The thread that talks to the server about one run. Any thread may call, even once it is closed. */
final class MlflowSender implements AutoCloseable {

  private final MlflowRun run;
  private final Consumer<IOException> failed;
  private final ExecutorService thread;

  /** A slow server must not let flushes queue up: each sends all there is. */
  private final AtomicBoolean flushWaits = new AtomicBoolean();

  /**
   * Starts the thread.
   *
   * @param failed is told of what fails, in whatever thread
   */
  MlflowSender(MlflowRun run, Consumer<IOException> failed) {
    this.run = run;
    this.failed = failed;
    thread =
        Executors.newSingleThreadExecutor(
            task -> {
              Thread made = new Thread(task, "trainer4j-mlflow");
              made.setDaemon(true);
              return made;
            });
  }

  /** Something to say to the server. */
  private interface Call {
    void run() throws IOException;
  }

  void open() {
    submit(run::open);
  }

  /** Sends what the run has, unless that is about to happen anyway. */
  void flush() {
    if (flushWaits.compareAndSet(false, true)) {
      submit(
          () -> {
            flushWaits.set(false);
            run.flush();
          });
    }
  }

  void finish(String status) {
    submit(() -> run.finish(status));
  }

  private void submit(Call call) {
    try {
      Future<?> unused =
          thread.submit(
              () -> {
                try {
                  call.run();
                } catch (IOException e) {
                  failed.accept(e);
                } catch (RuntimeException e) {
                  failed.accept(new IOException(e.toString(), e));
                }
              });
    } catch (RejectedExecutionException e) {
      flushWaits.set(false); // Closed: the run has ended, and its end has sent what there was.
    }
  }

  /** Waits until everything that was submitted has been tried. */
  void drain(Duration timeout) {
    try {
      Object unused = thread.submit(() -> {}).get(timeout.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      failed.accept(new IOException("no answer within " + timeout, e));
    } catch (ExecutionException e) {
      failed.accept(new IOException(e.getCause()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RejectedExecutionException e) {
      flushWaits.set(false); // Closed meanwhile, as by the end of the JVM: nothing to wait for.
    }
  }

  /** Stops, without waiting for what has not been sent. */
  @Override
  public void close() {
    thread.shutdownNow();
  }
}
