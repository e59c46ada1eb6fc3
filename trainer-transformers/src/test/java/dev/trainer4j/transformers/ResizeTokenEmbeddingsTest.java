// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import com.fasterxml.jackson.databind.JsonNode;
import dev.trainer4j.ResumeFrom;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.model.LossOutput;
import dev.trainer4j.model.NamedParameter;
import dev.trainer4j.state.TrainerState;
import dev.trainer4j.torch.ArrayScope;
import dev.trainer4j.torch.HalfType;
import dev.trainer4j.torch.TorchFunctions;
import dev.trainer4j.transformers.generation.GenerationConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Models with more and fewer tokens, beside the figures of transformers in {@code vocabulary/figures.py}. */
class ResizeTokenEmbeddingsTest {

  private static final String LLAMA_TOKENS = "model.embed_tokens.weight";

  @TempDir Path folder;

  static List<JsonNode> resized() throws IOException {
    return VocabularyFigures.of("resized");
  }

  @ParameterizedTest
  @MethodSource("resized")
  void everyFamilyAndHeadIsResizedAsInTransformers(JsonNode figures) throws IOException {
    String name = figures.get("model").asText();
    try (PretrainedModel model = ParityModels.load(name);
        NDManager manager = NDManager.newBaseManager("PyTorch")) {
      int before = model.config().vocabSize();
      NDArray bias = model.state().get("cls.predictions.bias");
      if (bias != null) {
        TorchFunctions.copy(List.of(bias), List.of(manager.linspace(-0.5f, 1, before)));
      }
      String generation = model.generationConfig().toJson();
      int after =
          model.resizeTokenEmbeddings(
              before + figures.get("more").intValue(), figures.get("multiple").intValue(), true);
      assertThat(after).isEqualTo(figures.get("vocab_size").intValue());
      assertThat(model.config().vocabSize()).isEqualTo(after);
      assertThat(model.generationConfig().toJson()).isEqualTo(generation);
      Map<String, List<Long>> shapes = new LinkedHashMap<>();
      model
          .state()
          .forEach(
              (tensor, array) -> {
                if (figures.get("shapes").has(tensor)) {
                  shapes.put(tensor, Arrays.stream(array.getShape().getShape()).boxed().toList());
                }
              });
      shapes.forEach(
          (tensor, shape) ->
              assertThat(shape)
                  .as(tensor)
                  .hasToString(figures.get("shapes").get(tensor).toString().replace(",", ", ")));
      assertThat(shapes).isNotEmpty();
      if (after > before) {
        assertRow(
            figures.get("row"),
            model,
            shapes.keySet().stream()
                .filter(
                    tensor ->
                        tensor.matches(".*(word_embeddings|embed_tokens|wte|shared)\\.weight"))
                .findFirst()
                .orElseThrow(),
            before);
        if (shapes.containsKey("lm_head.weight")) {
          assertRow(figures.get("head"), model, "lm_head.weight", before);
        }
      }
      if (figures.has("bias")) {
        assertThat(model.state().get("cls.predictions.bias").get(before + ":").toFloatArray())
            .containsOnly(0f);
      }
      assertThat(loss(model, name, after, manager))
          .isCloseTo(figures.get("loss").doubleValue(), within(2e-4));
      model.save(folder);
      try (PretrainedModel again = AutoModels.load(folder, ParityModels.cpu())) {
        assertThat(again.state().keySet()).isEqualTo(model.state().keySet());
        again
            .state()
            .forEach(
                (tensor, array) ->
                    assertThat(array.toFloatArray())
                        .as(tensor)
                        .isEqualTo(model.state().get(tensor).toFloatArray()));
      }
    }
  }

  private static void assertRow(JsonNode row, PretrainedModel model, String tensor, int index) {
    float[] values = model.state().get(tensor).get(index).toFloatArray();
    assertThat(values).hasSize(row.size());
    for (int i = 0; i < values.length; i++) {
      // Both are drawn, at a distance of some 3e-5 of their standard deviation, which is up to 1.
      assertThat(values[i]).as(tensor).isCloseTo(row.get(i).floatValue(), within(3e-4f));
    }
  }

