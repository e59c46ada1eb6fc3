// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDManager;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.torch.ArrayScope;
import dev.trainer4j.torch.Seeds;
import dev.trainer4j.transformers.generation.GenerationConfig;
import dev.trainer4j.transformers.generation.Generator;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** What generation promises beyond the figures of transformers. */
class GenerationTest {

  private static final long[][] PROMPT = {{52, 88, 284, 294, 226, 29}};

  private static GenerationConfig.Builder settings() {
    return GenerationConfig.builder().eosTokenId(2).padTokenId(0).maxNewTokens(12);
  }

  private static double[] probabilities(PretrainedModel model, double temperature) {
    try (ArrayScope scope = ArrayScope.open()) {
      NDArray ids = model.manager().create(PROMPT[0], new Shape(1, PROMPT[0].length));
      float[] logits =
          model
              .forward(ModelInputs.of("input_ids", ids), false)
              .logits()
              .get(":, -1")
              .toFloatArray();
      double[] exponentials = new double[logits.length];
      double sum = 0;
      for (int i = 0; i < logits.length; i++) {
        exponentials[i] = Math.exp(logits[i] / temperature);
        sum += exponentials[i];
      }
      double all = sum;
      return Arrays.stream(exponentials).map(e -> e / all).toArray();
    }
  }

  private static double[] frequencies(PretrainedModel model, GenerationConfig config) {
    double[] counts = new double[320];
    int draws = config.numReturnSequences();
    for (long[] row : Generator.of(model).generate(PROMPT, null, config).newTokens()) {
      counts[(int) row[0]] += 1.0 / draws;
    }
    return counts;
  }

  @Test
  void samplingFollowsTheSoftmaxOfTheLogits() throws IOException {
    try (PretrainedModel model = ParityModels.load("llama")) {
      GenerationConfig config =
          settings()
              .maxNewTokens(1)
              .doSample(true)
              .topK(0)
              .temperature(0.3)
              .seed(7)
              .numReturnSequences(20_000)
              .build();
      double[] expected = probabilities(model, 0.3);
      double[] drawn = frequencies(model, config);
      for (int i = 0; i < expected.length; i++) {
        // Five standard deviations of a binomial share.
        double deviation = Math.sqrt(expected[i] * (1 - expected[i]) / 20_000);
        assertThat(drawn[i]).as("token %d", i).isCloseTo(expected[i], within(5 * deviation + 1e-4));
      }
    }
  }

  @Test
  void topKTopPAndMinPDrawFromTheLikeliestOnly() throws IOException {
    try (PretrainedModel model = ParityModels.load("llama")) {
      double[] expected = probabilities(model, 1);
      double[] sorted = Arrays.stream(expected).sorted().toArray();
      GenerationConfig drawing =
          settings().maxNewTokens(1).doSample(true).seed(3).numReturnSequences(2000).build();
      double fifth = sorted[sorted.length - 5];
      assertDrawnAbove(model, drawing.toBuilder().topK(5).build(), expected, fifth);
      assertDrawnAbove(
          model,
          drawing.toBuilder().topK(0).minP(0.5).build(),
          expected,
          0.5 * sorted[sorted.length - 1]);
      // The smallest set that makes up 0.1: its rarest token.
      double sum = 0;
      int i = sorted.length;
      while (sum < 0.1) {
        sum += sorted[--i];
      }
      assertDrawnAbove(model, drawing.toBuilder().topK(0).topP(0.1).build(), expected, sorted[i]);
    }
  }

  private static void assertDrawnAbove(
      PretrainedModel model, GenerationConfig config, double[] expected, double least) {
    double[] drawn = frequencies(model, config);
    for (int i = 0; i < drawn.length; i++) {
      assertThat(drawn[i] > 0).as("token %d of %s", i, expected[i]).isEqualTo(expected[i] >= least);
    }
  }

  @Test
  void theSameSeedDrawsTheSameTokensAndAnotherDoesNot() throws IOException {
    try (PretrainedModel model = ParityModels.load("qwen3")) {
      GenerationConfig config = settings().doSample(true).seed(1).build();
      long[][] first = Generator.of(model).generate(PROMPT, null, config).sequences();
      assertThat(Generator.of(model).generate(PROMPT, null, config).sequences())
          .isDeepEqualTo(first);
      GenerationConfig other = config.toBuilder().seed(2).build();
      assertThat(Generator.of(model).generate(PROMPT, null, other).sequences()).isNotEqualTo(first);
    }
  }

