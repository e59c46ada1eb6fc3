// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * Gives out batches that are made ahead of time.
 *
 * <p>The queue holds the batches under way in their order, so the order is kept however fast each
 * worker is. Every batch is closed by exactly one side: the receiver after {@link #next}; {@link
 * #close} if it was ready by then; else the worker, which sees the flag when it is done.
 */
abstract class QueuedBatchIterator implements BatchIterator {

  private final Workers workers;

  /** An empty result marks the end of the epoch. */
  private final Deque<FutureTask<Optional<Batch>>> underWay = new ArrayDeque<>();

  private volatile boolean closed;

  QueuedBatchIterator(int workers) {
    this.workers = new Workers(workers);
  }

  /** Starts batches where too few are under way, and at least one where there is none. */
  abstract void startMore();

  /** Closes what the batches are made of. */
  abstract void closeSource();

  final boolean areThreads() {
    return workers.areThreads();
  }

  final int underWay() {
    return underWay.size();
  }

  /** Starts a batch: on a worker, or without workers at once. */
  final void start(Callable<Optional<Batch>> make) {
    FutureTask<Optional<Batch>> task = new FutureTask<>(() -> unlessClosed(make));
    underWay.add(task);
    workers.execute(task);
  }

  private Optional<Batch> unlessClosed(Callable<Optional<Batch>> make) throws Exception {
    Optional<Batch> batch = make.call();
    if (closed) {
      batch.ifPresent(Batch::close);
    }
    return batch;
  }

  @Override
  public final boolean hasNext() {
    if (closed) {
      return false;
    }
    startMore();
    try {
      if (underWay.element().get().isPresent()) {
        return true;
      }
    } catch (ExecutionException e) {
      return true; // next() throws it
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
    close();
    return false;
  }

  @Override
  public final Batch next() {
    if (!hasNext()) {
      throw new NoSuchElementException("The epoch has no more batches.");
    }
    FutureTask<Optional<Batch>> first = underWay.remove();
    try {
      Batch batch = first.get().orElseThrow();
      if (workers.areThreads()) {
        startMore();
      }
      return batch;
    } catch (ExecutionException e) {
      close();
      throw failure(Objects.requireNonNull(e.getCause()));
    } catch (InterruptedException e) {
      underWay.addFirst(first); // nothing is lost
      throw interrupted(e);
    }
  }

  private static RuntimeException failure(Throwable cause) {
    if (cause instanceof Error error) {
      throw error;
    }
    if (cause instanceof InterruptedException) {
      return interrupted(cause);
    }
    return cause instanceof DataException known
        ? known
        : new DataException("The next batch cannot be made: " + cause, cause);
  }

  private static DataException interrupted(Throwable cause) {
    Thread.currentThread().interrupt();
    return new DataException("Interrupted while waiting for the next batch.", cause);
  }

  @Override
  public final void close() {
    if (closed) {
      return;
    }
    closed = true;
    workers.close();
    for (FutureTask<Optional<Batch>> task : underWay) {
      if (task.isDone()) {
        closeResult(task);
      }
    }
    underWay.clear();
    closeSource();
  }

  private static void closeResult(FutureTask<Optional<Batch>> task) {
    try {
      task.get().ifPresent(Batch::close);
    } catch (ExecutionException e) {
      return; // a batch that failed owns nothing
    } catch (InterruptedException e) {
      throw new AssertionError("a finished task does not wait", e);
    }
  }
}
