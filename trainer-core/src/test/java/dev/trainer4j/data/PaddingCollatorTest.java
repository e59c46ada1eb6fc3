// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PaddingCollatorTest {

  private static final List<Map<String, ?>> SAMPLES =
      List.of(sample(new int[] {1, 2, 3}, List.of(1, 2, 3)), sample(new int[] {4}, List.of(-100)));

  private final NDManager manager = NDManager.newBaseManager("PyTorch");

  @AfterEach
  void closeManager() {
    manager.close();
  }

  @Test
  void padsToTheLongestWithZeroAndLabelsWithTheIgnoredIndex() {
    ModelInputs inputs = PaddingCollator.builder().build().collate(SAMPLES, manager);
    assertThat(inputs.names()).containsExactly("input_ids", "labels", "weight");
    assertLongs(inputs, "input_ids", 1, 2, 3, 4, 0, 0);
    assertLongs(inputs, "labels", 1, 2, 3, -100, -100, -100);
    assertThat(inputs.get("labels").getShape()).isEqualTo(new Shape(2, 3));
    assertThat(inputs.get("weight").getDataType()).isEqualTo(DataType.FLOAT32);
    assertThat(inputs.get("weight").getShape()).isEqualTo(new Shape(2));
  }

  @Test
  void padsOnTheLeftToAMultipleWithAMask() {
    PaddingCollator collator =
        PaddingCollator.builder()
            .side(PaddingCollator.Side.LEFT)
            .padToMultipleOf(4)
            .paddingValue("input_ids", 9)
            .attentionMask("attention_mask", "input_ids")
            .build();
    ModelInputs inputs = collator.collate(SAMPLES, manager);
    assertThat(inputs.names()).containsExactly("input_ids", "attention_mask", "labels", "weight");
    assertLongs(inputs, "input_ids", 9, 1, 2, 3, 9, 9, 9, 4);
    assertLongs(inputs, "attention_mask", 0, 1, 1, 1, 0, 0, 0, 1);
  }

  @Test
  void padsOnlyTheNamedFields() {
    PaddingCollator collator =
        PaddingCollator.builder().sequenceFields("ids").padToMultipleOf(4).build();
    ModelInputs inputs =
        collator.collate(List.of(Map.of("ids", new long[3], "features", new float[3])), manager);
    assertThat(inputs.get("ids").getShape()).isEqualTo(new Shape(1, 4));
    assertThat(inputs.get("features").getShape()).isEqualTo(new Shape(1, 3));
  }

  @Test
  void rejectsSettingsThatDoNotFitTheSamples() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> PaddingCollator.builder().padToMultipleOf(0).build())
        .withMessageContaining("padToMultipleOf is 0");
    assertRejected(
        PaddingCollator.builder().attentionMask("mask", "tokens"), "'tokens'", "is not there");
    assertRejected(
        PaddingCollator.builder().sequenceFields("weight"), "'weight'", "something else");
    assertRejected(
        PaddingCollator.builder().attentionMask("weight", "input_ids"), "'weight' already");
    assertRejected(
        PaddingCollator.builder().paddingValue("input_ids", 0.5), "'input_ids'", "0.5", "int64");
  }

  private void assertRejected(PaddingCollator.Builder builder, CharSequence... messageParts) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.build().collate(SAMPLES, manager))
        .withMessageContainingAll(messageParts);
  }

  private static Map<String, ?> sample(int[] ids, List<Integer> labels) {
    Map<String, Object> sample = new LinkedHashMap<>();
    sample.put("input_ids", ids);
    sample.put("label", labels);
    sample.put("weight", 0.5);
    return sample;
  }

  private static void assertLongs(ModelInputs inputs, String name, long... expected) {
    assertThat(inputs.get(name).toLongArray()).containsExactly(expected);
  }
}
