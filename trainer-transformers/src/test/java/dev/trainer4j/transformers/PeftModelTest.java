// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.ResumeFrom;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.SchedulerType;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.checkpoint.SafetensorsFile;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.model.LabelLayout;
import dev.trainer4j.model.NamedParameter;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.torch.ArrayScope;
import dev.trainer4j.torch.HalfType;
import dev.trainer4j.transformers.generation.GenerationConfig;
import dev.trainer4j.transformers.peft.LoraConfig;
import dev.trainer4j.transformers.peft.PeftConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Adapters as their users meet them; figures of PEFT are in {@link PeftParityTest}. */
class PeftModelTest {

  private static final Map<String, Object> GPT2 =
      Map.of(
          "model_type", "gpt2",
          "vocab_size", 50,
          "n_embd", 16,
          "n_layer", 2,
          "n_head", 2,
          "n_positions", 32);

  @TempDir Path folder;

  static PretrainedModel gpt2() {
    return gpt2(Map.of());
  }

  private static PretrainedModel gpt2(Map<String, Object> others) {
    Map<String, Object> values = new HashMap<>(GPT2);
    values.putAll(others);
    return AutoModels.fromConfig(
        PretrainedConfig.of(values), Task.CAUSAL_LM, ParityModels.cpu().withSeed(3));
  }

  /** Both factors drawn, so that the adapter adds from the start. */
  private static LoraConfig.Builder drawn() {
    return LoraConfig.builder().r(2).targetModules("c_attn").initLoraWeights("false");
  }

  private static float[] logits(TrainableModel model) {
    try (ArrayScope scope = ArrayScope.open()) {
      return model.forward(inputs(model), false).logits().toFloatArray();
    }
  }

  private static ModelInputs inputs(TrainableModel model) {
    return ModelInputs.of(
        "input_ids", model.manager().create(new long[] {3, 1, 4, 1, 5}, new Shape(1, 5)));
  }

  @Test
  void aNewAdapterAddsNothingAndAloneIsTrained() {
    try (PretrainedModel base = gpt2()) {
      float[] before = logits(base);
      try (PeftModel model =
          PeftModel.of(base, LoraConfig.builder().r(4).targetModules("all-linear").build())) {
        assertThat(logits(model)).isEqualTo(before);
        // 2 layers, of 16 -> 48, 16 -> 16, 16 -> 64 and 64 -> 16, each with a pair of rank 4.
        assertThat(model.parameters().stream().mapToLong(p -> p.array().size()).sum())
            .isEqualTo(2 * 4 * (16 + 48 + 16 + 16 + 16 + 64 + 64 + 16));
        assertThat(model.parameters()).allMatch(p -> p.name().contains(".lora_"));
        assertThat(model.toString()).contains("gpt2 with adapters [default]");
      }
    }
  }

  @Test
  void severalAdaptersAreSwitchedWeighedDisabledAndDropped() {
    try (PretrainedModel base = gpt2()) {
      float[] bare = logits(base);
      try (PeftModel model = PeftModel.of(base, drawn().build())) {
        float[] first = logits(model);
        model.addAdapter("second", drawn().seed(7).targetModules("c_fc").build());
        assertThat(logits(model)).isEqualTo(first); // The first one stays the active one.

        model.setActiveAdapters("second");
        float[] second = logits(model);
        assertThat(second).isNotEqualTo(first).isNotEqualTo(bare);
        assertThat(model.parameters()).allMatch(p -> p.name().contains(".second."));
        model.setActiveAdapters("default", "second");
        assertThat(logits(model)).isNotEqualTo(first).isNotEqualTo(second);

        try (DisabledAdapters off = model.disableAdapters()) {
          assertThat(logits(model)).isEqualTo(bare);
        }
        model.weighAdapter("second", 0);
        assertThat(logits(model)).isEqualTo(first);
        model.deleteAdapter("second");
        assertThat(model.activeAdapters()).containsExactly("default");
        assertThat(logits(model)).isEqualTo(first);
        assertThatThrownBy(() -> model.setActiveAdapters("third"))
            .hasMessageContaining("there is no adapter 'third', only [default]");
      }
      assertThat(logits(base)).isEqualTo(bare);
    }
  }

