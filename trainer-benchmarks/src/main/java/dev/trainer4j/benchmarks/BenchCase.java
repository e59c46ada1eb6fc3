// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.benchmarks;

import dev.trainer4j.Trainer;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.data.Dataset;
import java.util.Map;

/** One row of the performance table: a model, its data and the size of its batches. */
interface BenchCase {

  /** Returns the samples per update. */
  int batchSize();

  /** Makes the data: what the Python side trains on, or random values of its shapes. */
  Dataset<Map<String, Object>> data();

  /**
   * Starts a trainer of the untrained model; data and callbacks are added by the caller.
   * Its model lives as long as the process, which measures one case.
   */
  Trainer.Builder trainer(TrainingArguments args);
}
