// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BatchPositionTest {

  /** Shows the position as an input. */
  private static final class Positions implements DataCollator<Map<String, Long>> {
    @Override
    public ModelInputs collate(List<Map<String, Long>> samples, NDManager manager) {
      throw new AssertionError("the loader knows the position");
    }

    @Override
    public ModelInputs collate(
        List<Map<String, Long>> samples, NDManager manager, BatchPosition position) {
      return ModelInputs.of(
          "position", manager.create(new long[] {position.epoch(), position.firstSample()}));
    }
  }

  private static List<List<Long>> positions(DataLoader loader, long epoch, long firstSample) {
    List<List<Long>> found = new ArrayList<>();
    try (NDManager manager = NDManager.newBaseManager("PyTorch");
        BatchIterator batches = loader.iterate(manager, epoch, firstSample)) {
      while (batches.hasNext()) {
        try (Batch batch = batches.next()) {
          long[] values = batch.inputs().get("position").toLongArray();
          found.add(LongStream.of(values).boxed().toList());
        }
      }
    }
    return found;
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 2})
  void isThatOfTheSamplesAlsoBehindAResume(int workers) {
    List<Map<String, Long>> samples = LongStream.range(0, 7).mapToObj(i -> Map.of("x", i)).toList();
    DataLoaderOptions options = DataLoaderOptions.builder().batchSize(2).workers(workers).build();
    DataLoader indexed = DataLoader.of(Datasets.of(samples), new Positions(), options);
    IterableDataset<Map<String, Long>> stream =
        epoch -> {
          Iterator<Map<String, Long>> all = samples.iterator();
          return all;
        };
    DataLoader streamed = DataLoader.of(stream, new Positions(), options);

    for (DataLoader loader : List.of(indexed, streamed)) {
      assertThat(positions(loader, 3, 0))
          .containsExactly(List.of(3L, 0L), List.of(3L, 2L), List.of(3L, 4L), List.of(3L, 6L));
      assertThat(positions(loader, 5, 4)).containsExactly(List.of(5L, 4L), List.of(5L, 6L));
    }
  }
}
