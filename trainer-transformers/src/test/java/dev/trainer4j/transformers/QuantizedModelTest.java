// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.data.DataCollator;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.torch.ArrayScope;
import dev.trainer4j.torch.HalfType;
import dev.trainer4j.transformers.generation.GenerationConfig;
import dev.trainer4j.transformers.peft.Ia3Config;
import dev.trainer4j.transformers.peft.LoraConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Models with quantized layers, as their users meet them. */
class QuantizedModelTest {

  private static final QuantizationConfig NF4 =
      QuantizationConfig.builder().loadIn4bit(true).bnb4bitUseDoubleQuant(true).build();
  private static final QuantizationConfig INT8 =
      QuantizationConfig.builder().loadIn8bit(true).build();

  @TempDir Path folder;

  private static PretrainedModel load(String name, QuantizationConfig config) throws IOException {
    return AutoModels.load(
        ParityModels.folder(name), ParityModels.task(name), QuantizedFolderTest.exact(config));
  }

  private static float[] logits(TrainableModel model, String name) throws IOException {
    try (ArrayScope scope = ArrayScope.open()) {
      ModelInputs inputs = ParityModels.inputs(name, model.manager());
      return model.forward(inputs, false).arrays().values().iterator().next().toFloatArray();
    }
  }

  /** Of two texts without padding, behind which 16 bits would compare what nobody reads. */
  private static float[] unpadded(TrainableModel model) {
    try (ArrayScope scope = ArrayScope.open()) {
      long[] ids = new long[24];
      for (int i = 0; i < ids.length; i++) {
        ids[i] = 3 + i * 37 % 300;
      }
      NDArray array = model.manager().create(ids, new Shape(2, 12));
      return model.forward(ModelInputs.of("input_ids", array), false).logits().toFloatArray();
    }
  }

  private static LoraConfig.Builder drawn() {
    return LoraConfig.builder().r(2).targetModules("all-linear").initLoraWeights("false");
  }

  @ParameterizedTest
  @CsvSource({
    "llama, nf4",
    "llama, int8",
    "mistral, nf4",
    "gemma, int8",
    "qwen2, nf4",
    "qwen3, nf4",
    "gpt2, int8",
    "bert-classify, nf4",
    "bert-mlm, int8",
    "roberta-classify, nf4",
    "bart, int8",
    "t5, nf4"
  })
  void everyFamilyComputesWithWhatItsQuantizedLayersStandFor(String name, String format)
      throws IOException {
    try (PretrainedModel model = load(name, format.equals("nf4") ? NF4 : INT8);
        PeftModel adapted = PeftModel.of(model, drawn().build())) {
      float[] quantized = logits(model, name);
      float[] withAdapter = logits(adapted, name);
      assertThat(withAdapter).isNotEqualTo(quantized);
      model.dequantize();
      assertThat(model.quantization()).isEmpty();
      float tolerance = 1e-4f * largest(quantized);
      assertThat(logits(model, name)).containsExactly(quantized, offset(tolerance));
      assertThat(logits(adapted, name)).containsExactly(withAdapter, offset(tolerance));
    }
  }

  private static float largest(float[] values) {
    float largest = 1;
    for (float value : values) {
      largest = Math.max(largest, Math.abs(value));
    }
    return largest;
  }