  @Test
  void whateverElseTheBaseSaysOrIsToldStaysSo() {
    try (PretrainedModel base = gpt2(Map.of("tie_word_embeddings", false))) {
      try (PeftModel model = PeftModel.of(base, drawn().build())) {
        assertThat(model.lossParts()).isPresent().isEqualTo(base.lossParts());
        assertThat(model.isLookup("transformer.wte.weight")).isTrue();
        assertThat(model.isLookup("lm_head.weight")).isFalse();
        assertThat(model.keysToIgnoreAtInference()).isEqualTo(base.keysToIgnoreAtInference());
        assertThat(model.labelLayout()).isEqualTo(LabelLayout.NEXT);
        model.onTrainBegin(null);
        assertThatThrownBy(() -> base.resizeTokenEmbeddings(60))
            .hasMessageContaining("the model is being trained");
        model.onTrainEnd();
      }
      assertThat(base.resizeTokenEmbeddings(60)).isEqualTo(60);
    }
  }

  @Test
  void withThePrincipalPartInAnAdapterTheModelIsWhatItWas() {
    try (PretrainedModel base = gpt2()) {
      float[] before = logits(base);
      try (PeftModel model = PeftModel.of(base, drawn().initLoraWeights("pissa").build())) {
        assertThat(logits(model))
            .containsExactly(before, org.assertj.core.data.Offset.offset(1e-5f));
        try (DisabledAdapters off = model.disableAdapters()) {
          assertThat(logits(model)).isNotEqualTo(before);
        }
      }
    }
  }

  @Test
  void halfAndMixedPrecisionComputeWithTheAdapter() {
    try (PretrainedModel base = gpt2();
        PeftModel model = PeftModel.of(base, drawn().loraAlpha(64).build())) {
      float[] whole = logits(model);
      try (TrainableModel half = model.halved(HalfType.BFLOAT16)) {
        assertThat(logits(half)).containsExactly(whole, org.assertj.core.data.Offset.offset(0.05f));
      }
      assertThat(logits(model.autocast(HalfType.BFLOAT16)))
          .containsExactly(whole, org.assertj.core.data.Offset.offset(0.05f));
    }
  }

