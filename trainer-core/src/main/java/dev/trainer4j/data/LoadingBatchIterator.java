// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import ai.djl.ndarray.NDManager;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * Makes the batches of an epoch, some of them ahead of time.
 *
 * <p>The queue holds the batches under way in their order, so the order is kept however fast each
 * worker is. Every batch is closed by exactly one side: the receiver after {@link #next}; {@link
 * #close} if it was ready by then; else the worker, which sees the flag when it is done.
 */
final class LoadingBatchIterator<T> implements BatchIterator {

  private final SampleReader<T> reader;
  private final DataCollator<? super T> collator;
  private final NDManager parent;
  private final int batchesAhead;

  /** No fewer than there are workers, so that none of them waits for others. */
  private final int refillBelow;

  private final Workers workers;

  /** An empty result marks the end of the epoch. */
  private final Deque<FutureTask<Optional<Batch>>> underWay = new ArrayDeque<>();

  private long nextNumber;
  private volatile boolean closed;

  LoadingBatchIterator(
      SampleReader<T> reader,
      DataCollator<? super T> collator,
      NDManager parent,
      DataLoaderOptions options) {
    this.reader = reader;
    this.collator = collator;
    this.parent = parent;
    this.batchesAhead = options.batchesAhead();
    this.refillBelow = Math.max(Math.max(1, options.workers()), batchesAhead / 2);
    this.workers = new Workers(options.workers());
    if (workers.areThreads()) {
      startMore();
    }
  }

  static void requirePosition(long epoch, long firstSample) {
    if (epoch < 0 || firstSample < 0) {
      throw new IllegalArgumentException(
          String.format(
              "epoch is %d and firstSample is %d: neither may be negative.", epoch, firstSample));
    }
  }

  @Override
  public boolean hasNext() {
    if (closed) {
      return false;
    }
    startMore();
    FutureTask<Optional<Batch>> first = underWay.element();
    try {
      if (first.get().isPresent()) {
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
  public Batch next() {
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

  /** Starts several when few are left: waking a worker costs more than what a small batch takes. */
  private void startMore() {
    if (underWay.size() >= refillBelow) {
      return;
    }
    while (underWay.size() < batchesAhead) {
      long number = nextNumber++;
      FutureTask<Optional<Batch>> task = new FutureTask<>(() -> makeUnlessClosed(number));
      underWay.add(task);
      workers.execute(task);
    }
  }

  private Optional<Batch> makeUnlessClosed(long number) throws InterruptedException {
    Optional<Batch> batch = make(number);
    if (closed) {
      batch.ifPresent(Batch::close);
    }
    return batch;
  }

  private Optional<Batch> make(long number) throws InterruptedException {
    Samples<T> read = reader.read(number);
    List<T> samples = read.list();
    if (read.roundSize() == 0) {
      return Optional.empty();
    }
    NDManager manager = parent.newSubManager();
    if (samples.isEmpty()) {
      return Optional.of(Batch.empty(manager, read.streamState(), read.roundSize()));
    }
    try {
      ModelInputs inputs = collate(collator, samples, manager, reader.position(number));
      if (inputs == null || inputs.names().isEmpty()) {
        throw new IllegalArgumentException(
            "the collator " + collator.getClass().getName() + " gave no inputs");
      }
      return Optional.of(
          new Batch(inputs, samples.size(), manager, read.streamState(), read.roundSize()));
    } catch (ClassCastException e) {
      manager.close();
      throw new DataException(
          "No batch can be made of "
              + reader.describe(number)
              + ": the samples are of "
              + samples.get(0).getClass()
              + ", which the collator "
              + collator.getClass().getName()
              + " does not take; pass a dataCollator for samples of this type ("
              + e.getMessage()
              + ")",
          e);
    } catch (RuntimeException e) {
      manager.close();
      throw new DataException(
          "No batch can be made of " + reader.describe(number) + ": " + e.getMessage(), e);
    } catch (Error e) {
      manager.close();
      throw e;
    }
  }

  private static <S> ModelInputs collate(
      DataCollator<S> collator,
      List<? extends S> samples,
      NDManager manager,
      BatchPosition position) {
    return collator.collate(Collections.unmodifiableList(samples), manager, position);
  }

  static RuntimeException failure(Throwable cause) {
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

  static DataException interrupted(Throwable cause) {
    Thread.currentThread().interrupt();
    return new DataException("Interrupted while waiting for the next batch.", cause);
  }

  @Override
  public void close() {
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
    reader.close();
  }

  static void closeResult(FutureTask<Optional<Batch>> task) {
    try {
      task.get().ifPresent(Batch::close);
    } catch (ExecutionException e) {
      return; // a batch that failed owns nothing
    } catch (InterruptedException e) {
      throw new AssertionError("a finished task does not wait", e);
    }
  }
}