  private static double loss(PretrainedModel model, String name, int tokens, NDManager manager)
      throws IOException {
    ModelInputs inputs = ParityModels.inputs(name, manager);
    for (String input : List.of("input_ids", "decoder_input_ids", "labels")) {
      NDArray ids = inputs.find(input).orElse(null);
      if (ids != null && ids.getDataType() == DataType.INT64 && ids.max().getLong() >= tokens) {
        long[] folded =
            Arrays.stream(ids.toLongArray()).map(i -> i >= tokens ? i % tokens : i).toArray();
        inputs = inputs.with(input, manager.create(folded, ids.getShape()));
      }
    }
    try (ArrayScope scope = ArrayScope.open()) {
      LossOutput loss = model.forward(inputs, false).loss();
      return loss.value().getFloat() / loss.weight();
    }
  }

  private static PretrainedModel bert(int tokens, boolean tied) {
    return AutoModels.fromConfig(
        PretrainedConfig.of(
            Map.of(
                "model_type",
                "bert",
                "vocab_size",
                tokens,
                "hidden_size",
                32,
                "num_hidden_layers",
                1,
                "num_attention_heads",
                2,
                "intermediate_size",
                32,
                "initializer_range",
                0.5,
                "tie_word_embeddings",
                tied)),
        Task.MASKED_LM,
        ParityModels.cpu().withSeed(3));
  }

  private static PretrainedModel llama() {
    Map<String, Object> config = new HashMap<>();
    config.putAll(
        Map.of(
            "model_type", "llama",
            "vocab_size", 50,
            "hidden_size", 16,
            "num_hidden_layers", 1,
            "num_attention_heads", 2,
            "intermediate_size", 32));
    config.put("tie_word_embeddings", true);
    return AutoModels.fromConfig(
        PretrainedConfig.of(config), Task.CAUSAL_LM, ParityModels.cpu().withSeed(3));
  }

  private static final String WORDS = "bert.embeddings.word_embeddings.weight";

  @Test
  void newRowsAreDrawnAroundTheMeanWithABillionthOfTheCovariance() {
    try (PretrainedModel model = bert(400, true)) {
      double[] mean = new double[32];
      double[] variance = new double[32];
      moments(model.state().get(WORDS).toFloatArray(), 0, mean, variance);
      model.resizeTokenEmbeddings(2400);
      double[] newMean = new double[32];
      double[] newVariance = new double[32];
      moments(model.state().get(WORDS).toFloatArray(), 400, newMean, newVariance);
      for (int i = 0; i < 32; i++) {
        // Of 2,000 draws: six standard errors.
        double std = Math.sqrt(1e-9 * variance[i]);
        assertThat(newMean[i]).isCloseTo(mean[i], within(6 * std / Math.sqrt(2000) + 1e-7));
        assertThat(Math.sqrt(newVariance[i])).isCloseTo(std, within(0.1 * std));
      }
    }
  }

  private static void moments(float[] values, int from, double[] mean, double[] variance) {
    int width = mean.length;
    int rows = values.length / width - from;
    for (int pass = 0; pass < 2; pass++) {
      for (int i = 0; i < rows * width; i++) {
        double value = values[from * width + i];
        if (pass == 0) {
          mean[i % width] += value / rows;
        } else {
          variance[i % width] += Math.pow(value - mean[i % width], 2) / rows;
        }
      }
    }
  }

  @Test
  void withFewerTokensThanTheirWidthNewRowsAreTheMeanItself() {
    try (PretrainedModel model = bert(12, true)) {
      float[] mean = model.state().get(WORDS).mean(new int[] {0}).toFloatArray();
      model.resizeTokenEmbeddings(14);
      float[] rows = model.state().get(WORDS).get("12:").toFloatArray();
      for (int i = 0; i < rows.length; i++) {
        assertThat(rows[i]).isCloseTo(mean[i % 32], within(1e-6f));
      }
    }
  }

