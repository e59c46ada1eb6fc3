// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j;

import dev.trainer4j.args.SamplingStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.data.BatchRebalance;
import dev.trainer4j.data.DataCollator;
import dev.trainer4j.data.DataLoader;
import dev.trainer4j.data.DataLoaderOptions;
import dev.trainer4j.data.DataSource;
import dev.trainer4j.data.Dataset;
import dev.trainer4j.data.IterableDataset;
import dev.trainer4j.data.SampleOrder;
import dev.trainer4j.process.ProcessGroup;
import org.jspecify.annotations.Nullable;

/** The loaders of a trainer that overrides nothing. */
final class Loaders {

  private static final int PREFETCH_FACTOR = 2;

  private final TrainingArguments args;
  private final @Nullable DataSource<?> trainDataset;
  private final DataCollator<?> collator;
  private final ProcessGroup processes;

  Loaders(
      TrainingArguments args,
      @Nullable DataSource<?> trainDataset,
      DataCollator<?> collator,
      ProcessGroup processes) {
    this.args = args;
    this.trainDataset = trainDataset;
    this.collator = collator;
    this.processes = processes;
  }

  /** Makes the loader of the training data. */
  DataLoader train() {
    DataSource<?> dataset = trainDataset;
    if (dataset == null) {
      throw new IllegalStateException(
          "there is no training data; pass trainDataset(...) to the builder");
    }
    if (dataset instanceof Dataset<?> sized && sized.size() == 0) {
      throw new IllegalArgumentException("the training data is empty: trainDataset.size() is 0");
    }
    long dataSeed = args.resolvedDataSeed();
    SampleOrder.Factory order =
        switch (args.trainSamplingStrategy()) {
          case SEQUENTIAL -> (size, epoch) -> SampleOrder.sequential(size);
          case RANDOM, BATCH_REBALANCE ->
              (size, epoch) -> SampleOrder.shuffled(size, dataSeed, epoch);
          case GROUP_BY_LENGTH -> byLength(dataset, dataSeed);
        };
    DataLoaderOptions.Builder options = options(args.perDeviceTrainBatchSize()).order(order);
    if (args.trainSamplingStrategy() == SamplingStrategy.BATCH_REBALANCE) {
      options.rebalance(rebalance(dataset));
    }
    return loader(dataset, options.build());
  }

  private BatchRebalance rebalance(DataSource<?> dataset) {
    int perRank =
        Math.multiplyExact(args.perDeviceTrainBatchSize(), args.gradientAccumulationSteps());
    return BatchRebalance.of(
        indexed(dataset, "batch_rebalance"),
        args.lengthColumnName(),
        Math.multiplyExact(perRank, processes.worldSize()));
  }

  private static Dataset<?> indexed(DataSource<?> dataset, String strategy) {
    if (dataset instanceof Dataset<?> sized) {
      return sized;
    }
    throw new IllegalArgumentException(
        "trainSamplingStrategy "
            + strategy
            + " needs data with an index, but trainDataset is a stream; choose another, or read the"
            + " stream into a Dataset");
  }

  private SampleOrder.Factory byLength(DataSource<?> dataset, long seed) {
    return SampleOrder.lengthGrouped(
        indexed(dataset, "group_by_length"),
        args.lengthColumnName(),
        Math.multiplyExact(args.perDeviceTrainBatchSize(), args.gradientAccumulationSteps()),
        seed);
  }

  /** Makes the loader of an evaluation data set. */
  DataLoader evaluation(DataSource<?> dataset) {
    if (dataset instanceof Dataset<?> sized && sized.size() == 0) {
      throw new IllegalArgumentException("the evaluation data is empty: its size() is 0");
    }
    return loader(dataset, options(args.perDeviceEvalBatchSize()).build());
  }

  private DataLoaderOptions.Builder options(int batchSize) {
    return DataLoaderOptions.builder()
        .batchSize(batchSize)
        .world(processes.rank(), processes.worldSize())
        // As in Hugging Face's Trainer, also for evaluation.
        .dropLast(args.dataloaderDropLast())
        .workers(args.dataloaderNumWorkers())
        .pinMemory(args.dataloaderPinMemory())
        .prefetchFactor(args.dataloaderPrefetchFactor().orElse(PREFETCH_FACTOR));
  }

  /** The types of samples and collator meet only here; a mismatch fails at the first batch. */
  @SuppressWarnings("unchecked")
  private DataLoader loader(DataSource<?> source, DataLoaderOptions options) {
    DataCollator<Object> anyCollator = (DataCollator<Object>) collator;
    return source instanceof Dataset<?> sized
        ? DataLoader.of((Dataset<Object>) sized, anyCollator, options)
        : DataLoader.of((IterableDataset<Object>) source, anyCollator, options);
  }
}
