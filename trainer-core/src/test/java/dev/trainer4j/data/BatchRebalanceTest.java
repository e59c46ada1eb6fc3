// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class BatchRebalanceTest {

  /** A plan of {@code BatchRebalanceSampler} of transformers 5.18.0, not shuffled, for each rank. */
  record Figures(String name, JsonNode json) {

    int number(String field) {
      return json.get(field).asInt();
    }

    int[] lengths() {
      return IntStream.range(0, json.get("lengths").size())
          .map(i -> json.get("lengths").get(i).asInt())
          .toArray();
    }

    List<List<Long>> microBatches(int rank) {
      List<List<Long>> batches = new ArrayList<>();
      for (JsonNode batch : json.get("micro_batches").get(rank)) {
        List<Long> samples = new ArrayList<>();
        batch.forEach(sample -> samples.add(sample.asLong()));
        batches.add(samples);
      }
      return batches;
    }

    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Figures> figures() throws IOException {
    try (InputStream in = BatchRebalanceTest.class.getResourceAsStream("batch_rebalance.json")) {
      List<Figures> all = new ArrayList<>();
      new ObjectMapper()
          .readTree(in)
          .get("cases")
          .forEach(json -> all.add(new Figures(json.get("name").asText(), json)));
      return all.stream();
    }
  }

  @ParameterizedTest
  @MethodSource("figures")
  void plansAsTheSamplerOfTransformers(Figures figures) {
    int worldSize = figures.number("world_size");
    int samplesPerUpdate = figures.number("samples_per_update");
    for (int rank = 0; rank < worldSize; rank++) {
      DataLoaderOptions.Builder options =
          options(
                  figures.lengths(),
                  samplesPerUpdate,
                  samplesPerUpdate / worldSize / figures.number("accumulation"))
              .dropLast(figures.json.get("drop_last").asBoolean())
              .world(rank, worldSize);
      assertThat(samples(loader(figures.lengths(), options), 0, 0))
          .as("rank %d", rank)
          .isEqualTo(figures.microBatches(rank));
    }
  }

  /** Sizes around full updates, whose last may have fewer samples than there are micro batches. */
  @ParameterizedTest
  @CsvSource({"1, 1, 4", "1, 4, 2", "2, 2, 3", "3, 2, 1", "4, 1, 2"})
  void everySampleIsUsedOnceWhateverIsLeftForTheLastUpdate(
      int worldSize, int accumulation, int batchSize) {
    int samplesPerUpdate = worldSize * accumulation * batchSize;
    for (int size = 1; size <= 3 * samplesPerUpdate + 1; size++) {
      int[] lengths = lengths(size);
      for (int firstSample : new int[] {0, 1, samplesPerUpdate - 1, samplesPerUpdate}) {
        if (firstSample > size) {
          continue;
        }
        List<List<List<Long>>> ranks = new ArrayList<>();
        for (int rank = 0; rank < worldSize; rank++) {
          DataLoader loader =
              loader(
                  lengths,
                  options(lengths, samplesPerUpdate, batchSize)
                      .order((n, epoch) -> SampleOrder.shuffled(n, 3, epoch))
                      .world(rank, worldSize));
          ranks.add(samples(loader, 1, firstSample));
          if (firstSample == 0) {
            assertThat(loader.batchesPerEpoch()).hasValue(ranks.get(rank).size());
          }
        }
        int rounds = ranks.get(0).size();
        assertThat(ranks).allSatisfy(rank -> assertThat(rank).hasSize(rounds));
        SampleOrder order = SampleOrder.shuffled(size, 3, 1);
        assertThat(ranks.stream().flatMap(List::stream).flatMap(List::stream))
            .containsExactlyInAnyOrderElementsOf(
                LongStream.range(firstSample, size).map(order::indexAt).boxed().toList());
        assertFullUpdates(ranks, order, firstSample, samplesPerUpdate, accumulation);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 3, 0", "2, 2, 0", "3, 2, 5"})
  void batchesStandBehindEachOtherRankByRankInEveryRound(
      int worldSize, int accumulation, int firstSample) {
    int samplesPerUpdate = 4 * worldSize * accumulation;
    int[] lengths = lengths(3 * samplesPerUpdate + 1 + firstSample);
    try (NDManager manager = NDManager.newBaseManager("PyTorch")) {
      List<BatchIterator> ranks = new ArrayList<>();
      for (int rank = 0; rank < worldSize; rank++) {
        DataLoaderOptions.Builder options = options(lengths, samplesPerUpdate, 4);
        ranks.add(loader(lengths, options.world(rank, worldSize)).iterate(manager, 0, firstSample));
      }
      int position = firstSample;
      while (ranks.get(0).hasNext()) {
        int end = position;
        for (BatchIterator rank : ranks) {
          try (Batch batch = rank.next()) {
            if (!batch.isEmpty()) {
              assertThat(NumberedCollator.position(batch)).isEqualTo(end);
            }
            end += batch.sampleCount();
            position += rank == ranks.get(worldSize - 1) ? batch.roundSampleCount() : 0;
          }
        }
        assertThat(position).isEqualTo(end);
      }
      assertThat(position).isEqualTo(lengths.length);
      ranks.forEach(BatchIterator::close);
    }
  }

  /** An update has the samples that it would have without the plan, in micro batches none of which is empty. */
  private static void assertFullUpdates(
      List<List<List<Long>>> ranks,
      SampleOrder order,
      int firstSample,
      int samplesPerUpdate,
      int accumulation) {
    for (int update = 0; firstSample + (update + 1) * samplesPerUpdate <= order.size(); update++) {
      List<List<Long>> batches = new ArrayList<>();
      for (List<List<Long>> rank : ranks) {
        batches.addAll(rank.subList(update * accumulation, (update + 1) * accumulation));
      }
      assertThat(batches).noneMatch(List::isEmpty);
      long start = firstSample + (long) update * samplesPerUpdate;
      assertThat(batches.stream().flatMap(List::stream))
          .containsExactlyInAnyOrderElementsOf(
              LongStream.range(start, start + samplesPerUpdate)
                  .map(order::indexAt)
                  .boxed()
                  .toList());
    }
  }

  @Test
  void costsOfTheRanksComeCloserThanInBatchesOfOneSize() {
    int[] lengths = lengths(4096);
    double balanced = 0;
    double equal = 0;
    for (boolean rebalance : new boolean[] {true, false}) {
      List<List<List<Long>>> ranks = new ArrayList<>();
      for (int rank = 0; rank < 4; rank++) {
        DataLoaderOptions.Builder options = options(lengths, 64, 8).world(rank, 4);
        ranks.add(samples(loader(lengths, rebalance ? options : options.rebalance(null)), 0, 0));
      }
      double wait = 0;
      for (int round = 0; round < ranks.get(0).size(); round++) {
        int at = round;
        double[] costs =
            ranks.stream().mapToDouble(rank -> cost(lengths, rank.get(at))).sorted().toArray();
        wait += costs[3] - costs[0];
      }
      if (rebalance) {
        balanced = wait;
      } else {
        equal = wait;
      }
    }
    assertThat(balanced).isLessThan(equal / 4);
  }

  private static double cost(int[] lengths, List<Long> batch) {
    double longest = batch.stream().mapToInt(i -> lengths[(int) (long) i]).max().orElse(0);
    return batch.size() * longest * (1 + 0.001 * longest);
  }

  @Test
  void theLastUpdateIsDroppedWhereItIsNotFull() {
    int[] lengths = lengths(21);
    DataLoader loader = loader(lengths, options(lengths, 8, 2).dropLast(true));
    assertThat(loader.batchesPerEpoch()).hasValue(8);
    assertThat(samples(loader, 0, 0)).hasSize(8);
    assertThat(samples(loader, 0, 0).stream().mapToInt(List::size).sum()).isEqualTo(16);
  }

  @Test
  void smallerMicroBatchesKeepTheSamplesOfAnUpdate() {
    int[] lengths = lengths(40);
    DataLoader loader = loader(lengths, options(lengths, 8, 4));
    List<List<Long>> planned = samples(loader, 0, 0);
    List<List<Long>> halved = samples(loader.withBatchSize(2), 0, 0);
    assertThat(halved).hasSize(2 * planned.size());
    for (int update = 0; update < 5; update++) {
      assertThat(halved.subList(4 * update, 4 * update + 4).stream().flatMap(List::stream))
          .containsExactlyInAnyOrderElementsOf(
              planned.subList(2 * update, 2 * update + 2).stream().flatMap(List::stream).toList());
    }
  }

  @Test
  void whatCannotBePlannedIsRefused() {
    int[] lengths = lengths(4);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> options(lengths, 8, 4).world(0, 3).build())
        .withMessageContainingAll("batchSize is 4", "worldSize is 3", "8 samples");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> BatchRebalance.of(data(lengths), "length", 0))
        .withMessageContaining("samplesPerUpdate is 0");
    IterableDataset<Map<String, Integer>> stream = epoch -> List.of(Map.of("length", 1)).iterator();
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> DataLoader.of(stream, new NumberedCollator(), options(lengths, 8, 4).build()))
        .withMessageContainingAll("rebalance", "stream");
    Dataset<Map<String, Integer>> unknown = Datasets.of(List.of(Map.of("number", 1)));
    DataLoaderOptions.Builder options =
        DataLoaderOptions.builder().batchSize(1).rebalance(BatchRebalance.of(unknown, "length", 1));
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> samples(DataLoader.of(unknown, new NumberedCollator(), options.build()), 0, 0))
        .withMessageContaining("trainSamplingStrategy batch_rebalance: sample 0 has neither");
  }

  /** Many short ones and few long ones, as in texts. */
  private static int[] lengths(int size) {
    Random random = new Random(11);
    return IntStream.range(0, size)
        .map(i -> (int) Math.min(2000, Math.exp(4 + random.nextGaussian())))
        .toArray();
  }

  private static Dataset<Map<String, Integer>> data(int[] lengths) {
    return Datasets.of(
        IntStream.range(0, lengths.length)
            .mapToObj(i -> Map.of("number", i, "length", lengths[i]))
            .toList());
  }

  private static DataLoaderOptions.Builder options(
      int[] lengths, int samplesPerUpdate, int batchSize) {
    return DataLoaderOptions.builder()
        .batchSize(batchSize)
        .rebalance(BatchRebalance.of(data(lengths), "length", samplesPerUpdate));
  }

  private static DataLoader loader(int[] lengths, DataLoaderOptions.Builder options) {
    return DataLoader.of(data(lengths), new NumberedCollator(), options.build());
  }

  private static List<List<Long>> samples(DataLoader loader, long epoch, long firstSample) {
    List<List<Long>> batches = new ArrayList<>();
    try (NDManager manager = NDManager.newBaseManager("PyTorch");
        BatchIterator iterator = loader.iterate(manager, epoch, firstSample)) {
      while (iterator.hasNext()) {
        try (Batch batch = iterator.next()) {
          batches.add(NumberedCollator.numbers(batch));
        }
      }
    }
    return batches;
  }
}