  @Test
  void withoutMeanResizingNewRowsBeginAsThoseOfANewModel() {
    try (PretrainedModel model = bert(40, true);
        PretrainedModel same = bert(40, true)) {
      model.resizeTokenEmbeddings(1040, 1, false);
      same.resizeTokenEmbeddings(1040, 1, false);
      double[] mean = new double[32];
      double[] variance = new double[32];
      float[] values = model.state().get(WORDS).toFloatArray();
      moments(values, 40, mean, variance);
      assertThat(Arrays.stream(mean).average().orElseThrow()).isCloseTo(0, within(0.02));
      assertThat(Arrays.stream(variance).average().orElseThrow()).isCloseTo(0.25, within(0.02));
      assertThat(same.state().get(WORDS).toFloatArray()).isEqualTo(values);
      model.resizeTokenEmbeddings(1041, 1, false);
      model.resizeTokenEmbeddings(1042, 1, false);
      assertThat(model.state().get(WORDS).get(1040).toFloatArray())
          .as("each resize draws anew")
          .isNotEqualTo(model.state().get(WORDS).get(1041).toFloatArray());
    }
  }

  /** transformers: {@code normal_(mean=bias_mean, std=1e-9 * bias_std)}. */
  @Test
  void theBiasOfAHeadThatIsNotTiedGrowsByItsMean() {
    try (PretrainedModel model = bert(40, false);
        NDManager manager = NDManager.newBaseManager("PyTorch")) {
      NDArray bias = model.state().get("cls.predictions.bias");
      TorchFunctions.copy(List.of(bias), List.of(manager.linspace(1, 2, 40)));
      NDArray head = model.state().get("cls.predictions.decoder.weight");
      float[] old = head.toFloatArray();
      model.resizeTokenEmbeddings(43);
      for (float value : model.state().get("cls.predictions.bias").get("40:").toFloatArray()) {
        assertThat(value).isCloseTo(1.5f, within(1e-6f));
      }
      head = model.state().get("cls.predictions.decoder.weight");
      assertThat(head.get(":40").toFloatArray()).isEqualTo(old);
      double[] mean = new double[32];
      moments(old, 0, mean, new double[32]);
      float[] rows = head.get("40:").toFloatArray();
      for (int i = 0; i < rows.length; i++) {
        assertThat((double) rows[i]).isCloseTo(mean[i % 32], within(2e-4));
      }
    }
  }

  @Test
  void weightsOfSixteenBitsStayInTheirType() throws IOException {
    for (Dtype dtype : List.of(Dtype.BFLOAT16, Dtype.FLOAT16)) {
      LoadOptions options = ParityModels.cpu().withDtype(dtype);
      try (PretrainedModel model =
              AutoModels.load(ParityModels.ownFolder().resolve("bart"), options);
          NDManager manager = NDManager.newBaseManager("PyTorch")) {
        model.resizeTokenEmbeddings(325);
        model.save(folder);
        try (PretrainedModel wide = AutoModels.load(folder, ParityModels.cpu())) {
          assertThat(wide.state().get("model.shared.weight").getShape().get(0)).isEqualTo(325);
          double exact = loss(wide, "bart", 325, manager);
          assertThat(loss(model, "bart", 325, manager)).isCloseTo(exact, within(0.02 * exact));
        }
      }
    }
  }

  @Test
  void frozenEmbeddingsStayFrozenAndGenerationKnowsTheNewTokens() {
    try (PretrainedModel model = llama()) {
      model.freeze("model.embed_tokens");
      model.resizeTokenEmbeddings(64);
      assertThat(model.state().get(LLAMA_TOKENS).hasGradient()).isFalse();
      assertThat(model.parameters()).extracting(NamedParameter::name).doesNotContain(LLAMA_TOKENS);
      GenerationConfig settings = GenerationConfig.builder().maxNewTokens(3).build();
      assertThat(model.generate(new long[][] {{63, 55}}, settings).sequences()[0])
          .startsWith(63, 55);
    }
  }

