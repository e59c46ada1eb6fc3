// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDManager;
import dev.trainer4j.torch.ArrayScope;
import dev.trainer4j.transformers.architecture.Weights;
import dev.trainer4j.transformers.peft.LoraConfig;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Views upon views of weights: none forgets what those below it say. */
class WeightsTest {

  private static final String QUANTIZED = "model.layers.0.self_attn.q_proj.weight";
  private static final String TABLE = "model.embed_tokens.weight";
  private static final String HEAD = "lm_head.weight";

  @Test
  void whatQuantizedWeightsStandForIsSeenThroughAdaptersNoiseAndOwners() throws IOException {
    LoadOptions options =
        ParityModels.cpu().withQuantization(QuantizationConfig.builder().loadIn4bit(true).build());
    try (PretrainedModel base = AutoModels.load(ParityModels.folder("llama"), options);
        PeftModel model =
            PeftModel.of(
                base,
                LoraConfig.builder()
                    .r(2)
                    .targetModules("q_proj")
                    .modulesToSave("lm_head")
                    .build());
        NDManager owner = base.manager().newSubManager();
        ArrayScope scope = ArrayScope.open()) {
      Weights plain = base.weights();
      PretrainedModel noisy = (PretrainedModel) model.withEmbeddingNoise(5);
      for (Weights weights :
          List.of(
              noisy.weights(),
              noisy.weights().ownedBy(owner),
              noisy.weights().ownedBy(owner).withNoise(Set.of(HEAD), 1))) {
        assertThat(weights.values(QUANTIZED, owner).toFloatArray())
            .isEqualTo(plain.values(QUANTIZED, owner).toFloatArray());
        assertThat(weights.partsOf(QUANTIZED)).isEqualTo(plain.partsOf(QUANTIZED)).isNotEmpty();
        assertThat(weights.quantizedCompute()).isEqualTo(plain.quantizedCompute());
        assertThat(weights.adaptersOf(QUANTIZED)).hasSize(1);
        assertThat(weights.parametersOf(HEAD)).hasSize(1);
        assertThat(weights.noiseOf(TABLE)).isEqualTo(5);
      }
    }
  }
}
