// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.encoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDList;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.model.Segment;
import dev.trainer4j.torch.ArrayScope;
import dev.trainer4j.torch.Seeds;
import dev.trainer4j.transformers.AutoModels;
import dev.trainer4j.transformers.ParityModels;
import dev.trainer4j.transformers.PretrainedConfig;
import dev.trainer4j.transformers.PretrainedModel;
import dev.trainer4j.transformers.Task;
import java.io.IOException;
import org.junit.jupiter.api.Test;

/** Dropout as the encoders' own kernel makes it. */
class DropoutTest {

  private static PretrainedModel model(double hidden, double attention) throws IOException {
    return AutoModels.fromConfig(
        PretrainedConfig.read(ParityModels.folder("bert-classify"))
            .with("hidden_dropout_prob", hidden)
            .with("attention_probs_dropout_prob", attention)
            .with("classifier_dropout", 0.0),
        Task.SEQUENCE_CLASSIFICATION,
        ParityModels.cpu());
  }

  private static float[] run(PretrainedModel model, int segments, boolean training)
      throws IOException {
    try (ArrayScope scope = ArrayScope.open()) {
      ModelInputs inputs = ParityModels.inputs("bert-classify", model.manager());
      var pass = model.begin(inputs, training);
      NDList hidden = new NDList();
      for (Segment segment : model.segments().subList(0, segments)) {
        hidden = segment.forward(hidden, pass);
      }
      return hidden.get(0).toFloatArray();
    }
  }

  @Test
  void aShareOfTheRateIsZeroAndTheRestIsScaledUp() throws IOException {
    try (PretrainedModel model = model(0.25, 0)) {
      float[] whole = run(model, 1, false);
      float[] dropped =
          Seeds.with(
              7,
              () -> {
                try {
                  return run(model, 1, true);
                } catch (IOException e) {
                  throw new java.io.UncheckedIOException(e);
                }
              });
      int zeros = 0;
      for (int i = 0; i < whole.length; i++) {
        if (dropped[i] == 0) {
          zeros++;
        } else {
          assertThat((double) dropped[i]).isCloseTo(whole[i] / 0.75, within(1e-5));
        }
      }
      // 4 x 17 x 32 elements: five standard deviations are 0.047.
      assertThat(zeros / (double) whole.length).isCloseTo(0.25, within(0.047));
    }
  }

  /** A rate below the resolution of the mask drops nothing, but takes the way of one that drops. */
  @Test
  void attentionThatDropsIsTheAttentionThatDoesNotButForWhatIsDropped() throws IOException {
    try (PretrainedModel model = model(0, 1e-5)) {
      float[] evaluated = run(model, 3, false);
      float[] trained = run(model, 3, true);
      for (int i = 0; i < evaluated.length; i++) {
        assertThat((double) trained[i]).isCloseTo(evaluated[i], within(1e-5));
      }
    }
  }
}
