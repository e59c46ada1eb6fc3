// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.sft;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.trainer4j.data.Dataset;
import dev.trainer4j.data.Datasets;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PackingTest {

  /** Rows whose tokens tell where they were, for more than one batch of the packing. */
  private static PackedDataset pack(int[] lengths, PackingStrategy strategy, int block) {
    List<Map<String, Object>> rows = new ArrayList<>();
    for (int i = 0; i < lengths.length; i++) {
      int row = i * 100;
      int[] ids = IntStream.range(0, lengths[i]).map(j -> row + j).toArray();
      // All but the first token are trained.
      int[] labels = Arrays.stream(ids).map(id -> id % 100 == 0 ? -100 : id).toArray();
      rows.add(new TokenRow(ids, labels, true).toSample());
    }
    return new PackedDataset(Datasets.of(rows), lengths, Packing.of(strategy, block));
  }

  private static int[] lengths(Random random, int count) {
    return random.ints(count, 0, 90).toArray();
  }

  @ParameterizedTest
  @EnumSource
  void blocksAndTheirOrderAreThoseOfTrl(PackingStrategy strategy) throws IOException {
    JsonNode figures = SftFigures.read("packing.json");
    JsonNode expected =
        figures.get("blocks").get(strategy.name().toLowerCase(java.util.Locale.ROOT));
    int[] lengths = new int[figures.get("lengths").size()];
    Arrays.setAll(lengths, i -> figures.get("lengths").get(i).asInt());
    Dataset<Map<String, Object>> blocks = pack(lengths, strategy, figures.get("block").asInt());

    assertThat(blocks.size()).isEqualTo(expected.size());
    for (int i = 0; i < expected.size(); i++) {
      List<Integer> ids = new ArrayList<>();
      List<Integer> pieces = new ArrayList<>();
      for (JsonNode piece : expected.get(i)) {
        pieces.add(piece.get(2).asInt());
        for (int j = 0; j < piece.get(2).asInt(); j++) {
          ids.add(piece.get(0).asInt() * 100 + piece.get(1).asInt() + j);
        }
      }
      assertThat(TokenRow.ids(blocks.get(i)))
          .as("block %d", i)
          .containsExactly(ids.stream().mapToInt(id -> id).toArray());
      assertThat((int[]) blocks.get(i).get("seq_lengths"))
          .containsExactly(pieces.stream().mapToInt(length -> length).toArray());
    }
  }

  @ParameterizedTest
  @EnumSource
  void aBlockIsNeverTooLongAndEachTokenKeepsItsLabel(PackingStrategy strategy) {
    Random random = new Random(3);
    for (int block : new int[] {1, 7, 32, 500}) {
      int[] lengths = lengths(random, 1500);
      Dataset<Map<String, Object>> blocks = pack(lengths, strategy, block);
      List<Integer> seen = new ArrayList<>();
      for (long i = 0; i < blocks.size(); i++) {
        int[] ids = TokenRow.ids(blocks.get(i));
        int[] labels = TokenRow.labels(blocks.get(i));
        assertThat(ids).hasSizeBetween(1, block).hasSameSizeAs(labels);
        assertThat(Arrays.stream((int[]) blocks.get(i).get("seq_lengths")).sum())
            .isEqualTo(ids.length);
        for (int j = 0; j < ids.length; j++) {
          assertThat(labels[j]).isEqualTo(ids[j] % 100 == 0 ? -100 : ids[j]);
          seen.add(ids[j]);
        }
      }
      // Only bfd loses tokens: those of a row beyond the block.
      int most = strategy == PackingStrategy.BFD ? block : Integer.MAX_VALUE;
      List<Integer> expected = new ArrayList<>();
      for (int i = 0; i < lengths.length; i++) {
        int row = i * 100;
        IntStream.range(0, Math.min(most, lengths[i])).forEach(j -> expected.add(row + j));
      }
      assertThat(seen.stream().sorted().toList()).isEqualTo(expected);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"BFD", "BFD_SPLIT"})
  void bestFitWastesLittle(PackingStrategy strategy) {
    int[] lengths = lengths(new Random(4), 1000);
    long tokens = Arrays.stream(lengths).asLongStream().sum();
    // Best fit, longest first, needs at most 11/9 of the best number of blocks, and 6/9 more (Dosa
    // 2007, for first fit).
    long best = (tokens + 127) / 128;
    assertThat(pack(lengths, strategy, 128).size()).isBetween(best, best * 11 / 9 + 1);
  }

  @Test
  void wrappedBlocksAreFullButTheLastOfABatch() {
    int[] lengths = lengths(new Random(5), 2300);
    Dataset<Map<String, Object>> blocks = pack(lengths, PackingStrategy.WRAPPED, 50);
    long shorter =
        LongStream.range(0, blocks.size())
            .filter(i -> TokenRow.ids(blocks.get(i)).length < 50)
            .count();
    assertThat(shorter).isLessThanOrEqualTo(3);
  }
}