  private Trainer trainer(PretrainedModel model, int steps, TrainerCallback... callbacks) {
    List<Map<String, ?>> samples =
        IntStream.range(0, 8)
            .<Map<String, ?>>mapToObj(
                i ->
                    Map.of(
                        "input_ids",
                        new long[] {50, 51, 3 + i},
                        "labels",
                        new long[] {50, 51, 3 + i}))
            .toList();
    Trainer.Builder builder =
        Trainer.builder(
                model,
                TrainingArguments.builder()
                    .outputDir(folder)
                    .useCpu(true)
                    .maxSteps(steps)
                    .perDeviceTrainBatchSize(4)
                    .learningRate(1e-2)
                    .saveStrategy(IntervalStrategy.STEPS)
                    .saveSteps(2)
                    .build())
            .trainDataset(Datasets.of(samples));
    for (TrainerCallback callback : callbacks) {
      builder.callback(callback);
    }
    return builder.build();
  }

  @Test
  void newTokensAreTrainedAlsoByATrainerThatWasThereBeforeAndAcrossAResume() {
    float[] trained;
    try (PretrainedModel model = llama();
        Trainer trainer = trainer(model, 4)) {
      model.resizeTokenEmbeddings(52);
      float[] before = model.state().get(LLAMA_TOKENS).get("50:").toFloatArray();
      trainer.train();
      trained = model.state().get(LLAMA_TOKENS).toFloatArray();
      assertThat(model.state().get(LLAMA_TOKENS).get("50:").toFloatArray()).isNotEqualTo(before);
    }
    try (PretrainedModel model = llama();
        Trainer trainer = trainer(model, 4)) {
      model.resizeTokenEmbeddings(52);
      trainer.train(ResumeFrom.path(folder.resolve("checkpoint-2")));
      assertThat(model.state().get(LLAMA_TOKENS).toFloatArray()).isEqualTo(trained);
    }
  }

  @Test
  void aModelThatIsBeingTrainedIsNotResized() {
    try (PretrainedModel model = llama()) {
      model.resizeTokenEmbeddings(52);
      TrainerCallback resizing =
          new TrainerCallback() {
            @Override
            public void onStepEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
              model.resizeTokenEmbeddings(60);
            }
          };
      try (Trainer trainer = trainer(model, 2, resizing)) {
        assertThatThrownBy(trainer::train)
            .rootCause()
            .isInstanceOf(IllegalStateException.class)
            .hasMessageContaining("Call resizeTokenEmbeddings before train()");
      }
      assertThat(model.resizeTokenEmbeddings(60)).as("after the training").isEqualTo(60);
    }
  }

  @Test
  void whatCannotBeIsRefused() {
    try (PretrainedModel model = bert(40, true)) {
      assertThatThrownBy(() -> model.resizeTokenEmbeddings(0))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("newNumTokens is 0");
      assertThatThrownBy(() -> model.resizeTokenEmbeddings(2_000_000_000))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("newNumTokens is 2000000000")
          .hasMessageContaining("expected at most 16777216");
      assertThatThrownBy(() -> model.resizeTokenEmbeddings(41, 0, true))
          .hasMessageContaining("padToMultipleOf is 0");
      assertThatThrownBy(() -> model.autocast(HalfType.BFLOAT16).resizeTokenEmbeddings(41))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("a view of a model");
    }
    try (PretrainedModel model = ParityModels.load("bart-classify")) {
      assertThatThrownBy(() -> model.resizeTokenEmbeddings(2))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("eos_token_id = 2")
          .hasMessageContaining("keep at least 3");
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void copiesInSixteenBitsThatWereMadeBeforeSayThatTheyAreOld() {
    try (PretrainedModel model = llama();
        PretrainedModel halved = model.halved(HalfType.BFLOAT16)) {
      model.resizeTokenEmbeddings(60);
      assertThatThrownBy(
              () ->
                  halved.forward(
                      ModelInputs.of("input_ids", model.manager().create(new long[][] {{3}})),
                      false))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("make another with halved");
    }
  }
}
