// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Hugging Face's rule ({@code get_length_grouped_indices}) over this library's permutation. */
class LengthGroupedOrderTest {

  private static final long SEED = 5;

  private static Dataset<Map<String, Object>> samples(int size) {
    List<Map<String, Object>> list = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      list.add(Map.of("input_ids", new long[length(i)]));
    }
    return Datasets.of(list);
  }

  private static int length(long index) {
    return (int) (1 + index * 7919 % 211);
  }

  private static long[] order(int size, int batchSize, long epoch) {
    SampleOrder order =
        SampleOrder.lengthGrouped(samples(size), "length", batchSize, SEED).create(size, epoch);
    return LongStream.range(0, order.size()).map(order::indexAt).toArray();
  }

  /** The rule written down plainly, over the same random order. */
  private static long[] expected(int size, int groupSize, long epoch) {
    SampleOrder random = SampleOrder.shuffled(size, SEED, epoch);
    List<List<Long>> groups = new ArrayList<>();
    for (int start = 0; start < size; start += groupSize) {
      List<Long> group = new ArrayList<>();
      for (int i = start; i < Math.min(size, start + groupSize); i++) {
        group.add(random.indexAt(i));
      }
      group.sort((a, b) -> length(b) - length(a));
      groups.add(group);
    }
    int longest = 0;
    for (int i = 0; i < groups.size(); i++) {
      longest = length(groups.get(i).get(0)) > length(groups.get(longest).get(0)) ? i : longest;
    }
    long first = groups.get(0).set(0, groups.get(longest).get(0));
    if (longest != 0) {
      groups.get(longest).set(0, first);
    }
    return groups.stream().flatMap(List::stream).mapToLong(Long::longValue).toArray();
  }

  /** Groups are min(n / (4 batch), 50) batches, and one at least. */
  @ParameterizedTest
  @CsvSource({"1000, 4, 200", "1003, 4, 200", "100, 8, 24", "10, 8, 8", "1, 8, 8", "5000, 2, 100"})
  void followsTheRuleOfHuggingFace(int size, int batchSize, int groupSize) {
    for (long epoch = 0; epoch < 3; epoch++) {
      long[] order = order(size, batchSize, epoch);
      assertThat(order).isEqualTo(expected(size, groupSize, epoch));
      assertThat(Arrays.stream(order).sorted().toArray())
          .isEqualTo(LongStream.range(0, size).toArray());
      int longest = Arrays.stream(order).mapToInt(LengthGroupedOrderTest::length).max().orElse(0);
      assertThat(length(order[0])).isEqualTo(longest);
    }
  }

  @Test
  void isAFunctionOfThePositionWhateverWasAskedBefore() {
    long[] forward = order(1003, 4, 1);
    SampleOrder order = SampleOrder.lengthGrouped(samples(1003), "length", 4, SEED).create(1003, 1);
    for (int position = 1002; position >= 0; position -= 7) {
      assertThat(order.indexAt(position)).isEqualTo(forward[position]);
    }
    assertThat(order(1003, 4, 2)).isNotEqualTo(forward);
  }

  @Test
  void aFieldOfTheLengthsIsReadInsteadOfTheIds() {
    List<Map<String, Object>> list = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      list.add(Map.of("input_ids", new long[3], "words", i));
    }
    SampleOrder order = SampleOrder.lengthGrouped(Datasets.of(list), "words", 8, SEED).create(8, 0);
    assertThat(LongStream.range(0, 8).map(order::indexAt).toArray())
        .containsExactly(7, 6, 5, 4, 3, 2, 1, 0);
  }

  @Test
  void aSampleWithoutALengthIsNamed() {
    Dataset<Map<String, Object>> data = Datasets.of(List.of(Map.of("x", 1)));
    assertThatThrownBy(() -> SampleOrder.lengthGrouped(data, "length", 8, SEED).create(1, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("sample 0 has neither a number 'length' nor a list of 'input_ids'");
  }
}
