// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.decoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.model.Segment;
import dev.trainer4j.torch.ArrayScope;
import dev.trainer4j.torch.Seeds;
import dev.trainer4j.transformers.AutoModels;
import dev.trainer4j.transformers.ParityModels;
import dev.trainer4j.transformers.PretrainedConfig;
import dev.trainer4j.transformers.PretrainedModel;
import dev.trainer4j.transformers.Task;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DecoderDropoutTest {

  private static PretrainedModel model(double embedding, double attention, double residual) {
    return AutoModels.fromConfig(
        PretrainedConfig.of(
            Map.of(
                "model_type", "gpt2",
                "vocab_size", 50,
                "n_embd", 64,
                "n_head", 4,
                "n_layer", 2,
                "n_positions", 64,
                "embd_pdrop", embedding,
                "attn_pdrop", attention,
                "resid_pdrop", residual)),
        Task.CAUSAL_LM,
        ParityModels.cpu());
  }

  private static ModelInputs inputs(PretrainedModel model) {
    NDArray ids = model.manager().arange(0, 512, 1, DataType.INT64).mod(50);
    return ModelInputs.of("input_ids", ids.reshape(new Shape(8, 64)));
  }

  private static float[] logits(PretrainedModel model, boolean training, long seed) {
    try (ArrayScope scope = ArrayScope.open()) {
      return Seeds.with(seed, () -> model.forward(inputs(model), training).logits().toFloatArray());
    }
  }

  @Test
  void embeddingsAreDroppedAtTheirRateAndTheRestScaledUp() {
    try (PretrainedModel model = model(0.25, 0, 0);
        ArrayScope scope = ArrayScope.open()) {
      Segment embed = model.segments().get(0);
      ModelInputs inputs = inputs(model);
      float[] whole = embed.forward(new NDList(), model.begin(inputs, false)).get(0).toFloatArray();
      float[] dropped =
          embed.forward(new NDList(), model.begin(inputs, true)).get(0).toFloatArray();
      int zeros = 0;
      for (int i = 0; i < whole.length; i++) {
        zeros += dropped[i] == 0 ? 1 : 0;
        if (dropped[i] != 0) {
          assertThat(dropped[i]).isCloseTo(whole[i] / 0.75f, within(1e-5f));
        }
      }
      // 32,768 draws: five standard deviations are 0.012.
      assertThat((double) zeros / whole.length).isCloseTo(0.25, within(0.012));
    }
  }

  @Test
  void attentionAndResidualDropoutAreAFunctionOfTheSeedAndOffInEvaluation() {
    for (double[] rates : new double[][] {{0.5, 0}, {0, 0.5}}) {
      try (PretrainedModel model = model(0, rates[0], rates[1])) {
        assertThat(logits(model, true, 1)).isEqualTo(logits(model, true, 1));
        assertThat(logits(model, true, 1)).isNotEqualTo(logits(model, true, 2));
        assertThat(logits(model, false, 1)).isEqualTo(logits(model, false, 2));
        assertThat(logits(model, true, 1)).isNotEqualTo(logits(model, false, 1));
      }
    }
  }

  @Test
  void theMeanOverManyDropoutsOfTheAttentionIsTheAttention() {
    try (PretrainedModel model = model(0, 0.3, 0);
        ArrayScope scope = ArrayScope.open()) {
      ModelInputs inputs = inputs(model);
      NDList hidden = model.segments().get(0).forward(new NDList(), model.begin(inputs, false));
      Segment layer = model.segments().get(1);
      NDArray expected = layer.forward(hidden, model.begin(inputs, false)).get(0);
      NDArray sum = expected.zerosLike();
      for (int i = 0; i < 200; i++) {
        sum = sum.add(layer.forward(hidden, model.begin(inputs, true)).get(0));
      }
      float noise =
          layer
              .forward(hidden, model.begin(inputs, true))
              .get(0)
              .sub(expected)
              .abs()
              .mean()
              .getFloat();
      float error = sum.div(200).sub(expected).abs().mean().getFloat();
      // The error of a mean of 200 is a fourteenth of that of one.
      assertThat(noise).isPositive();
      assertThat(error).isLessThan(noise / 7);
    }
  }
}