  /** Eight tokens, which are labels, too. */
  static ModelInputs batch(NDManager manager, int number) {
    long[] ids = new long[8];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = (7L * i + 11L * number) % 50;
    }
    NDArray array = manager.create(ids, new Shape(1, 8));
    return ModelInputs.of(Map.of("input_ids", array, "labels", array));
  }

  private byte[] train(Path output, ResumeFrom from) throws IOException {
    AdapterRun.run(output, AdapterRun.UPDATES, from);
    return Files.readAllBytes(output.resolve("final").resolve("adapter_model.safetensors"));
  }

  @Test
  void aCheckpointHoldsTheAdapterAsPeftNamesItAndResumesToTheBit() throws IOException {
    byte[] whole = train(folder.resolve("whole"), ResumeFrom.never());
    Path checkpoint = folder.resolve("whole").resolve("checkpoint-3");
    try (SafetensorsFile file =
        SafetensorsFile.open(checkpoint.resolve("adapter_model.safetensors"))) {
      assertThat(file.names())
          .contains(
              "base_model.model.transformer.h.1.attn.c_attn.lora_A.weight",
              "base_model.model.transformer.wte.lora_embedding_B")
          .allMatch(name -> name.startsWith("base_model.model.transformer."))
          .hasSize(2 * 2 + 3);
    }
    assertThat(checkpoint.resolve("adapter_config.json")).content().contains("\"LORA\"");
    assertThat(checkpoint.resolve("model.safetensors")).doesNotExist();
    assertThat(train(folder.resolve("rest"), ResumeFrom.path(checkpoint))).isEqualTo(whole);
  }

  @Test
  void anAdapterOfAnotherModelIsRefusedWithWhatDiffers() throws IOException {
    try (PretrainedModel base = gpt2();
        PeftModel model = PeftModel.of(base, drawn().build())) {
      model.save(folder.resolve("adapter"));
    }
    try (PretrainedModel wider = gpt2(Map.of("n_embd", 32))) {
      float[] before = logits(wider);
      assertThatThrownBy(() -> PeftModel.load(wider, folder.resolve("adapter")))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("adapter_model.safetensors does not fit the model")
          .hasMessageContaining("lora_A.weight has shape (2, 16)")
          .hasMessageContaining("(2, 32)");
      assertThat(logits(wider)).isEqualTo(before);
    }
    try (PretrainedModel other = ParityModels.load("llama")) {
      assertThatThrownBy(() -> PeftModel.load(other, folder.resolve("adapter")))
          .hasMessageContaining("[c_attn]")
          .hasMessageContaining("q_proj");
    }
    Path config = folder.resolve("adapter").resolve("adapter_config.json");
    for (String[] wrong :
        List.of(
            new String[] {"{\"peft_type\": \"VERA\"}", "peft_type is VERA"},
            new String[] {"{\"peft_type\": \"LORA\", \"use_qalora\": true}", "use_qalora = true"},
            new String[] {"{\"peft_type\": \"LORA\", \"r\": 0}", "r"},
            new String[] {
              "{\"peft_type\": \"LORA\", \"r\": 1073741824}",
              "is 1073741824 for transformer.h.0.attn.c_attn, but no tensor of adapter_model.safetensors has so"
                  + " many rows"
            },
            new String[] {"[]", "is [], expected a JSON object"},
            new String[] {"{", "is not valid JSON"})) {
      Files.writeString(config, wrong[0]);
      try (PretrainedModel base = gpt2()) {
        assertThatThrownBy(() -> PeftModel.load(base, folder.resolve("adapter")))
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessageContaining("adapter_config.json")
            .hasMessageContaining(wrong[1]);
      }
    }
  }

  @Test
  void mergedAdaptersAreNeitherTrainedNorSavedNorSwitchedOff() {
    try (PretrainedModel base = gpt2();
        PeftModel model = PeftModel.of(base, drawn().bias("all").build())) {
      model.merge();
      assertThat(model.parameters()).isEmpty();
      assertThat(model.whyFrozen()).isEqualTo("the adapters are merged: call unmerge()");
      assertThatThrownBy(() -> model.save(folder)).hasMessageContaining("unmerge()");
      assertThatThrownBy(model::disableAdapters).hasMessageContaining("unmerge()");
      model.unmerge();
      assertThat(model.parameters()).isNotEmpty();
    }
  }

  /** As in PEFT: the base of the folder does not know the tokens, and whoever adds them again gets other rows. */
  @Test
  void tokensThatWereAddedToTheBaseGoWithAnAdapter() throws IOException {
    int tokens;
    float[] before;
    try (PretrainedModel base = ParityModels.load("llama")) {
      tokens = base.config().vocabSize() + 3;
      base.resizeTokenEmbeddings(tokens);
      try (PeftModel model = PeftModel.of(base, drawn().targetModules("q_proj").build())) {
        before = logits(model);
        model.save(folder);
      }
    }
    try (PretrainedModel base = ParityModels.load("llama")) {
      assertThatThrownBy(() -> PeftModel.load(base, folder))
          .hasMessageContaining("base_model.model.model.embed_tokens.weight has shape (" + tokens)
          .hasMessageContaining("resizeTokenEmbeddings");
      base.resizeTokenEmbeddings(tokens, 1, false);
      try (PeftModel model = PeftModel.load(base, folder)) {
        assertThat(logits(model)).isEqualTo(before);
        assertThat(model.savedTensors())
            .containsKeys(
                "base_model.model.model.embed_tokens.weight", "base_model.model.lm_head.weight");
      }
    }
  }

  /** Generation reads embeddings by a kernel of its own, token by token. */
  @Test
  void encoderAndDecoderWriteWithAdaptersOfTheirOwnEmbeddings() throws IOException {
    LoraConfig.Builder tables = drawn().targetModules("embed_tokens").loraAlpha(8);
    long[][] text = {{5, 9, 12, 7}};
    GenerationConfig config =
        GenerationConfig.builder().maxNewTokens(5).decoderStartTokenId(2).build();
    try (PretrainedModel base = ParityModels.load("bart");
        PeftModel model = PeftModel.of(base, tables.build())) {
      assertThat(model.parameters())
          .extracting(NamedParameter::name)
          .containsExactly(
              "model.encoder.embed_tokens.lora_embedding_A.default",
              "model.encoder.embed_tokens.lora_embedding_B.default",
              "model.decoder.embed_tokens.lora_embedding_A.default",
              "model.decoder.embed_tokens.lora_embedding_B.default");
      model.parameters().forEach(p -> p.array().set(p.array().add(0.3f).toFloatArray()));
      long[] written = model.generate(text, config).sequences()[0];
      assertThat(written).isNotEqualTo(base.generate(text, config).sequences()[0]);
      for (int length = 1; length < written.length; length++) {
        try (ArrayScope scope = ArrayScope.open()) {
          NDArray read =
              model.manager().create(Arrays.copyOf(written, length), new Shape(1, length));
          NDArray ids = model.manager().create(text[0], new Shape(1, 4));
          NDArray logits =
              model
                  .forward(
                      ModelInputs.of(Map.of("input_ids", ids, "decoder_input_ids", read)), false)
                  .logits();
          assertThat(logits.get(0).get(length - 1).argMax().getLong()).isEqualTo(written[length]);
        }
      }
      assertThatThrownBy(
              () ->
                  model.addAdapter(
                      "shared", drawn().targetModules("q_proj").modulesToSave("shared").build()))
          .hasMessageContaining("modulesToSave names model.shared, in which nothing is looked up")
          .hasMessageContaining("model.decoder.embed_tokens.weight");
    }
  }

  /** What a trainer writes is what {@link PeftModel#save} writes: a folder for each adapter, as PEFT has it. */
  @Test
  void severalAdaptersThatATrainerSavedAreReadOneByOneAndItsCheckpointsResumed()
      throws IOException {
    Path saved = folder.resolve("saved");
    TrainingArguments.Builder args =
        TrainingArguments.builder()
            .outputDir(folder.resolve("run"))
            .useCpu(true)
            .lrSchedulerType(SchedulerType.CONSTANT)
            .saveStrategy(IntervalStrategy.STEPS)
            .saveSteps(2);
    float[] whole = new float[0];
    for (int updates : new int[] {2, 4}) {
      try (PretrainedModel base = gpt2();
          PeftModel model = PeftModel.of(base, drawn().build())) {
        model.addAdapter("second", drawn().seed(7).targetModules("c_fc").build());
        model.setActiveAdapters("default", "second");
        try (Trainer trainer =
            Trainer.builder(model, args.maxSteps(updates).build())
                .trainDataset(Datasets.of(List.of(3, 1, 4, 1, 5, 9)))
                .dataCollator(PeftModelTest::row)
                .build()) {
          trainer.train(updates == 2 ? ResumeFrom.never() : ResumeFrom.latest());
          assertThat(trainer.state().globalStep()).isEqualTo(updates);
          trainer.saveModel(saved);
        }
        whole = logits(model);
      }
    }
    try (PretrainedModel base = gpt2();
        PeftModel model = PeftModel.load(base, saved)) {
      model.loadAdapter("second", saved.resolve("second"));
      model.setActiveAdapters("default", "second");
      assertThat(logits(model)).isEqualTo(whole);
      model.save(folder.resolve("again"));
    }
    for (String file : List.of("adapter_model.safetensors", "second/adapter_model.safetensors")) {
      assertThat(saved.resolve(file)).hasSameBinaryContentAs(folder.resolve("again").resolve(file));
    }
  }

  private static ModelInputs row(List<Integer> samples, NDManager manager) {
    long[] ids = samples.stream().flatMapToLong(i -> LongStream.of(i, i + 1, i + 2)).toArray();
    Shape shape = new Shape(samples.size(), 3);
    return ModelInputs.of(
        Map.of("input_ids", manager.create(ids, shape), "labels", manager.create(ids, shape)));
  }

  @Test
  void aDamagedAdapterIsRefusedByFileAndTensorAndTheModelStaysAsItWas() throws IOException {
    Path adapter = folder.resolve("adapter");
    Path file = adapter.resolve("adapter_model.safetensors");
    String name = "base_model.model.transformer.h.1.attn.c_attn.lora_B.weight";
    try (PretrainedModel base = gpt2();
        PeftModel model = PeftModel.of(base, drawn().build())) {
      float[] bare = logits(base);
      float[] first = logits(model);
      for (float value : new float[] {Float.NaN, Float.NEGATIVE_INFINITY}) {
        model.savedTensors().get(name).set(new NDIndex("0, 1"), value);
        model.save(adapter);
        assertThatThrownBy(() -> PeftModel.load(base, adapter))
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessageContaining(file + ": tensor " + name + " has ")
            .hasMessageContaining(
                Float.isNaN(value) ? "1 values that are NaN" : "1 that are infinite");
      }
      assertThat(logits(base)).isEqualTo(bare).isNotEqualTo(first);
      byte[] whole = Files.readAllBytes(file);
      for (int length : new int[] {whole.length - 1, whole.length / 2, 9, 7, 0}) {
        Files.write(file, Arrays.copyOf(whole, length));
        assertThatThrownBy(() -> PeftModel.load(base, adapter))
            .isInstanceOf(IOException.class)
            .hasMessageContaining(file.toString());
      }
      assertThat(logits(base)).isEqualTo(bare);
    }
  }

  @Test
  void anAdapterOfTheOutputHeadIsNotMergedIntoTheEmbeddingsThatShareIt() {
    try (PretrainedModel base = gpt2();
        PeftModel model = PeftModel.of(base, drawn().targetModules("lm_head").build())) {
      assertThatThrownBy(model::merge)
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("lm_head.weight")
          .hasMessageContaining("transformer.wte.weight");
    }
  }

  @Test
  void namesThatNoModuleHasAreRefusedWithThoseThatThereAre() {
    try (PretrainedModel base = gpt2()) {
      assertThatThrownBy(() -> PeftModel.of(base, drawn().targetModules("q_proj").build()))
          .hasMessageContaining("[q_proj]")
          .hasMessageContaining("c_attn");
      assertThatThrownBy(() -> PeftModel.of(base, drawn().modulesToSave("hat").build()))
          .hasMessageContaining("modulesToSave names 'hat'");
      assertThatThrownBy(() -> LoraConfig.builder().r(0).loraDropout(1).build())
          .hasMessageContaining("r")
          .hasMessageContaining("loraDropout");
      // Nothing was frozen by what was refused.
      assertThat(base.parameters()).hasSize(base.state().size());
    }
  }

  @Test
  void anAdapterSaysWhichModelItIsForAsPeftDoes() throws IOException {
    Path cached =
        folder.resolve("models--org--tiny/snapshots/0123456789012345678901234567890123456789");
    try (PretrainedModel made = gpt2()) {
      made.save(cached);
      PeftModel.of(made, drawn().build()).save(folder.resolve("of-none"));
    }
    assertThat(origin("of-none")).isNull();
    try (PretrainedModel base = AutoModels.causalLm(cached, ParityModels.cpu())) {
      PeftModel.of(base, drawn().build()).save(folder.resolve("of-cache"));
      PeftModel.of(base, drawn().baseModelNameOrPath("me/mine").build())
          .save(folder.resolve("of-user"));
    }
    assertThat(origin("of-cache")).isEqualTo("org/tiny");
    assertThat(origin("of-user")).isEqualTo("me/mine");
  }

  private @Nullable String origin(String adapter) throws IOException {
    return ((LoraConfig) PeftConfig.read(folder.resolve(adapter))).baseModelNameOrPath();
  }

  /** The tensors that PEFT 0.21 has copies of for the same name. */
  @Test
  void aNameOfAModuleToSaveMeansEveryModuleThatEndsWithIt() {
    try (PretrainedModel base = gpt2();
        PeftModel model = PeftModel.of(base, drawn().modulesToSave("n_f", "2").build())) {
      assertThat(
              model.parameters().stream()
                  .map(NamedParameter::name)
                  .filter(name -> !name.contains(".lora_")))
          .containsExactly(
              "transformer.h.0.ln_2.modules_to_save.default.weight",
              "transformer.h.0.ln_2.modules_to_save.default.bias",
              "transformer.h.1.ln_2.modules_to_save.default.weight",
              "transformer.h.1.ln_2.modules_to_save.default.bias",
              "transformer.ln_f.modules_to_save.default.weight",
              "transformer.ln_f.modules_to_save.default.bias");
    }
  }

  @Test
  void aModuleThatIsTrainedAsAWholeTakesNoAdapter() {
    LoraConfig.Builder lora = LoraConfig.builder().r(2).targetModules("all-linear");
    PretrainedConfig distilbert =
        PretrainedConfig.of(
            Map.of(
                "model_type", "distilbert",
                "vocab_size", 50,
                "dim", 8,
                "hidden_dim", 16,
                "n_layers", 1,
                "n_heads", 2));
    try (PretrainedModel base =
        AutoModels.fromConfig(distilbert, Task.SEQUENCE_CLASSIFICATION, ParityModels.cpu())) {
      assertThatThrownBy(() -> PeftModel.of(base, lora.build()))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("modulesToSave is [classifier, score]")
          .hasMessageContaining("excludeModules(\"pre_classifier\")");
      try (PeftModel model = PeftModel.of(base, lora.excludeModules("pre_classifier").build())) {
        assertThat(model.parameters().stream().map(NamedParameter::name))
            .contains(
                "pre_classifier.modules_to_save.default.weight",
                "classifier.modules_to_save.default.bias");
      }
    }
  }
}
