// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.torch.ArrayScope;
import dev.trainer4j.torch.HalfType;
import dev.trainer4j.transformers.generation.DecodingSession;
import dev.trainer4j.transformers.generation.GenerationConfig;
import java.io.IOException;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Texts written with weights, and with keys and values, of 16 bits. */
class DtypeGenerationTest {

  private static final long[][] PROMPTS = {{17, 4, 133, 60, 9, 211}, {250, 31, 8, 8, 75, 102}};

  static Stream<Arguments> models() {
    return Stream.of("gpt2", "llama", "mistral", "qwen2-window", "qwen3", "gemma", "t5", "bart")
        .flatMap(
            name ->
                Stream.of(Dtype.BFLOAT16, Dtype.FLOAT16).map(dtype -> Arguments.of(name, dtype)));
  }

  private static LoadOptions of(Dtype dtype) {
    return ParityModels.cpu().withDtype(dtype);
  }

  /** No end, so that every row is written to the last. */
  private static GenerationConfig.Builder settings(PretrainedModel model, int tokens) {
    return GenerationConfig.builder()
        .maxNewTokens(tokens)
        .decoderStartTokenId(model.generationConfig().decoderStartTokenId());
  }

  @ParameterizedTest
  @MethodSource("models")
  void everyTokenIsOneThatTheForwardPassFindsBest(String name, Dtype dtype) throws IOException {
    try (PretrainedModel model = DtypeTest.load(name, of(dtype))) {
      assertBest(model, 12, band(name, dtype));
    }
  }

  @ParameterizedTest
  @CsvSource({"llama, BFLOAT16", "t5, FLOAT16"})
  void cachesOf16BitsGrow(String name, Dtype dtype) throws IOException {
    try (PretrainedModel model = DtypeTest.load(name, of(dtype))) {
      assertBest(model, 90, band(name, dtype));
    }
  }

  @ParameterizedTest
  @MethodSource("models")
  void copiesOf16BitsOfAFloat32ModelWriteToo(String name, Dtype dtype) throws IOException {
    try (PretrainedModel model = DtypeTest.load(name, of(Dtype.FLOAT32));
        PretrainedModel copies = model.halved(HalfType.valueOf(dtype.name()))) {
      assertBest(copies, 12, band(name, dtype));
    }
  }

  /** Cached and whole passes round differently: as far apart as 16 bits and float32 of transformers. */
  private static double band(String name, Dtype dtype) throws IOException {
    return 2 * DtypeTest.figures().get(name).get(dtype.name()).get("distance").asDouble();
  }

  private static void assertBest(PretrainedModel model, int tokens, double band) {
    long[][] rows = model.generate(PROMPTS, settings(model, tokens).build()).sequences();
    int first = model.isEncoderDecoder() ? 1 : PROMPTS[0].length;
    int length = rows[0].length;
    assertThat(length).isEqualTo(first + tokens);
    try (ArrayScope scope = ArrayScope.open()) {
      NDArray written = array(model, rows);
      ModelInputs inputs =
          model.isEncoderDecoder()
              ? ModelInputs.of("input_ids", array(model, PROMPTS))
                  .with("decoder_input_ids", written)
              : ModelInputs.of("input_ids", written);
      NDArray logits = model.forward(inputs, false).logits();
      assertThat(logits.getDataType()).isEqualTo(DataType.FLOAT32);
      int vocabulary = Math.toIntExact(logits.getShape().get(2));
      float[] scores = logits.toFloatArray();
      for (int i = 0; i < rows.length; i++) {
        for (int j = first; j < length; j++) {
          int at = (i * length + j - 1) * vocabulary;
          float best = Float.NEGATIVE_INFINITY;
          for (int v = 0; v < vocabulary; v++) {
            best = Math.max(best, scores[at + v]);
          }
          double missed = best - scores[at + (int) rows[i][j]];
          assertThat(missed).as("row %d, token %d", i, j).isLessThanOrEqualTo(band);
        }
      }
    }
  }

  private static NDArray array(PretrainedModel model, long[][] rows) {
    long[] flat = Arrays.stream(rows).flatMapToLong(Arrays::stream).toArray();
    return model.manager().create(flat, new Shape(rows.length, rows[0].length));
  }

  @ParameterizedTest
  @MethodSource("models")
  void beamsMoveTheirCaches(String name, Dtype dtype) throws IOException {
    try (PretrainedModel model = DtypeTest.load(name, of(dtype))) {
      long[][] rows = model.generate(PROMPTS, settings(model, 8).numBeams(3).build()).sequences();
      assertThat(rows).hasDimensions(2, (model.isEncoderDecoder() ? 1 : 6) + 8);
    }
  }

  @ParameterizedTest
  @EnumSource(HalfType.class)
  void aSessionGivesLogitsOfFloat32(HalfType type) throws IOException {
    for (String name : new String[] {"llama", "t5", "bart"}) {
      try (PretrainedModel model = DtypeTest.load(name, of(Dtype.valueOf(type.name())));
          DecodingSession session = model.startDecoding(PROMPTS, null, 20)) {
        assertThat(session.next(PROMPTS).getDataType()).as(name).isEqualTo(DataType.FLOAT32);
      }
    }
  }
}
