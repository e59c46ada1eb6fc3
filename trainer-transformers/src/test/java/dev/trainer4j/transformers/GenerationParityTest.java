// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.trainer4j.transformers.generation.EarlyStopping;
import dev.trainer4j.transformers.generation.GenerationConfig;
import dev.trainer4j.transformers.generation.GenerationOutput;
import dev.trainer4j.transformers.generation.Generator;
import java.io.IOException;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Generation against that of transformers, token for token. */
@Tag("parity")
class GenerationParityTest {

  private static final ObjectMapper JSON = new ObjectMapper();

  static Stream<String> models() {
    return ParityModels.all().stream()
        .filter(name -> ModelFamilies.supports(config(name)) && writes(name));
  }

  private static boolean writes(String name) {
    try {
      return !ParityModels.golden(name).get("generate").isEmpty();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static PretrainedConfig config(String name) {
    try {
      return PretrainedConfig.read(ParityModels.folder(name));
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @ParameterizedTest
  @MethodSource("models")
  void greedySearchWritesTheSameTokens(String name) throws IOException {
    assertSame(name, "greedy", GenerationConfig.builder());
  }

  @ParameterizedTest
  @MethodSource("models")
  void beamSearchWritesTheSameTokens(String name) throws IOException {
    assertSame(
        name,
        "beam4",
        GenerationConfig.builder()
            .numBeams(4)
            .lengthPenalty(1.2)
            .earlyStopping(EarlyStopping.TRUE));
  }

  @ParameterizedTest
  @MethodSource("models")
  void penaltiesWriteTheSameTokens(String name) throws IOException {
    assertSame(
        name,
        "greedy_norepeat",
        GenerationConfig.builder().noRepeatNgramSize(2).repetitionPenalty(1.3));
  }

  static Stream<String> cases() throws IOException {
    return Stream.of(JSON.convertValue(figures(), new TypeReference<Map<String, JsonNode>>() {}))
        .flatMap(figures -> figures.keySet().stream());
  }

  private static JsonNode figures() throws IOException {
    return JSON.readTree(GenerationParityTest.class.getResource("/parity/generation/cases.json"));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void settingsOfTransformersWriteTheSameTokens(String name) throws IOException {
    JsonNode figure = figures().get(name);
    GenerationConfig config = GenerationConfig.parse(name, figure.get("settings").toString());
    try (PretrainedModel model = ParityModels.load(figure.get("model").asText())) {
      GenerationOutput output =
          Generator.of(model)
              .generate(
                  rows(figure.get("inputs").get("input_ids")),
                  rows(figure.get("inputs").get("attention_mask")),
                  config);
      assertThat(output.sequences()).isDeepEqualTo(rows(figure.get("sequences")));
      if (config.numBeams() > 1) {
        double[] scores = JSON.convertValue(figure.get("sequences_scores"), double[].class);
        assertThat(output.sequencesScores()).containsExactly(scores, within(1e-4));
      }
    }
  }

  private static void assertSame(String name, String figure, GenerationConfig.Builder settings)
      throws IOException {
    JsonNode golden = ParityModels.golden(name).get("generate");
    try (PretrainedModel model = ParityModels.load(name)) {
      GenerationConfig own = model.generationConfig();
      GenerationConfig config =
          settings
              .maxNewTokens(12)
              .eosTokenId(own.eosTokenId())
              .padTokenId(own.padTokenId())
              .decoderStartTokenId(own.decoderStartTokenId())
              .forcedEosTokenId(own.forcedEosTokenId())
              .build();
      long[][] sequences =
          Generator.of(model)
              .generate(
                  rows(golden.get("inputs").get("input_ids")),
                  rows(golden.get("inputs").get("attention_mask")),
                  config)
              .sequences();
      assertThat(sequences).isDeepEqualTo(rows(golden.get(figure)));
    }
  }

  private static long[][] rows(JsonNode rows) {
    return JSON.convertValue(rows, long[][].class);
  }
}
