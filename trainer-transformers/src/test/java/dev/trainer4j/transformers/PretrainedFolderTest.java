// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import dev.trainer4j.torch.Bfloat16;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Folders: what is read, and what is written back. What is refused: {@link RefusedFolderTest}. */
class PretrainedFolderTest {

  @TempDir Path temporary;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "bart",
        "bart-classify",
        "bart-qa",
        "bart-regression",
        "bart-scaled",
        "bert-choice",
        "bert-classify",
        "bert-mlm",
        "bert-qa",
        "bert-token",
        "distilbert-choice",
        "distilbert-classify",
        "gemma",
        "gpt2",
        "llama",
        "llama-yarn",
        "llama3-rope",
        "mistral",
        "qwen2-window",
        "qwen3",
        "roberta-choice",
        "roberta-classify",
        "t5",
        "t5-untied",
        "t5-v1.0"
      })
  void aSavedFolderHoldsTheSameBytesOfWeightsAndTheSameKeys(String name) throws IOException {
    try (PretrainedModel model = ParityModels.load(name)) {
      model.save(temporary);
    }
    Path original = ParityModels.folder(name);
    assertThat(temporary.resolve("model.safetensors"))
        .hasSameBinaryContentAs(original.resolve("model.safetensors"));
    assertThat(Files.readString(temporary.resolve("config.json")))
        .isEqualTo(Files.readString(original.resolve("config.json")));
  }

  @Test
  void shardsHoldTheModelAsOneFileDoes() throws IOException {
    try (PretrainedModel model = ParityModels.load("bert-classify")) {
      model.save(temporary, 20_000);
      assertThat(temporary.resolve("model.safetensors")).doesNotExist();
      assertThat(temporary.resolve("model.safetensors.index.json")).exists();
      try (PretrainedModel again =
          AutoModels.sequenceClassification(temporary, ParityModels.cpu())) {
        assertSameWeights(again, model);
      }
    }
  }

  @Test
  void linksInPlaceOfFilesOfAModelAreReplacedAndNotFollowed() throws IOException {
    Path precious = Files.writeString(temporary.resolve("precious"), "precious");
    for (String name : List.of("config.json", "model.safetensors", "generation_config.json")) {
      Files.createSymbolicLink(temporary.resolve(name), precious);
    }
    try (PretrainedModel model = ParityModels.load("gpt2")) {
      model.save(temporary);
    }
    assertThat(precious).hasContent("precious");
    assertThat(Files.isSymbolicLink(temporary.resolve("config.json"))).isFalse();
    assertThat(Files.isSymbolicLink(temporary.resolve("model.safetensors"))).isFalse();
  }

  private static void assertSameWeights(PretrainedModel actual, PretrainedModel expected) {
    assertThat(actual.state().keySet()).isEqualTo(expected.state().keySet());
    expected
        .state()
        .forEach(
            (name, array) ->
                assertThat(actual.state().get(name).toFloatArray())
                    .as(name)
                    .isEqualTo(array.toFloatArray()));
  }

  @Test
  void aKeyThatNobodyKnowsIsKept() throws IOException {
    ParityModels.copy(temporary, "bert-classify", config -> {});
    Path file = temporary.resolve("config.json");
    Files.writeString(
        file, Files.readString(file).replaceFirst("\\{", "{\n  \"a_key_of_tomorrow\": [1, 2],"));
    try (PretrainedModel model = AutoModels.sequenceClassification(temporary, ParityModels.cpu())) {
      assertThat(model.config().toJson()).contains("a_key_of_tomorrow");
    }
  }

  @Test
  void aListOfNoPrunedHeadsLoads() throws IOException {
    ParityModels.copy(temporary, "bert-classify", config -> {});
    set("\"pruned_heads\": {}");
    try (PretrainedModel model = AutoModels.sequenceClassification(temporary, ParityModels.cpu())) {
      assertThat(model.parameters()).isNotEmpty();
    }
  }

  @Test
  void theConfigurationNamesTheTypeOfTheTensorsThatAreSaved() throws IOException {
    ParityModels.copy(temporary, "bert-classify", config -> {});
    Path file = temporary.resolve("config.json");
    Files.writeString(file, Files.readString(file).replaceAll("\"float32\"", "\"bfloat16\""));
    assertThat(PretrainedConfig.read(temporary).text("dtype")).contains("bfloat16");
    try (PretrainedModel model = AutoModels.sequenceClassification(temporary, ParityModels.cpu())) {
      assertThat(model.config().text("dtype")).contains("float32");
    }
  }

  /** Puts a key into the copied config.json. */
  private void set(String member) throws IOException {
    Path file = temporary.resolve("config.json");
    Files.writeString(file, Files.readString(file).replaceFirst("\\{", "{" + member + ","));
  }

  @Test
  void aBodyWithoutPrefixLoadsAndItsHeadIsNew() throws IOException {
    ParityModels.copy(
        temporary,
        "bert-classify",
        tensors -> {
          for (String name : List.copyOf(tensors.keySet())) {
            NDArray array = tensors.remove(name);
            if (name.startsWith("bert.")) {
              tensors.put(name.substring("bert.".length()), array);
            }
          }
        });
    try (PretrainedModel model =
            AutoModels.sequenceClassification(temporary, ParityModels.cpu().withNumLabels(5));
        PretrainedModel original = ParityModels.load("bert-classify")) {
      assertThat(model.state().get("classifier.weight").getShape().getShape())
          .containsExactly(5, 32);
      assertThat(model.config().numLabels()).isEqualTo(5);
      String body = "bert.encoder.layer.1.output.dense.weight";
      assertThat(model.state().get(body).toFloatArray())
          .isEqualTo(original.state().get(body).toFloatArray());
    }
  }

  @Test
  void normsOfOldFilesAreCalledGammaAndBeta() throws IOException {
    ParityModels.copy(
        temporary,
        "bert-classify",
        tensors -> {
          for (String name : List.copyOf(tensors.keySet())) {
            if (name.contains("LayerNorm")) {
              tensors.put(
                  name.replace("LayerNorm.weight", "LayerNorm.gamma")
                      .replace("LayerNorm.bias", "LayerNorm.beta"),
                  tensors.remove(name));
            }
          }
        });
    try (PretrainedModel model = AutoModels.sequenceClassification(temporary, ParityModels.cpu());
        PretrainedModel original = ParityModels.load("bert-classify")) {
      assertSameWeights(model, original);
    }
  }

  @Test
  void weightsOfBfloat16AreReadAsTheFloatsTheyAre() throws IOException {
    ParityModels.copy(
        temporary,
        "bert-classify",
        tensors -> tensors.replaceAll((name, a) -> Bfloat16.of(a, a.getManager())));
    try (PretrainedModel model = AutoModels.sequenceClassification(temporary, ParityModels.cpu());
        PretrainedModel original = ParityModels.load("bert-classify")) {
      original
          .state()
          .forEach(
              (name, array) -> {
                float[] actual = model.state().get(name).toFloatArray();
                float[] exact = array.toFloatArray();
                for (int i = 0; i < exact.length; i++) {
                  // 8 bits of precision, and nothing in the lower half.
                  assertThat(actual[i]).isCloseTo(exact[i], within(Math.abs(exact[i]) / 256));
                  assertThat(Float.floatToIntBits(actual[i]) & 0xFFFF).isZero();
                }
              });
    }
  }
}