  @ParameterizedTest
  @CsvSource({"nf4, 0.092, 0.135", "int8, 0.0083, 0.26"})
  void gaussianWeightsLoseAndTakeWhatTheFormatSays(String format, double error, double share) {
    PretrainedConfig config =
        PretrainedConfig.of(
            Map.of(
                "model_type",
                "llama",
                "vocab_size",
                8,
                "hidden_size",
                256,
                "intermediate_size",
                2048,
                "num_hidden_layers",
                1,
                "num_attention_heads",
                2,
                "num_key_value_heads",
                2));
    LoadOptions options = ParityModels.cpu().withSeed(5);
    try (PretrainedModel plain = AutoModels.fromConfig(config, Task.CAUSAL_LM, options);
        PretrainedModel model =
            AutoModels.fromConfig(
                config,
                Task.CAUSAL_LM,
                options.withQuantization(format.equals("nf4") ? NF4 : INT8));
        NDManager owner = model.manager().newSubManager()) {
      String name = "model.layers.0.mlp.down_proj.weight"; // Rows of 2048.
      NDArray weight = plain.tensor(name);
      NDArray difference = model.weights().values(name, owner).sub(weight);
      double relative = difference.norm().getFloat() / weight.norm().getFloat();
      assertThat(relative).isCloseTo(error, offset(0.02 * error));
      long bytes =
          model.tensor(name).size()
              + model.weights().partsOf(name).stream()
                  .mapToLong(part -> part.size() * part.getDataType().getNumOfBytes())
                  .sum();
      assertThat((double) bytes / (4 * weight.size())).isLessThan(share);
      // The head and the embeddings are what they were.
      assertThat(model.tensor("lm_head.weight").getDataType()).isEqualTo(DataType.FLOAT32);
      assertThat(model.tensor("model.embed_tokens.weight"))
          .isEqualTo(plain.tensor("model.embed_tokens.weight"));
    }
  }

  @Test
  void modulesThatAreSkippedStayAsTheyAreAndTheFolderSaysSo() throws IOException {
    QuantizationConfig config =
        QuantizationConfig.builder().loadIn8bit(true).llmInt8SkipModules("down_proj").build();
    float[] before;
    try (PretrainedModel model = load("llama", config)) {
      assertThat(model.tensor("model.layers.0.mlp.down_proj.weight").getDataType())
          .isEqualTo(DataType.FLOAT32);
      assertThat(model.tensor("model.layers.0.mlp.up_proj.weight").getDataType())
          .isEqualTo(DataType.INT8);
      before = logits(model, "llama");
      model.save(folder);
    }
    try (PretrainedModel model = AutoModels.load(folder, ParityModels.cpu())) {
      assertThat(model.quantization().orElseThrow().llmInt8SkipModules())
          .contains("model.layers.0.mlp.down_proj");
      assertThat(logits(model, "llama")).containsExactly(before, offset(0.1f));
    }
    assertThatThrownBy(
            () ->
                load(
                    "llama",
                    QuantizationConfig.builder()
                        .loadIn8bit(true)
                        .llmInt8SkipModules("dense")
                        .build()))
        .hasMessageContaining("llmInt8SkipModules names 'dense'")
        .hasMessageContaining("q_proj");
  }

  @Test
  void whatDoesNothingOrContradictsIsRefused() throws IOException {
    assertThatThrownBy(() -> QuantizationConfig.builder().bnb4bitQuantType("af4").build())
        .hasMessageContaining("loadIn4bit and loadIn8bit are both false")
        .hasMessageContaining("bnb4bitQuantType is 'af4', expected one of [nf4, fp4]");
    assertThatThrownBy(
            () -> QuantizationConfig.builder().loadIn8bit(true).bnb4bitUseDoubleQuant(true).build())
        .hasMessageContaining("bnb4bitUseDoubleQuant is true, which does nothing with loadIn8bit");
    assertThatThrownBy(
            () ->
                AutoModels.load(
                    QuantizedFolderTest.golden("int8"), ParityModels.cpu().withQuantization(NF4)))
        .hasMessageContaining("8 bit (int8) already")
        .hasMessageContaining("asks for 4 bit (nf4, double quantization)");
  }

