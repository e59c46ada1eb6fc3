// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import ai.djl.ndarray.NDManager;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/** Makes the batches of an epoch, some of them ahead of time. */
final class LoadingBatchIterator<T> extends QueuedBatchIterator {

  private final SampleReader<T> reader;
  private final DataCollator<? super T> collator;
  private final NDManager parent;
  private final int batchesAhead;

  /** No fewer than there are workers, so that none of them waits for others. */
  private final int refillBelow;

  private long nextNumber;

  LoadingBatchIterator(
      SampleReader<T> reader,
      DataCollator<? super T> collator,
      NDManager parent,
      DataLoaderOptions options) {
    super(options.workers());
    this.reader = reader;
    this.collator = collator;
    this.parent = parent;
    this.batchesAhead = options.batchesAhead();
    this.refillBelow = Math.max(Math.max(1, options.workers()), batchesAhead / 2);
    if (areThreads()) {
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

  /** Starts several when few are left: waking a worker costs more than what a small batch takes. */
  @Override
  void startMore() {
    if (underWay() >= refillBelow) {
      return;
    }
    while (underWay() < batchesAhead) {
      long number = nextNumber++;
      start(() -> make(number));
    }
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
      requireSamples(samples);
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

  private static void requireSamples(List<?> samples) {
    for (int i = 0; i < samples.size(); i++) {
      if (samples.get(i) == null) {
        throw new IllegalArgumentException(
            "sample "
                + i
                + " of the batch is null: give a sample for every index, or leave it out of the data set, as"
                + " with filter(...)");
      }
    }
  }

  private static <S> ModelInputs collate(
      DataCollator<S> collator,
      List<? extends S> samples,
      NDManager manager,
      BatchPosition position) {
    return collator.collate(Collections.unmodifiableList(samples), manager, position);
  }

  @Override
  void closeSource() {
    reader.close();
  }
}
