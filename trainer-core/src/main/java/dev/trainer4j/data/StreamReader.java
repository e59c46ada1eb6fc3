// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reads a stream: a batch waits for its turn, so that the order holds whoever reads it. Every rank reads
 * all of the stream and keeps its own batch of each round.
 */
final class StreamReader<T> implements SampleReader<T> {

  private final IterableDataset<T> dataset;
  private final long epoch;
  private final long firstSample;
  private final @Nullable Map<String, Object> firstState;
  private final int batchSize;
  private final boolean dropLast;
  private final int rank;
  private final int worldSize;

  private volatile @Nullable Iterator<T> iterator;
  private long turn;
  private long samplesRead;
  private boolean ended;

  StreamReader(
      IterableDataset<T> dataset,
      long epoch,
      long firstSample,
      @Nullable Map<String, Object> firstState,
      DataLoaderOptions options) {
    this.dataset = dataset;
    this.epoch = epoch;
    this.firstSample = firstSample;
    this.firstState = firstState;
    this.batchSize = options.batchSize();
    this.dropLast = options.dropLast();
    this.rank = options.rank();
    this.worldSize = options.worldSize();
  }

  @Override
  public synchronized Samples<T> read(long batch) throws InterruptedException {
    while (turn < batch && !ended) {
      wait();
    }
    List<T> samples = new ArrayList<>(batchSize);
    try {
      int roundSize = ended ? 0 : readRound(samples);
      return new Samples<>(samples, roundSize, state());
    } catch (DataException e) {
      ended = true;
      throw e;
    } catch (RuntimeException e) {
      ended = true;
      throw new DataException(
          "Sample " + samplesRead + " of the stream in epoch " + epoch + " cannot be read: " + e,
          e);
    } finally {
      turn = batch + 1;
      notifyAll();
    }
  }

  private @Nullable Map<String, Object> state() {
    if (!(iterator instanceof ResumableIterator<T> resumable)) {
      return null;
    }
    try {
      return Collections.unmodifiableMap(new LinkedHashMap<>(resumable.state()));
    } catch (RuntimeException e) {
      throw new DataException(
          "The stream of "
              + dataset.getClass().getName()
              + " has no state behind sample "
              + (samplesRead - 1)
              + " of epoch "
              + epoch
              + ": "
              + e,
          e);
    }
  }

  /** Reads the batches of all ranks, keeps this rank's, and returns the number of samples in all. */
  private int readRound(List<T> own) throws InterruptedException {
    Iterator<T> source = open();
    int roundSize = 0;
    for (int next = 0; next < worldSize && !ended; next++) {
      int count = 0;
      while (!ended && count < batchSize) {
        Optional<T> sample = advance(source);
        if (sample.isPresent()) {
          count++;
          if (next == rank) {
            own.add(sample.get());
          }
        }
      }
      if (!dropLast || count == batchSize) {
        roundSize += count;
      } else if (next == rank) {
        own.clear();
      }
    }
    return roundSize;
  }

  private Iterator<T> open() throws InterruptedException {
    Iterator<T> source = iterator;
    if (source == null) {
      if (firstState != null && dataset instanceof ResumableDataset<T> resumable) {
        source = resume(resumable, firstState);
        iterator = source;
        samplesRead = firstSample;
        return source;
      }
      source = dataset.iterator(epoch);
      iterator = source;
      while (!ended && samplesRead < firstSample) {
        advance(source);
      }
    }
    return source;
  }

  private Iterator<T> resume(ResumableDataset<T> resumable, Map<String, Object> state) {
    try {
      return resumable.resume(epoch, state);
    } catch (RuntimeException e) {
      throw new DataException(
          "The stream of "
              + dataset.getClass().getName()
              + " cannot go on in epoch "
              + epoch
              + " behind "
              + firstSample
              + " samples, from its saved state "
              + state
              + ": "
              + e,
          e);
    }
  }

  private Optional<T> advance(Iterator<T> source) throws InterruptedException {
    if (Thread.currentThread().isInterrupted()) {
      throw new InterruptedException();
    }
    if (!source.hasNext()) {
      ended = true;
      return Optional.empty();
    }
    T sample = source.next();
    samplesRead++;
    return Optional.of(sample);
  }

  @Override
  public BatchPosition position(long batch) {
    return new BatchPosition(epoch, start(batch));
  }

  @Override
  public String describe(long batch) {
    return "the samples from number " + start(batch) + " on of the stream";
  }

  private long start(long batch) {
    return firstSample + (batch * worldSize + rank) * batchSize;
  }

  /** Not synchronized: must not wait for a reader that hangs in the stream. */
  @Override
  public void close() {
    if (iterator instanceof AutoCloseable closeable) {
      try {
        closeable.close();
      } catch (Exception e) {
        throw new DataException("The stream of samples cannot be closed: " + e, e);
      }
    }
  }
}
