// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.seq2seq;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.torch.ArrayScope;
import dev.trainer4j.transformers.AutoModels;
import dev.trainer4j.transformers.ParityModels;
import dev.trainer4j.transformers.PretrainedConfig;
import dev.trainer4j.transformers.PretrainedModel;
import dev.trainer4j.transformers.Task;
import dev.trainer4j.transformers.generation.GenerationConfig;
import dev.trainer4j.transformers.generation.Generator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Folders and configurations of T5 and BART. */
class Seq2SeqFolderTest {

  @TempDir Path folder;

  /** Copies a model with a part of its configuration replaced. */
  private Path copy(String name, String pattern, String replacement) throws IOException {
    Path source = ParityModels.ownFolder().resolve(name);
    Files.copy(source.resolve("model.safetensors"), folder.resolve("model.safetensors"));
    String config = Files.readString(source.resolve("config.json"));
    String changed = config.replaceFirst(pattern, replacement);
    assertThat(changed).isNotEqualTo(config);
    Files.writeString(folder.resolve("config.json"), changed);
    return folder;
  }

  private static float[] logits(Path folder, String figures) throws IOException {
    try (PretrainedModel model = AutoModels.seq2SeqLm(folder, ParityModels.cpu());
        ArrayScope scope = ArrayScope.open()) {
      ModelInputs inputs = ParityModels.inputs(figures, model.manager());
      return model.forward(inputs, false).get("logits").toFloatArray();
    }
  }

  /** As google/t5-v1_1 has it: no key says whether outputs are scaled. */
  @Test
  void aHeadThatTheConfigurationDoesNotTieLeavesOutputsUnscaled() throws IOException {
    float[] usual = logits(ParityModels.ownFolder().resolve("t5-untied"), "t5-untied");
    Path old =
        copy(
            "t5-untied",
            "(?s)\"scale_decoder_outputs\": false,(.*)\"tie_word_embeddings\": true",
            "$1\"tie_word_embeddings\": false");
    assertThat(logits(old, "t5-untied")).isEqualTo(usual);
  }

  @Test
  void moreTokensThanPositionsWereLearnedAreRefusedWithBothNumbers() {
    try (PretrainedModel model = bart();
        NDManager manager = NDManager.newBaseManager()) {
      ModelInputs inputs =
          ModelInputs.of(
              Map.of(
                  "input_ids", manager.create(new long[1][17]),
                  "labels", manager.create(new long[1][3])));
      assertThatThrownBy(() -> model.forward(inputs, false))
          .hasMessageContaining("input_ids asks for 17 positions")
          .hasMessageContaining("learned 16");
      assertThatThrownBy(
              () ->
                  Generator.of(model)
                      .generate(
                          new long[][] {{5, 6}},
                          null,
                          model.generationConfig().toBuilder().maxLength(17).build()))
          .hasMessageContaining("maxLength asks for 17 positions");
    }
  }

  private static PretrainedModel bart() {
    return AutoModels.fromConfig(
        PretrainedConfig.of(
            Map.of(
                "model_type",
                "bart",
                "vocab_size",
                300,
                "d_model",
                32,
                "encoder_layers",
                1,
                "decoder_layers",
                1,
                "max_position_embeddings",
                16,
                "init_std",
                0.05,
                "decoder_start_token_id",
                2)),
        Task.SEQ2SEQ_LM,
        ParityModels.cpu());
  }

  /** The figures are the defaults of transformers' BartConfig. */
  @Test
  void bartKnowsItsSpecialTokensWithoutBeingTold() {
    try (PretrainedModel model = bart()) {
      GenerationConfig settings = model.generationConfig();
      assertThat(settings.bosTokenId()).isZero();
      assertThat(settings.padTokenId()).isEqualTo(1);
      assertThat(settings.eosTokenId()).containsExactly(2);
      assertThat(settings.decoderStartTokenId()).isEqualTo(2);
      assertThat(settings.forcedEosTokenId()).containsExactly(2);
    }
  }

  @Test
  void bartBeginsWithNormalWeightsAndZerosForPaddingAndTheLogitsBias() {
    try (PretrainedModel model = bart()) {
      assertThat(std(model, "model.shared.weight")).isCloseTo(0.05, within(0.003));
      assertThat(std(model, "model.decoder.layers.0.fc1.weight")).isCloseTo(0.05, within(0.003));
      assertThat(model.state().get("model.shared.weight").get(1).toFloatArray()).containsOnly(0f);
      assertThat(model.state().get("final_logits_bias").toFloatArray()).containsOnly(0f);
    }
  }

  @Test
  void t5BeginsWithWeightsScaledByTheWidthOfWhatTheyRead() {
    try (PretrainedModel model =
        AutoModels.fromConfig(
            PretrainedConfig.of(
                Map.of(
                    "model_type",
                    "t5",
                    "vocab_size",
                    300,
                    "d_model",
                    64,
                    "d_kv",
                    16,
                    "d_ff",
                    256,
                    "num_layers",
                    1,
                    "num_heads",
                    4,
                    "initializer_factor",
                    0.5)),
            Task.SEQ2SEQ_LM,
            ParityModels.cpu())) {
      String attention = "decoder.block.0.layer.1.EncDecAttention.";
      assertThat(std(model, "shared.weight")).isCloseTo(0.5, within(0.02));
      assertThat(std(model, attention + "q.weight")).isCloseTo(0.5 / 32, within(0.001));
      assertThat(std(model, attention + "k.weight")).isCloseTo(0.5 / 8, within(0.004));
      assertThat(std(model, attention + "o.weight")).isCloseTo(0.5 / 8, within(0.004));
      assertThat(std(model, "encoder.block.0.layer.1.DenseReluDense.wo.weight"))
          .isCloseTo(0.5 / 16, within(0.001));
    }
  }

  private static double std(PretrainedModel model, String name) {
    NDArray array = model.state().get(name);
    return Math.sqrt(array.mul(array).mean().getFloat());
  }
}
