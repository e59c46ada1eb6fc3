// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.decoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.model.LossOutput;
import dev.trainer4j.torch.ArrayScope;
import dev.trainer4j.transformers.AutoModels;
import dev.trainer4j.transformers.ParityModels;
import dev.trainer4j.transformers.PretrainedConfig;
import dev.trainer4j.transformers.PretrainedException;
import dev.trainer4j.transformers.PretrainedModel;
import dev.trainer4j.transformers.Task;
import java.util.HashMap;
import java.util.Map;
import java.util.function.DoubleBinaryOperator;
import org.junit.jupiter.api.Test;

/** Texts judged by a decoder: at which token, and by which loss. */
class DecoderClassificationTest {

  private static final long[] IDS = {11, 12, 13, 14, 15, 16};

  private static PretrainedModel model(Map<String, Object> more) {
    Map<String, Object> config =
        new HashMap<>(
            Map.of(
                "model_type", "llama",
                "vocab_size", 50,
                "hidden_size", 32,
                "intermediate_size", 64,
                "num_hidden_layers", 2,
                "num_attention_heads", 4,
                "initializer_range", 0.5,
                "num_labels", 3));
    config.putAll(more);
    return AutoModels.fromConfig(
        PretrainedConfig.of(config), Task.SEQUENCE_CLASSIFICATION, ParityModels.cpu());
  }

  private static ModelInputs ids(NDManager manager) {
    return ModelInputs.of("input_ids", manager.create(IDS, new Shape(2, 3)));
  }

  /** Compares the sum over all logits and targets with a formula. */
  private static void assertLoss(
      String problem, NDArray labels, double[] targets, DoubleBinaryOperator formula) {
    try (PretrainedModel model =
            model(
                problem.isEmpty()
                    ? Map.of("pad_token_id", 0)
                    : Map.of("pad_token_id", 0, "problem_type", problem));
        ArrayScope scope = ArrayScope.open()) {
      float[] logits = model.forward(ids(model.manager()), false).logits().toFloatArray();
      LossOutput loss = model.forward(ids(model.manager()).with("labels", labels), false).loss();
      double expected = 0;
      for (int i = 0; i < targets.length; i++) {
        expected += formula.applyAsDouble(logits[i], targets[i]);
      }
      assertThat(loss.weight()).isEqualTo(6);
      assertThat((double) loss.value().getFloat())
          .isCloseTo(expected, within(1e-4 * Math.abs(expected)));
    }
  }

  private static double binary(double x, double y) {
    return Math.max(x, 0) - x * y + Math.log1p(Math.exp(-Math.abs(x)));
  }

  @Test
  void regressionOfSeveralValuesIsTheSquaredErrorOfEach() {
    float[] values = {0.5f, -1, 2, 0, 3, -0.25f};
    try (NDManager manager = NDManager.newBaseManager("PyTorch")) {
      assertLoss(
          "regression",
          manager.create(values, new Shape(2, 3)),
          new double[] {0.5, -1, 2, 0, 3, -0.25},
          (x, y) -> (x - y) * (x - y));
    }
  }

  @Test
  void labelsOfSeveralAtOnceAreJudgedOneByOne() {
    double[] targets = {1, 0, 1, 0, 0, 1};
    try (NDManager manager = NDManager.newBaseManager("PyTorch")) {
      assertLoss(
          "multi_label_classification",
          manager.create(new long[] {1, 0, 1, 0, 0, 1}, new Shape(2, 3)),
          targets,
          DecoderClassificationTest::binary);
      assertLoss(
          "",
          manager.create(new float[] {1, 0, 1, 0, 0, 1}, new Shape(2, 3)),
          targets,
          DecoderClassificationTest::binary);
    }
  }

  @Test
  void anUnknownProblemIsRefused() {
    assertThatThrownBy(() -> model(Map.of("problem_type", "ranking")))
        .isInstanceOf(PretrainedException.class)
        .hasMessageContaining("problem_type");
  }

  @Test
  void withoutPaddingTokenTheMaskTellsWhereTextsEnd() {
    try (PretrainedModel model = model(Map.of());
        ArrayScope scope = ArrayScope.open()) {
      NDManager manager = model.manager();
      ModelInputs both = ids(manager);
      NDArray mask = manager.create(new long[] {1, 1, 0, 1, 1, 1}, new Shape(2, 3));
      float[] logits =
          model.forward(both.with("attention_mask", mask), false).logits().toFloatArray();
      NDArray first = manager.create(new long[] {11, 12}, new Shape(1, 2));
      NDArray second = manager.create(new long[] {14, 15, 16}, new Shape(1, 3));
      float[] alone =
          model.forward(ModelInputs.of("input_ids", first), false).logits().toFloatArray();
      float[] other =
          model.forward(ModelInputs.of("input_ids", second), false).logits().toFloatArray();
      for (int i = 0; i < 3; i++) {
        assertThat(logits[i]).isCloseTo(alone[i], within(1e-4f));
        assertThat(logits[3 + i]).isCloseTo(other[i], within(1e-4f));
      }
      assertThatThrownBy(() -> model.forward(both, false))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("config.json has no pad_token_id")
          .hasMessageContaining("attention_mask");
    }
  }
}