  @Test
  void theCacheGivesWhatReadingEverythingAnewGives() throws IOException {
    try (PretrainedModel model = ParityModels.load("mistral")) {
      // More than the room a cache begins with, and more than the sliding window.
      GenerationConfig config = settings().eosTokenId().maxNewTokens(80).build();
      long[] written = Generator.of(model).generate(PROMPT, null, config).sequences()[0];
      try (ArrayScope scope = ArrayScope.open()) {
        NDArray ids = model.manager().create(written, new Shape(1, written.length));
        long[] best =
            model
                .forward(ModelInputs.of("input_ids", ids), false)
                .logits()
                .argMax(-1)
                .toLongArray();
        assertThat(Arrays.copyOfRange(written, PROMPT[0].length, written.length))
            .containsExactly(Arrays.copyOfRange(best, PROMPT[0].length - 1, best.length - 1));
      }
    }
  }

  @Test
  void stopStringsEndARowWithTheTokenThatCompletesThem() throws IOException {
    try (PretrainedModel model = ParityModels.load("llama")) {
      long[] free = Generator.of(model).generate(PROMPT, null, settings().build()).newTokens()[0];
      String stop = "<" + free[3] + "><" + free[4] + ">";
      long[] stopped =
          Generator.of(model)
              .withDecoder(
                  ids ->
                      Arrays.stream(ids)
                          .mapToObj(id -> "<" + id + ">")
                          .collect(Collectors.joining()))
              .generate(PROMPT, null, settings().stopStrings(List.of(stop)).build())
              .newTokens()[0];
      assertThat(stopped).containsExactly(Arrays.copyOf(free, 5));
    }
  }

  @Test
  void aStreamerHearsOfEveryToken() throws IOException {
    try (PretrainedModel model = ParityModels.load("gpt2")) {
      List<Long> heard = new ArrayList<>();
      long[] written =
          Generator.of(model)
              .withStreamer(tokens -> heard.add(tokens[0]))
              .generate(PROMPT, null, settings().build())
              .newTokens()[0];
      assertThat(heard).containsExactlyElementsOf(Arrays.stream(written).boxed().toList());
    }
  }

  @Test
  void aStreamerOfSampledTokensMayWaitForAnotherThreadThatDraws() throws IOException {
    try (PretrainedModel model = ParityModels.load("gpt2")) {
      GenerationConfig config = settings().doSample(true).seed(1).maxNewTokens(4).build();
      List<Integer> heard = new ArrayList<>();
      Generator.of(model)
          .withStreamer(
              tokens ->
                  heard.add(
                      CompletableFuture.supplyAsync(() -> Seeds.with(5, () -> 5))
                          .orTimeout(120, TimeUnit.SECONDS)
                          .join()))
          .generate(PROMPT, null, config);
      assertThat(heard).isNotEmpty().containsOnly(5);
    }
  }

  @Test
  void generationsLeaveNoArraysBehind() throws IOException {
    try (PretrainedModel model = ParityModels.load("llama")) {
      GenerationConfig greedy = settings().repetitionPenalty(1.2).build();
      GenerationConfig beams = settings().numBeams(3).build();
      Generator generator = Generator.of(model);
      generator.generate(PROMPT, null, greedy);
      generator.generate(PROMPT, null, beams);
      int before = arrays(model);
      for (int i = 0; i < 20; i++) {
        generator.generate(PROMPT, null, greedy);
        generator.generate(PROMPT, null, beams);
      }
      assertThat(arrays(model)).isEqualTo(before);
    }
  }

  private static int arrays(PretrainedModel model) {
    return ((PtNDManager) model.manager()).getManagedArrays().size();
  }

  @Test
  void whatCannotBeAskedForIsRefused() throws IOException {
    try (PretrainedModel model = ParityModels.load("gpt2")) {
      Generator generator = Generator.of(model);
      assertThatThrownBy(
              () -> generator.generate(PROMPT, null, settings().stopStrings(List.of("x")).build()))
          .hasMessageContaining("stopStrings")
          .hasMessageContaining("withDecoder");
      assertThatThrownBy(
              () -> generator.generate(PROMPT, null, settings().maxNewTokens(500).build()))
          .hasMessageContaining("506")
          .hasMessageContaining("128");
      assertThatThrownBy(() -> generator.generate(PROMPT, new long[][] {{1}}, settings().build()))
          .hasMessageContaining("attentionMask");
      assertThatThrownBy(
              () -> generator.generate(new long[][] {{5, 320}}, null, settings().build()))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("inputIds has 320")
          .hasMessageContaining("320 tokens (vocab_size)");
      assertThatThrownBy(
              () ->
                  generator.generate(
                      new long[][] {{5, 6}, {7, 0}},
                      new long[][] {{1, 1}, {1, 0}},
                      settings().build()))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("row 1 of attentionMask hides its last token")
          .hasMessageContaining("left");
      assertThatThrownBy(() -> settings().temperature(0).topP(2).build())
          .hasMessageContaining("temperature is 0.0")
          .hasMessageContaining("topP is 2.0");
    }
  }
}
