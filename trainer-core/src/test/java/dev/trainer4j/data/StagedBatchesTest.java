// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import dev.trainer4j.torch.ValueRange;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Batches on their way to a device; here the device is the CPU too. */
class StagedBatchesTest {

  private final NDManager parent = NDManager.newBaseManager(Device.cpu(), "PyTorch");
  private final AtomicInteger made = new AtomicInteger();

  @AfterEach
  void close() {
    parent.close();
  }

  private BatchIterator batches(int samples, int workers, int prefetch, int bad) {
    DataLoaderOptions options =
        DataLoaderOptions.builder().batchSize(2).workers(workers).prefetchFactor(prefetch).build();
    Dataset<Map<String, ?>> data =
        new Dataset<>() {
          @Override
          public long size() {
            return samples;
          }

          @Override
          public Map<String, ?> get(long index) {
            made.incrementAndGet();
            if (index == bad) {
              throw new IllegalStateException("no sample here");
            }
            return Map.of("labels", index, "x", new float[] {index, -index});
          }
        };
    SampleOrder order = options.order().create(samples, 0);
    return StagedBatchIterator.staged(
        parent,
        options,
        manager ->
            new LoadingBatchIterator<>(
                new IndexedReader<>(data, new FixedBatches(order, 0, options), 0),
                new DefaultDataCollator(),
                manager,
                options));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 3})
  void comeInTheirOrderWithTheirValuesAndRanges(int workers) {
    List<Long> labels = new ArrayList<>();
    try (BatchIterator batches = batches(7, workers, 2, -1)) {
      while (batches.hasNext()) {
        try (Batch batch = batches.next()) {
          long[] values = batch.inputs().get("labels").toLongArray();
          for (long value : values) {
            labels.add(value);
          }
          ValueRange range = ValueRange.before(batch.inputs().get("labels")).orElseThrow();
          assertThat(range.smallest()).isEqualTo(values[0]);
          assertThat(range.largest()).isEqualTo(values[values.length - 1]);
          assertThat(ValueRange.before(batch.inputs().get("x"))).isEmpty();
          assertThat(batch.inputs().get("x").get(0).toFloatArray())
              .containsExactly((float) values[0], (float) -values[0]);
          assertThat(batch.sampleCount()).isEqualTo(values.length);
        }
      }
    }
    assertThat(labels).containsExactly(0L, 1L, 2L, 3L, 4L, 5L, 6L);
    assertThat(ValueRange.mayTell(parent)).as("something is still noted").isFalse();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 2})
  void anErrorComesAtItsBatchAndEndsTheIterator(int workers) {
    try (BatchIterator batches = batches(8, workers, 2, 5)) {
      batches.next().close();
      batches.next().close();
      assertThatThrownBy(batches::next)
          .isInstanceOf(DataException.class)
          .hasMessageContaining("no sample here");
      assertThat(batches.hasNext()).isFalse();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 2})
  void closedEarlyLeavesNothingBehind(int workers) {
    BatchIterator batches = batches(100, workers, 4, -1);
    batches.next().close();
    batches.close();
    batches.close();
    assertThat(batches.hasNext()).isFalse();
    assertThat(ValueRange.mayTell(parent)).isFalse();
    int sofar = made.get();
    assertThat(sofar).isLessThan(100);
  }
}
