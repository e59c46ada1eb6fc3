// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.benchmarks;

import ai.djl.ndarray.NDManager;
import dev.trainer4j.data.DataCollator;
import dev.trainer4j.data.Dataset;
import dev.trainer4j.data.DefaultDataCollator;
import dev.trainer4j.data.PaddingCollator;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** Making one batch: 32 rows of 784 numbers, and 16 sequences of 64 token ids. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class CollateBenchmark {

  private final DataCollator<Map<String, ?>> stacking = new DefaultDataCollator();
  private final DataCollator<Map<String, ?>> padding = PaddingCollator.builder().build();
  private List<Map<String, ?>> rows = List.of();
  private List<Map<String, ?>> sequences = List.of();
  private final NDManager manager = NDManager.newBaseManager("PyTorch");

  /** Makes the samples. */
  @Setup
  public void setUp() {
    rows = batch(new MlpCase());
    sequences = batch(TokenCase.BERT_TINY);
  }

  private static List<Map<String, ?>> batch(BenchCase benchCase) {
    Dataset<Map<String, Object>> data = benchCase.data();
    List<Map<String, ?>> batch = new ArrayList<>();
    for (int i = 0; i < benchCase.batchSize(); i++) {
      batch.add(data.get(i));
    }
    return batch;
  }

  /** Stacks rows of numbers. */
  @Benchmark
  public int stackRows() {
    return collate(stacking, rows);
  }

  /** Pads and stacks sequences. */
  @Benchmark
  public int padSequences() {
    return collate(padding, sequences);
  }

  private int collate(DataCollator<Map<String, ?>> collator, List<Map<String, ?>> samples) {
    try (NDManager batch = manager.newSubManager()) {
      return collator.collate(samples, batch).names().size();
    }
  }
}