  @Test
  void doraKnowsTheLengthsOfWhatItsBaseStandsFor() throws IOException {
    try (PretrainedModel model = load("llama", NF4);
        PeftModel fresh =
            PeftModel.of(
                model,
                LoraConfig.builder().r(2).useDora(true).targetModules("all-linear").build())) {
      // A new adapter adds nothing, whatever the lengths: the magnitudes are those of the base.
      assertThat(logits(fresh, "llama")).containsExactly(logits(model, "llama"), offset(1e-4f));
    }
    try (PretrainedModel model = load("gpt2", NF4);
        PeftModel adapted = PeftModel.of(model, drawn().useDora(true).build())) {
      float[] before = logits(adapted, "gpt2");
      model.dequantize();
      assertThat(logits(adapted, "gpt2")).containsExactly(before, offset(1e-4f));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama", "gpt2"})
  void adaptersAreMergedIntoWhatTheBaseStandsForAndBackToTheBit(String name) throws IOException {
    try (PretrainedModel model = load(name, NF4);
        PeftModel adapted = PeftModel.of(model, drawn().build())) {
      float[] base = logits(model, name);
      float[] before = logits(adapted, name);
      adapted.merge();
      assertThat(model.quantization()).isEmpty();
      assertThat(logits(model, name)).containsExactly(before, offset(1e-4f));
      adapted.unmerge();
      assertThat(model.quantization()).isPresent();
      assertThat(logits(model, name)).isEqualTo(base);
      assertThat(logits(adapted, name)).isEqualTo(before);

      adapted.save(folder.resolve("adapter"));
      assertThat(folder.resolve("adapter/adapter_config.json"))
          .content()
          .contains("\"fan_in_fan_out\" : false");
      adapted.mergeAndUnload().save(folder.resolve("merged"));
      assertThatThrownBy(adapted::unmerge).hasMessageContaining("for good, by mergeAndUnload()");
      assertThat(folder.resolve("merged/config.json"))
          .content()
          .doesNotContain("quantization_config");
      try (PretrainedModel merged = AutoModels.load(folder.resolve("merged"), ParityModels.cpu())) {
        assertThat(logits(merged, name)).containsExactly(before, offset(1e-4f));
      }
    }
  }

  @Test
  void viewsInSixteenBitsAndOtherComputeTypesAreNearTheWhole() throws IOException {
    for (QuantizationConfig config : List.of(NF4, INT8)) {
      try (PretrainedModel model = load("llama", config);
          PeftModel adapted = PeftModel.of(model, drawn().build())) {
        float[] whole = unpadded(adapted);
        float tolerance = 0.05f * largest(whole);
        try (TrainableModel half = adapted.halved(HalfType.BFLOAT16)) {
          assertThat(unpadded(half)).containsExactly(whole, offset(tolerance));
        }
        assertThat(unpadded(adapted.autocast(HalfType.BFLOAT16)))
            .isNotEqualTo(whole)
            .containsExactly(whole, offset(tolerance));
      }
      float[] exact;
      try (PretrainedModel model = load("llama", config)) {
        exact = unpadded(model);
      }
      for (Dtype compute : List.of(Dtype.BFLOAT16, Dtype.FLOAT16)) {
        try (PretrainedModel model =
            AutoModels.load(
                ParityModels.folder("llama"),
                ParityModels.cpu().withQuantization(config.withComputeDtype(compute)))) {
          assertThat(unpadded(model))
              .isNotEqualTo(exact)
              .containsExactly(exact, offset(0.05f * largest(exact)));
        }
      }
      try (PretrainedModel model =
          AutoModels.load(
              ParityModels.folder("llama"),
              ParityModels.cpu().withQuantization(config).withDtype(Dtype.BFLOAT16))) {
        assertThat(model.dtype()).isEqualTo(Dtype.BFLOAT16);
        float[] half = unpadded(model); // Not what float32 gives: weights were rounded before.
        model.dequantize();
        assertThat(model.dtype()).isEqualTo(Dtype.BFLOAT16);
        assertThat(unpadded(model)).containsExactly(half, offset(0.05f * largest(half)));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama", "gpt2", "t5", "bart"})
  void textIsWrittenAsByTheModelThatItStandsFor(String name) throws IOException {
    long[][] prompt = {{5, 9, 12, 7}};
    try (PretrainedModel model = load(name, NF4);
        PeftModel adapted = PeftModel.of(model, drawn().build())) {
      GenerationConfig settings = model.generationConfig().toBuilder().maxNewTokens(6).build();
      long[][] before = adapted.generate(prompt, settings).sequences();
      model.dequantize();
      assertThat(adapted.generate(prompt, settings).sequences()).isDeepEqualTo(before);
    }
  }

  @Test
  void tokensAreAddedBesideQuantizedLayers() throws IOException {
    try (PretrainedModel model = load("llama", INT8)) {
      float[] before = logits(model, "llama");
      int tokens = model.config().vocabSize();
      model.resizeTokenEmbeddings(tokens + 3);
      assertThat(logits(model, "llama")[0]).isCloseTo(before[0], offset(1e-5f));
      model.save(folder);
      try (PretrainedModel again = AutoModels.load(folder, ParityModels.cpu())) {
        assertThat(again.config().vocabSize()).isEqualTo(tokens + 3);
      }
    }
  }

  private static final DataCollator<Integer> BATCHES =
      (samples, manager) ->
          ModelInputs.of(
              Map.of(
                  "input_ids", manager.create(new long[] {1, 2, 3, 4}, new Shape(1, 4)),
                  "labels", manager.create(new long[] {1}, new Shape(1))));

  private TrainingArguments arguments() {
    return TrainingArguments.builder()
        .outputDir(folder.resolve("out"))
        .useCpu(true)
        .maxSteps(2)
        .perDeviceTrainBatchSize(1)
        .build();
  }

  private void train(TrainableModel model) {
    try (Trainer trainer =
        Trainer.builder(model, arguments())
            .trainDataset(Datasets.of(List.of(1, 2)))
            .dataCollator(BATCHES)
            .build()) {
      trainer.train();
    }
  }

  @Test
  void quantizedLayersAreNotTrainedButWhatIsReleasedBesideThemIsAndItsCheckpointIsWhole()
      throws IOException {
    try (PretrainedModel model = load("bert-classify", NF4)) {
      assertThatThrownBy(() -> train(model))
          .hasMessageContaining("no trainable parameters")
          .hasMessageContaining("quantized layers cannot be trained")
          .hasMessageContaining("PeftModel.of");
      assertThatThrownBy(() -> model.unfreeze("bert"))
          .hasMessageContaining("'bert' means bert.encoder.layer.0.attention.self.query.weight")
          .hasMessageContaining("quantized");
      model.freeze("bert");
      model.unfreeze("classifier");
      assertThat(model.parameters()).hasSize(2);
      float[] before = logits(model, "bert-classify");
      train(model);
      float[] after = logits(model, "bert-classify");
      assertThat(after).isNotEqualTo(before);
      try (PretrainedModel saved =
          AutoModels.load(folder.resolve("out/checkpoint-2"), QuantizedFolderTest.exact(NF4))) {
        assertThat(logits(saved, "bert-classify")).containsExactly(after, offset(1e-5f));
      }
    }
  }

  @Test
  void whatNeedsAWeightAsItWasIsRefusedByName() throws IOException {
    try (PretrainedModel model = load("llama", NF4)) {
      Map<String, Runnable> wrong = new HashMap<>();
      wrong.put("pissa", () -> PeftModel.of(model, drawn().initLoraWeights("pissa").build()));
      wrong.put(
          "IA3",
          () ->
              PeftModel.of(
                  model,
                  Ia3Config.builder()
                      .targetModules("k_proj", "down_proj")
                      .feedforwardModules("down_proj")
                      .build()));
      wrong.put(
          "modulesToSave",
          () ->
              PeftModel.of(model, drawn().targetModules("q_proj").modulesToSave("k_proj").build()));
      wrong.forEach(
          (what, action) ->
              assertThatThrownBy(action::run)
                  .isInstanceOf(IllegalArgumentException.class)
                  .hasMessageContaining(what)
                  .hasMessageContaining("is quantized")
                  .hasMessageContaining("llmInt8SkipModules"));
    }
  }

  @Test
  void weightsThatAreNotFiniteAreRefusedWithTheirName() throws IOException {
    for (QuantizationConfig config : List.of(NF4, INT8)) {
      try (PretrainedModel model = ParityModels.load("llama")) {
        model.tensor("model.layers.1.mlp.up_proj.weight").setRequiresGradient(false);
        model
            .tensor("model.layers.1.mlp.up_proj.weight")
            .set(new ai.djl.ndarray.index.NDIndex("2, 3"), Float.NaN);
        model.save(folder.resolve("broken"));
      }
      assertThatThrownBy(
              () ->
                  AutoModels.load(
                      folder.resolve("broken"), ParityModels.cpu().withQuantization(config)))
          .isInstanceOf(PretrainedException.class)
          .hasMessageContaining("model.layers.1.mlp.up_proj.weight has values that are not finite");
    }
  }
}
