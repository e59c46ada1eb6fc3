// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.trainer4j.testing.InMemoryWorld;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every rank of a world reads its part; the parts of a round, rank by rank, are the epoch. */
@Timeout(300)
class WorldLoaderTest {

  /** What a batch showed; without samples, its position is below 0. */
  private record Seen(
      List<Long> numbers, long position, int roundSize, @Nullable Map<String, Object> state) {}

  @ParameterizedTest
  @CsvSource({"1, 3", "2, 1", "2, 3", "3, 2", "4, 5"})
  void theRanksTogetherReadTheEpochOnceInItsOrder(int worldSize, int batchSize) {
    for (int size = 1; size <= 2 * worldSize * batchSize + 1; size++) {
      for (int first = 0; first <= size; first++) {
        assertReadOnce(size, batchSize, worldSize, first, false);
        assertReadOnce(size, batchSize, worldSize, first, true);
      }
    }
  }

  private static void assertReadOnce(
      int size, int batchSize, int worldSize, int first, boolean dropLast) {
    assertRounds(
        indexed(size, batchSize, worldSize, dropLast, 0, first),
        expected(shuffled(size), first, batchSize, dropLast),
        first,
        batchSize);
    List<Long> inOrder = LongStream.range(0, size).boxed().toList();
    assertRounds(
        ranks(worldSize, rank -> stream(size, batchSize, dropLast, 0, rank, worldSize), first),
        expected(inOrder, first, batchSize, dropLast),
        first,
        batchSize);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void workersChangeNothing(int workers) {
    for (int size : new int[] {11, 12, 13, 24, 29}) {
      for (int first : new int[] {0, 5}) {
        assertThat(indexed(size, 2, 3, false, workers, first))
            .isEqualTo(indexed(size, 2, 3, false, 0, first));
        assertThat(ranks(3, r -> stream(size, 2, false, workers, r, 3), first))
            .isEqualTo(ranks(3, r -> stream(size, 2, false, 0, r, 3), first));
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"2, 3, 1, 4", "1, 2, 4, 3", "3, 1, 2, 2"})
  void anotherWorldGoesOnWhereOneStopped(int before, int batchBefore, int after, int batchAfter) {
    int size = 37;
    int rounds = 2;
    List<List<Seen>> begun = indexed(size, batchBefore, before, false, 0, 0);
    List<Long> used = new ArrayList<>();
    int position = 0;
    for (int round = 0; round < rounds; round++) {
      for (List<Seen> rank : begun) {
        used.addAll(rank.get(round).numbers);
      }
      position += begun.get(0).get(round).roundSize;
    }
    List<List<Seen>> rest = indexed(size, batchAfter, after, false, 2, position);
    for (int round = 0; round < rest.get(0).size(); round++) {
      for (List<Seen> rank : rest) {
        used.addAll(rank.get(round).numbers);
      }
    }
    assertThat(used).isEqualTo(shuffled(size));
  }

  @Test
  void aResumableStreamGoesOnInAnotherWorldFromTheStateOfAnyRank() {
    AtomicInteger reads = new AtomicInteger();
    Counting dataset = new Counting(23, reads);
    List<List<Seen>> begun =
        ranks(2, r -> DataLoader.of(dataset, new NumberedCollator(), options(3, r, 2, 1)), 0);
    Map<String, Object> state = begun.get(0).get(1).state;
    assertThat(state).isEqualTo(Map.of("next", 12)).isEqualTo(begun.get(1).get(1).state);

    reads.set(0);
    List<Long> rest = new ArrayList<>();
    for (int rank = 0; rank < 3; rank++) {
      DataLoader loader = DataLoader.of(dataset, new NumberedCollator(), options(2, rank, 3, 0));
      drain(loader, 12, state).forEach(seen -> rest.addAll(seen.numbers));
    }
    assertThat(rest).containsExactlyInAnyOrderElementsOf(LongStream.range(12, 23).boxed().toList());
    assertThat(reads).as("each rank reads on, nothing twice").hasValue(3 * 11);
  }

  /** The ranks run at the same time, agree on nothing but the last round, and tell what they read. */
  @ParameterizedTest
  @CsvSource({"2, 0", "3, 2"})
  void ranksThatRunTogetherUseEverySampleOnce(int worldSize, int workers) throws Exception {
    List<List<Long>> ranks =
        InMemoryWorld.call(
            worldSize,
            group -> {
              DataLoader loader = loader(47, 4, group.rank(), worldSize, false, workers);
              List<Long> read = new ArrayList<>();
              long position = 0;
              try (NDManager parent = NDManager.newBaseManager("PyTorch");
                  BatchIterator batches = loader.iterate(parent, 0, 0)) {
                while (batches.hasNext()) {
                  try (Batch batch = batches.next()) {
                    NDArray own =
                        batch
                            .inputs()
                            .find("number")
                            .orElseGet(() -> batch.manager().create(new long[0]));
                    for (NDArray numbers : group.allGatherRagged(own, batch.manager())) {
                      LongStream.of(numbers.toLongArray()).forEach(read::add);
                    }
                    position += batch.roundSampleCount();
                    assertThat(read).hasSize((int) position);
                  }
                }
                assertThat(parent.getManagedArrays()).isEmpty();
              }
              return read;
            });
    assertThat(ranks).hasSize(worldSize).allSatisfy(r -> assertThat(r).isEqualTo(shuffled(47)));
  }

  @Test
  void aRankWithoutSamplesHasEmptyBatchesAndTheSameRounds() {
    List<List<Seen>> ranks = indexed(7, 2, 3, false, 0, 0);
    assertThat(ranks).allSatisfy(rank -> assertThat(rank).hasSize(2));
    assertThat(ranks.get(0).get(1).numbers).hasSize(1);
    assertThat(ranks.get(1).get(1).numbers).isEmpty();
    assertThat(ranks.get(2).get(1).numbers).isEmpty();
    assertThat(ranks.get(2).get(1).roundSize).isEqualTo(1);
  }

  @Test
  void anEmptyBatchOwnsNoTensorsAndIsClosedLikeAnyOther() {
    try (NDManager parent = NDManager.newBaseManager("PyTorch");
        BatchIterator batches = loader(1, 2, 1, 2, false, 2).iterate(parent, 0, 0)) {
      Batch empty = batches.next();
      assertThat(empty.isEmpty()).isTrue();
      assertThat(empty.sampleCount()).isZero();
      assertThat(empty.roundSampleCount()).isEqualTo(1);
      assertThat(empty.inputs().names()).isEmpty();
      assertThat(empty.manager().isOpen()).isTrue();
      empty.close();
      assertThat(empty.manager().isOpen()).isFalse();
      assertThat(batches.hasNext()).isFalse();
    }
  }

  @Test
  void smallerBatchesAreSharedByTheSameRanks() {
    List<List<Seen>> ranks = ranks(2, rank -> loader(12, 4, rank, 2, false, 0).withBatchSize(2), 0);
    assertRounds(ranks, shuffled(12), 0, 2);
    List<List<Seen>> streamed =
        ranks(2, rank -> stream(12, 4, false, 0, rank, 2).withBatchSize(2), 0);
    assertRounds(streamed, LongStream.range(0, 12).boxed().toList(), 0, 2);
  }

  @Test
  void groupsOfSimilarLengthAreSharedAsTheyAreInOneProcess() {
    List<Map<String, Integer>> list =
        IntStream.range(0, 50).mapToObj(i -> Map.of("number", i, "length", i * 31 % 17)).toList();
    Dataset<Map<String, Integer>> data = Datasets.of(list);
    SampleOrder.Factory order = SampleOrder.lengthGrouped(data, "length", 12, 9);
    List<List<Seen>> ranks =
        ranks(
            2,
            rank ->
                DataLoader.of(
                    data,
                    new NumberedCollator(),
                    DataLoaderOptions.builder().batchSize(3).order(order).world(rank, 2).build()),
            0);
    SampleOrder alone = order.create(50, 0);
    assertRounds(ranks, LongStream.range(0, 50).map(alone::indexAt).boxed().toList(), 0, 3);
  }

  @Test
  void aLoaderTellsItsWorld() {
    assertThat(loader(5, 2, 1, 3, false, 0).worldSize()).isEqualTo(3);
    assertThat(loader(5, 2, 1, 3, false, 0).batchesPerEpoch()).hasValue(1);
    assertThat(loader(5, 2, 0, 1, false, 0).worldSize()).isEqualTo(1);
    assertThat(stream(5, 2, false, 0, 1, 3).worldSize()).isEqualTo(3);
  }

  @Test
  void aRankOutsideOfTheWorldIsRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> options(1, 2, 2, 0))
        .withMessageContainingAll("rank is 2", "0 to worldSize - 1", "1");
    assertThatIllegalArgumentException().isThrownBy(() -> options(1, -1, 2, 0));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> options(1, 0, 0, 0))
        .withMessageContaining("worldSize is 0");
  }

  /** Round by round and rank by rank, it is the list; every rank knows its place and the round's size. */
  private static void assertRounds(
      List<List<Seen>> ranks, List<Long> expected, int first, int batchSize) {
    int rounds = ranks.get(0).size();
    int position = 0;
    for (int round = 0; round < rounds; round++) {
      int start = position;
      for (List<Seen> rank : ranks) {
        assertThat(rank).hasSize(rounds);
        Seen seen = rank.get(round);
        int end = Math.min(expected.size(), position + batchSize);
        assertThat(seen.numbers).isEqualTo(expected.subList(position, end));
        assertThat(seen.position).isEqualTo(seen.numbers.isEmpty() ? -1 : first + position);
        position = end;
      }
      for (List<Seen> rank : ranks) {
        assertThat(rank.get(round).roundSize).isEqualTo(position - start).isPositive();
      }
    }
    assertThat(position).isEqualTo(expected.size());
  }

  /** What is left of an epoch behind {@code first} samples; dropped is a batch that is not full. */
  private static List<Long> expected(List<Long> epoch, int first, int batchSize, boolean dropLast) {
    int left = epoch.size() - first;
    return epoch.subList(first, dropLast ? first + left / batchSize * batchSize : epoch.size());
  }

  private static List<List<Seen>> indexed(
      int size, int batchSize, int worldSize, boolean dropLast, int workers, int first) {
    List<List<Seen>> ranks =
        ranks(worldSize, r -> loader(size, batchSize, r, worldSize, dropLast, workers), first);
    if (first == 0) {
      assertThat(loader(size, batchSize, 0, worldSize, dropLast, 0).batchesPerEpoch())
          .hasValue(ranks.get(0).size());
    }
    return ranks;
  }

  private static List<List<Seen>> ranks(int worldSize, IntFunction<DataLoader> loader, int first) {
    return IntStream.range(0, worldSize)
        .mapToObj(rank -> drain(loader.apply(rank), first, null))
        .toList();
  }

  private static List<Long> shuffled(int size) {
    SampleOrder order = SampleOrder.shuffled(size, 5, 0);
    return LongStream.range(0, size).map(order::indexAt).boxed().toList();
  }

  private static List<Map<String, Integer>> samples(int size) {
    return IntStream.range(0, size).mapToObj(i -> Map.of("number", i)).toList();
  }

  private static DataLoader loader(
      int size, int batchSize, int rank, int worldSize, boolean dropLast, int workers) {
    return DataLoader.of(
        Datasets.of(samples(size)),
        new NumberedCollator(),
        DataLoaderOptions.builder()
            .batchSize(batchSize)
            .dropLast(dropLast)
            .workers(workers)
            .order((n, epoch) -> SampleOrder.shuffled(n, 5, epoch))
            .world(rank, worldSize)
            .build());
  }

  private static DataLoader stream(
      int size, int batchSize, boolean dropLast, int workers, int rank, int worldSize) {
    IterableDataset<Map<String, Integer>> dataset = epoch -> samples(size).iterator();
    return DataLoader.of(
        dataset,
        new NumberedCollator(),
        DataLoaderOptions.builder()
            .batchSize(batchSize)
            .dropLast(dropLast)
            .workers(workers)
            .world(rank, worldSize)
            .build());
  }

  private static DataLoaderOptions options(int batchSize, int rank, int worldSize, int workers) {
    return DataLoaderOptions.builder()
        .batchSize(batchSize)
        .workers(workers)
        .world(rank, worldSize)
        .build();
  }

  private static List<Seen> drain(
      DataLoader loader, int first, @Nullable Map<String, Object> state) {
    List<Seen> seen = new ArrayList<>();
    try (NDManager parent = NDManager.newBaseManager("PyTorch");
        BatchIterator batches = loader.iterate(parent, 0, first, state)) {
      while (batches.hasNext()) {
        try (Batch batch = batches.next()) {
          seen.add(
              new Seen(
                  NumberedCollator.numbers(batch),
                  batch.isEmpty() ? -1 : NumberedCollator.position(batch),
                  batch.roundSampleCount(),
                  batch.streamState()));
        }
      }
      assertThat(parent.getManagedArrays()).isEmpty();
    }
    return seen;
  }

  /** Numbers that can be read from any of them on. */
  private record Counting(int size, AtomicInteger reads)
      implements ResumableDataset<Map<String, Integer>> {

    @Override
    public ResumableIterator<Map<String, Integer>> iterator(long epoch) {
      return from(0);
    }

    @Override
    public ResumableIterator<Map<String, Integer>> resume(long epoch, Map<String, Object> state) {
      return from(((Number) state.get("next")).intValue());
    }

    private ResumableIterator<Map<String, Integer>> from(int start) {
      Iterator<Integer> numbers = IntStream.range(start, size).iterator();
      Map<String, Object> state = new HashMap<>(Map.of("next", start));
      return new ResumableIterator<>() {
        @Override
        public Map<String, Object> state() {
          return Map.copyOf(state);
        }

        @Override
        public boolean hasNext() {
          return numbers.hasNext();
        }

        @Override
        public Map<String, Integer> next() {
          reads.incrementAndGet();
          int number = numbers.next();
          state.put("next", number + 1);
          return Map.of("number", number);
        }
      };
    }
  }
}
