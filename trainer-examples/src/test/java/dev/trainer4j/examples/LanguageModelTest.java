// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.examples;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.training.ParameterStore;
import org.junit.jupiter.api.Test;

final class LanguageModelTest {
  @Test
  void givesOneLogitPerLanguageForEveryText() {
    try (NDManager manager = NDManager.newBaseManager()) {
      Block model = LanguageModel.create(56);
      model.initialize(manager, DataType.FLOAT32, new Shape(1, CharacterEncoder.LENGTH));
      NDArray ids =
          manager
              .create(new int[][] {CharacterEncoder.encode("Norge"), CharacterEncoder.encode("日本")})
              .toType(DataType.INT64, false);

      NDArray logits =
          model.forward(new ParameterStore(manager, false), new NDList(ids), false).head();

      assertThat(logits.getShape()).isEqualTo(new Shape(2, 56));
      assertThat(logits.toFloatArray()).doesNotContain(Float.NaN);
      assertThat(model.getOutputShapes(new Shape[] {ids.getShape()}))
          .containsExactly(logits.getShape());
    }
  }
}
