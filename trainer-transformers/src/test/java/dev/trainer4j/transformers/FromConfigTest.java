// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Random weights by the rules of transformers' {@code _init_weights}. */
class FromConfigTest {

  private static final PretrainedConfig CONFIG =
      PretrainedConfig.of(
          Map.of(
              "model_type", "bert",
              "vocab_size", 500,
              "hidden_size", 64,
              "num_hidden_layers", 1,
              "num_attention_heads", 4,
              "intermediate_size", 128,
              "initializer_range", 0.05));

  private static PretrainedModel model(long seed) {
    return AutoModels.fromConfig(
        CONFIG, Task.SEQUENCE_CLASSIFICATION, ParityModels.cpu().withSeed(seed));
  }

  @Test
  void aModelOfAConfigurationComesFromNowhere() {
    try (PretrainedModel model = model(1)) {
      assertThat(model.nameOrPath()).isEmpty();
    }
  }

  @Test
  void labelsThatCannotBeToldApartAreRefused() {
    LoadOptions options = LoadOptions.defaults();
    assertThatThrownBy(() -> options.withLabels(List.of("bad", "good", "bad")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("labels names 'bad' at 0 and at 2, expected different names");
    assertThatThrownBy(() -> CONFIG.withLabels(List.of("good", "good")))
        .hasMessageContaining("'good' at 0 and at 1");
    assertThatThrownBy(() -> options.withLabels(List.of())).hasMessageContaining("labels is empty");
  }

  @Test
  void weightsAreNormalWithTheStandardDeviationOfTheConfiguration() {
    try (PretrainedModel model = model(1)) {
      NDArray words = model.state().get("bert.embeddings.word_embeddings.weight");
      double mean = words.mean().getFloat();
      double std = Math.sqrt(words.mul(words).mean().getFloat() - mean * mean);
      // 32,000 draws: the standard error of both is below 0.0003.
      assertThat(mean).isCloseTo(0, within(0.0015));
      assertThat(std).isCloseTo(0.05, within(0.0015));
    }
  }

  @Test
  void biasesAreZeroNormsAreOneAndThePaddingTokenIsZero() {
    try (PretrainedModel model = model(1)) {
      assertThat(model.state().get("classifier.bias").toFloatArray()).containsOnly(0f);
      assertThat(model.state().get("bert.embeddings.LayerNorm.weight").toFloatArray())
          .containsOnly(1f);
      assertThat(model.state().get("bert.embeddings.word_embeddings.weight").get(0).toFloatArray())
          .containsOnly(0f);
    }
  }

  @Test
  void theSeedDecidesTheWeights() {
    try (PretrainedModel model = model(1);
        PretrainedModel same = model(1);
        PretrainedModel other = model(2)) {
      String name = "bert.pooler.dense.weight";
      assertThat(same.state().get(name).toFloatArray())
          .isEqualTo(model.state().get(name).toFloatArray());
      assertThat(other.state().get(name).toFloatArray())
          .isNotEqualTo(model.state().get(name).toFloatArray());
    }
  }

  @Test
  void theArchitectureIsWrittenIntoTheConfiguration() {
    try (PretrainedModel model = model(1)) {
      assertThat(model.config().toJson()).contains("BertForSequenceClassification");
    }
  }
}
