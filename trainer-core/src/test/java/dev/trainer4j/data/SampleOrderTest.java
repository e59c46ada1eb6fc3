// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SampleOrderTest {

  @Test
  void sequentialIsTheIdentity() {
    SampleOrder order = SampleOrder.sequential(5);
    assertThat(all(order)).containsExactly(0, 1, 2, 3, 4);
    assertThatThrownBy(() -> order.indexAt(5)).isInstanceOf(IndexOutOfBoundsException.class);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 7, 64, 255, 256, 257, 1000, 34001})
  void shuffledHoldsEverySampleOnce(int size) {
    long[] indices = all(SampleOrder.shuffled(size, 42, 3));
    Arrays.sort(indices);
    assertThat(indices).isEqualTo(LongStream.range(0, size).toArray());
  }

  @Test
  void shuffledIsAFunctionOfSeedAndEpoch() {
    long[] one = all(SampleOrder.shuffled(1000, 42, 0));
    assertThat(all(SampleOrder.shuffled(1000, 42, 0))).isEqualTo(one);
    assertThat(all(SampleOrder.shuffled(1000, 43, 0))).isNotEqualTo(one);
    assertThat(all(SampleOrder.shuffled(1000, 42, 1))).isNotEqualTo(one);
    assertThat(all(SampleOrder.shuffled(1000, 43, 0)))
        .isNotEqualTo(all(SampleOrder.shuffled(1000, 42, 1)));
  }

  /** Checkpoints rely on it: a change here would repeat samples in runs that are resumed. */
  @Test
  void shuffledNeverChangesBetweenReleases() {
    assertThat(all(SampleOrder.shuffled(10, 42, 0))).containsExactly(1, 8, 2, 4, 9, 6, 7, 3, 0, 5);
    assertThat(SampleOrder.shuffled(1L << 40, -7, 3).indexAt(12345)).isEqualTo(352592263830L);
  }

  @Test
  void everyOrderOfThreeIsEquallyLikely() {
    Map<List<Long>, Integer> counts = new HashMap<>();
    int draws = 6000;
    for (int seed = 0; seed < draws; seed++) {
      SampleOrder order = SampleOrder.shuffled(3, seed, 0);
      counts.merge(List.of(order.indexAt(0), order.indexAt(1), order.indexAt(2)), 1, Integer::sum);
    }
    assertThat(counts).hasSize(6);
    assertThat(chiSquare(counts.values(), draws / 6.0)).isLessThan(25.7); // 5 degrees, p = 1e-4
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 499, 999})
  void everySampleIsEquallyLikelyAtAPosition(int position) {
    int bins = 100;
    int draws = 20_000;
    Map<Long, Integer> bySeed = new HashMap<>();
    Map<Long, Integer> byEpoch = new HashMap<>();
    for (int i = 0; i < draws; i++) {
      bySeed.merge(SampleOrder.shuffled(1000, i, 0).indexAt(position) / 10, 1, Integer::sum);
      byEpoch.merge(SampleOrder.shuffled(1000, 7, i).indexAt(position) / 10, 1, Integer::sum);
    }
    double expected = (double) draws / bins;
    assertThat(chiSquare(bySeed.values(), expected)).isLessThan(160); // 99 degrees, p = 1e-4
    assertThat(chiSquare(byEpoch.values(), expected)).isLessThan(160);
  }

  @Test
  void samplesMoveAThirdOfTheWayAndNeighboursPart() {
    int size = 34001;
    long[] indices = all(SampleOrder.shuffled(size, 1, 1));
    double moved = 0;
    double apart = 0;
    for (int i = 1; i < size; i++) {
      moved += Math.abs(indices[i] - i);
      apart += Math.abs(indices[i] - indices[i - 1]);
    }
    assertThat(moved / size / size).isBetween(0.325, 0.342);
    assertThat(apart / size / size).isBetween(0.325, 0.342);
  }

  @ParameterizedTest
  @ValueSource(longs = {1L << 62, (1L << 62) - 1, (1L << 40) + 5, Long.MAX_VALUE})
  void shufflesAnySizeWithoutMemory(long size) {
    SampleOrder order = SampleOrder.shuffled(size, 9, 0);
    Random random = new Random(1);
    Set<Long> indices = new HashSet<>();
    double sum = 0;
    for (int i = 0; i < 10_000; i++) {
      long index = order.indexAt(Math.floorMod(random.nextLong(), size));
      assertThat(index).isBetween(0L, size - 1);
      indices.add(index);
      sum += (double) index / size;
    }
    assertThat(indices).hasSize(10_000);
    assertThat(sum / 10_000).isBetween(0.485, 0.515);
  }

  @Test
  void rejectsNegativeSizesAndPositionsOutside() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SampleOrder.shuffled(-1, 0, 0))
        .withMessageContaining("size is -1");
    assertThatThrownBy(() -> SampleOrder.shuffled(3, 0, 0).indexAt(3))
        .isInstanceOf(IndexOutOfBoundsException.class);
  }

  private static long[] all(SampleOrder order) {
    return LongStream.range(0, order.size()).map(order::indexAt).toArray();
  }

  private static double chiSquare(Iterable<Integer> counts, double expected) {
    double sum = 0;
    for (int count : counts) {
      sum += (count - expected) * (count - expected) / expected;
    }
    return sum;
  }
}
