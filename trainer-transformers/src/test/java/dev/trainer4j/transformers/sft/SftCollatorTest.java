// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.sft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Batches; the figures are those in the documentation of TRL's collator, and what it gives for the same rows. */
class SftCollatorTest {

  private static final List<Map<String, ?>> ROWS =
      List.of(
          Map.of("input_ids", new int[] {1, 2, 3}, "labels", new int[] {-100, 2, 3}),
          Map.of("input_ids", new int[] {4, 5}, "labels", new int[] {-100, 5}));

  private static final List<Map<String, ?>> PACKED =
      List.of(
          Map.of(
              "input_ids", new int[] {1, 2, 3, 4, 5},
              "labels", new int[] {1, 2, 3, 4, 5},
              "seq_lengths", new int[] {3, 2}),
          Map.of("input_ids", List.of(6, 7), "labels", List.of(6, 7), "seq_lengths", List.of(2)));

  private static String collate(SftArguments.Builder args, List<Map<String, ?>> rows) {
    try (PretrainedTokenizer tokenizer = SftFigures.tokenizer();
        NDManager manager = NDManager.newBaseManager()) {
      ModelInputs inputs = new SftCollator(tokenizer, args.build(), false).collate(rows, manager);
      StringBuilder text = new StringBuilder();
      for (String name : inputs.names()) {
        Shape shape = inputs.get(name).getShape();
        text.append(name).append(shape).append(' ');
        text.append(Arrays.toString(inputs.get(name).toType(DataType.INT64, false).toLongArray()));
        text.append('\n');
      }
      return text.toString();
    }
  }

  @Test
  void rowsArePaddedAtTheRight() {
    assertThat(collate(SftArguments.builder(), ROWS))
        .contains("input_ids(2, 3) [1, 2, 3, 4, 5, 0]\n")
        .contains("attention_mask(2, 3) [1, 1, 1, 1, 1, 0]\n")
        .contains("labels(2, 3) [-100, 2, 3, -100, 5, -100]\n")
        .doesNotContain("position_ids");
  }

  @Test
  void rowsArePaddedToAMultiple() {
    assertThat(collate(SftArguments.builder().padToMultipleOf(4), ROWS))
        .contains("input_ids(2, 4) [1, 2, 3, 0, 4, 5, 0, 0]\n")
        .contains("attention_mask(2, 4) [1, 1, 1, 0, 1, 1, 0, 0]\n")
        .contains("labels(2, 4) [-100, 2, 3, -100, -100, 5, -100, -100]\n");
  }

  @Test
  void withoutLabelsAllTokensAreTrained() {
    assertThat(collate(SftArguments.builder(), List.of(Map.of("input_ids", List.of(7, 8)))))
        .contains("labels(1, 2) [7, 8]\n");
  }

  @Test
  void withoutPaddingPositionsBeginAnew() {
    String batch = collate(SftArguments.builder().paddingFree(true), ROWS);
    assertThat(batch)
        .contains("input_ids(1, 5) [1, 2, 3, 4, 5]\n")
        .contains("labels(1, 5) [-100, 2, 3, -100, 5]\n")
        .contains("position_ids(1, 5) [0, 1, 2, 0, 1]\n")
        .doesNotContain("attention_mask");
  }

  @Test
  void packedDocumentsAreApartAndTheirFirstTokensNotTrained() {
    assertThat(collate(SftArguments.builder().packing(true).padToMultipleOf(4), PACKED))
        .contains("input_ids(1, 8) [1, 2, 3, 4, 5, 6, 7, 0]\n")
        .contains("labels(1, 8) [-100, 2, 3, -100, 5, -100, 7, -100]\n")
        .contains("position_ids(1, 8) [0, 1, 2, 0, 1, 0, 1, 0]\n")
        .doesNotContain("attention_mask");
  }

  @Test
  void packedEvaluationDataAloneIsApartToo() {
    assertThat(collate(SftArguments.builder().evalPacking(true), PACKED))
        .contains("position_ids(1, 7) [0, 1, 2, 0, 1, 0, 1]\n");
  }

  @Test
  void wrappedBlocksAreReadAsOneTextUnlessTheyArePaddingFree() {
    SftArguments.Builder wrapped =
        SftArguments.builder().packing(true).packingStrategy(PackingStrategy.WRAPPED);
    assertThat(collate(wrapped, PACKED))
        .contains("input_ids(2, 5) [1, 2, 3, 4, 5, 6, 7, 0, 0, 0]\n")
        .contains("attention_mask(2, 5) [1, 1, 1, 1, 1, 1, 1, 0, 0, 0]\n")
        .doesNotContain("position_ids");
    assertThat(collate(wrapped.paddingFree(true), PACKED))
        .contains("position_ids(1, 7) [0, 1, 2, 0, 1, 0, 1]\n");
  }

  @Test
  void rowsThatDoNotFitAreRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> collate(SftArguments.builder(), List.of(Map.of("text", "x"))))
        .withMessageContaining("sample 0 of the batch: 'input_ids' is not there");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                collate(
                    SftArguments.builder().packing(true),
                    List.of(Map.of("input_ids", List.of(1, 2, 3), "seq_lengths", List.of(1, 1)))))
        .withMessageContaining("'seq_lengths' is [1, 1]")
        .withMessageContaining("3");
  }
}
