// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.data.DataCollator;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.process.ProcessGroup;
import dev.trainer4j.torch.HalfType;
import dev.trainer4j.torch.MovableTensors;
import dev.trainer4j.transformers.peft.LoraConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Models that are made without their weights, against models that are loaded with them. */
@Timeout(300)
class DeferredWeightsTest {

  private static final Map<String, Map<String, Object>> CONFIGS =
      Map.of(
          "bert",
          Map.of(
              "model_type", "bert",
              "vocab_size", 51,
              "hidden_size", 16,
              "num_hidden_layers", 2,
              "num_attention_heads", 2,
              "intermediate_size", 32),
          "llama",
          Map.of(
              "model_type", "llama",
              "vocab_size", 51,
              "hidden_size", 16,
              "num_hidden_layers", 2,
              "num_attention_heads", 2,
              "num_key_value_heads", 1,
              "intermediate_size", 37),
          "gpt2",
          Map.of(
              "model_type", "gpt2",
              "vocab_size", 51,
              "n_embd", 12,
              "n_layer", 2,
              "n_head", 2,
              "n_positions", 16));

  private static final DataCollator<Integer> BATCHES =
      (samples, manager) -> {
        long[] ids =
            IntStream.range(0, 8 * samples.size())
                .mapToLong(i -> 3 + (7L * (i % 8) + 11L * samples.get(i / 8)) % 40)
                .toArray();
        Shape shape = new Shape(samples.size(), 8);
        return ModelInputs.of(
            Map.of("input_ids", manager.create(ids, shape), "labels", manager.create(ids, shape)));
      };

  @TempDir Path folder;

  /** What a run leaves: figures, and the bytes of the model that rank 0 has saved. */
  private record Outcome(List<Double> figures, byte[] saved) {}

  private static PretrainedConfig config(String family, boolean tied) {
    Map<String, Object> config = new HashMap<>(CONFIGS.get(family));
    config.put("tie_word_embeddings", tied);
    return PretrainedConfig.of(config);
  }

  private static LoadOptions options() {
    return ParityModels.cpu().withSeed(3);
  }

  private static LoadOptions deferred() {
    return options().withDeferredWeights(true);
  }

  /** A folder with random weights of a type. */
  private Path written(String family, boolean tied, Task task, Dtype dtype) throws IOException {
    Path target = folder.resolve("model");
    try (PretrainedModel model =
        AutoModels.fromConfig(config(family, tied), task, options().withSeed(8))) {
      model.save(target, SaveOptions.defaults().withDtype(dtype));
    }
    return target;
  }

  private TrainingArguments.Builder args(int stage) {
    return TrainingArguments.builder()
        .outputDir(folder.resolve("out"))
        .maxSteps(3)
        .perDeviceTrainBatchSize(2)
        .learningRate(0.01)
        .loggingSteps(1)
        .evalStrategy(IntervalStrategy.STEPS)
        .evalSteps(2.0)
        .saveStrategy(IntervalStrategy.NO)
        .useCpu(true)
        .deepspeed(Map.of("zero_optimization", Map.of("stage", stage)));
  }

  private static Trainer trainer(TrainableModel model, ProcessGroup group, TrainingArguments args) {
    return Trainer.builder(model, args)
        .trainDataset(Datasets.of(IntStream.range(0, 19).boxed().toList()))
        .evalDataset(Datasets.of(IntStream.range(30, 37).boxed().toList()))
        .dataCollator(BATCHES)
        .processGroup(group)
        .build();
  }

  private Outcome run(PretrainedModel base, boolean lora, ProcessGroup group, int stage) {
    try (base) {
      TrainableModel model =
          lora
              ? PeftModel.of(base, LoraConfig.builder().r(3).targetModules("all-linear").build())
              : base;
      Path saved = folder.resolve("saved" + group.rank());
      try (Trainer trainer = trainer(model, group, args(stage).build())) {
        trainer.train();
        if (stage == 3 && group.worldSize() > 1) {
          assertQuantizedAreShared(base);
        }
        Path common = folder.resolve("saved0");
        trainer.saveModel(common);
        List<Double> figures =
            trainer.state().logHistory().stream()
                .flatMap(
                    line ->
                        List.of("loss", "grad_norm", "eval_loss").stream()
                            .flatMap(name -> line.value(name).stream().boxed()))
                .toList();
        return new Outcome(
            figures,
            saved.equals(common)
                ? Files.readAllBytes(common.resolve(model.tensorsFile()))
                : new byte[0]);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /** A rank has neither numbers nor scales between passes, only its share of them. */
  private static void assertQuantizedAreShared(PretrainedModel base) {
    Map<String, NDArray> state = base.state();
    for (String name : base.quantizedTensors()) {
      String scales = name + ".absmax";
      String ofEightBits = name.replaceAll("weight$", "SCB");
      assertThat(List.of(name, state.containsKey(scales) ? scales : ofEightBits))
          .allSatisfy(tensor -> assertThat(MovableTensors.isDisplaced(state.get(tensor))).isTrue());
    }
  }

  /** The same training of models that a function makes, with their weights and without. */
  private void assertSame(
      int worldSize, int stage, boolean lora, Function<LoadOptions, PretrainedModel> loading)
      throws Exception {
    List<Outcome> expected =
        RankThreads.call(worldSize, group -> run(loading.apply(options()), lora, group, stage));
    List<Outcome> actual =
        RankThreads.call(worldSize, group -> run(loading.apply(deferred()), lora, group, stage));
    assertThat(expected.get(0).figures).hasSizeGreaterThan(5).doesNotContain(Double.NaN);
    for (int rank = 0; rank < worldSize; rank++) {
      assertThat(actual.get(rank).figures).isEqualTo(expected.get(rank).figures);
      assertThat(actual.get(rank).saved).isEqualTo(expected.get(rank).saved);
    }
    assertThat(actual.get(0).saved).isNotEmpty();
  }

  private static PretrainedModel loaded(Path from, Task task, LoadOptions options) {
    try {
      return AutoModels.load(from, task, options);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Task task(String family) {
    return family.equals("bert") ? Task.MASKED_LM : Task.CAUSAL_LM;
  }

  @ParameterizedTest
  @CsvSource({
    "llama, false, 3, FLOAT32, FLOAT32, false",
    "llama, true, 2, BFLOAT16, FLOAT32, false",
    "bert, true, 3, FLOAT32, FLOAT32, false",
    "llama, false, 2, FLOAT16, FLOAT16, true",
    "llama, true, 3, FLOAT32, BFLOAT16, true",
  })
  void ranksThatReadTheirSharesLearnToTheBitWhatRanksThatHadAllLearn(
      String family, boolean tied, int worldSize, Dtype file, Dtype memory, boolean lora)
      throws Exception {
    Path from = written(family, tied, task(family), file);
    assertSame(
        worldSize, 3, lora, options -> loaded(from, task(family), options.withDtype(memory)));
  }

  /** Quantized when they are read, or in the folder; numbers and scales are cut anywhere. */
  @ParameterizedTest
  @CsvSource({
    "llama, 3, true, false, false",
    "llama, 2, false, false, false",
    "gpt2, 3, false, true, false",
    "llama, 2, true, false, true",
    "gpt2, 2, false, true, true",
    "llama, 1, false, true, false",
  })
  void andSoDoAdaptersOverQuantizedWeights(
      String family, int worldSize, boolean eightBit, boolean nested, boolean inFolder)
      throws Exception {
    QuantizationConfig config =
        QuantizationConfig.builder()
            .loadIn8bit(eightBit)
            .loadIn4bit(!eightBit)
            .bnb4bitUseDoubleQuant(nested)
            .build();
    Path plain = written(family, false, Task.CAUSAL_LM, Dtype.FLOAT32);
    Path quantized = folder.resolve("quantized");
    try (PretrainedModel model =
        loaded(plain, Task.CAUSAL_LM, options().withQuantization(config))) {
      model.save(quantized);
    }
    assertSame(
        worldSize,
        3,
        true,
        options ->
            inFolder
                ? loaded(quantized, Task.CAUSAL_LM, options)
                : loaded(plain, Task.CAUSAL_LM, options.withQuantization(config)));
  }

  @Test
  void aHeadThatNoFileHoldsIsDrawnAsEver() throws Exception {
    Path from = written("bert", true, Task.FEATURE_EXTRACTION, Dtype.FLOAT32);
    assertSame(2, 3, false, options -> loaded(from, Task.MASKED_LM, options));
  }

  @Test
  void aModelOfAConfigurationIsDrawnAsEver() throws Exception {
    assertSame(
        3,
        3,
        false,
        options -> AutoModels.fromConfig(config("bert", true), Task.MASKED_LM, options));
  }

  @ParameterizedTest
  @CsvSource({"1, 3", "2, 0", "2, 2"})
  void aTrainerThatDoesNotShareParametersReadsAll(int worldSize, int stage) throws Exception {
    Path from = written("llama", false, Task.CAUSAL_LM, Dtype.BFLOAT16);
    assertSame(worldSize, stage, false, options -> loaded(from, Task.CAUSAL_LM, options));
  }

  @ParameterizedTest
  @CsvSource({"FLOAT32, FLOAT32", "FLOAT32, BFLOAT16", "BFLOAT16, BFLOAT16", "BFLOAT16, FLOAT16"})
  void evaluationsNeedNoTraining(Dtype file, Dtype memory) throws Exception {
    Path from = written("llama", false, Task.CAUSAL_LM, file);
    List<Double> shared = evaluated(from, deferred().withDtype(memory), 3);
    assertThat(shared).isEqualTo(evaluated(from, options().withDtype(memory), 0));
    assertThat(shared.get(0)).isGreaterThan(1);
  }

  private List<Double> evaluated(Path from, LoadOptions options, int stage) throws Exception {
    return RankThreads.call(
        3,
        group -> {
          try (PretrainedModel model = loaded(from, Task.CAUSAL_LM, options);
              Trainer trainer = trainer(model, group, args(stage).build())) {
            return trainer.evaluate().metrics().get("eval_loss");
          }
        });
  }

  @Test
  void whatIsFrozenBetweenBuildAndTrainStaysAsItIs() throws Exception {
    Path from = written("llama", false, Task.CAUSAL_LM, Dtype.FLOAT32);
    List<byte[]> saved =
        RankThreads.call(
            2,
            group -> {
              try (PretrainedModel model = loaded(from, Task.CAUSAL_LM, deferred());
                  Trainer trainer = trainer(model, group, args(3).build())) {
                model.freeze("model.layers.0", "lm_head");
                trainer.train();
                trainer.saveModel(folder.resolve("saved0"));
                return new byte[0];
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            });
    assertThat(saved).hasSize(2);
    try (PretrainedModel before = AutoModels.load(from, options());
        PretrainedModel after = AutoModels.load(folder.resolve("saved0"), options())) {
      before
          .state()
          .forEach(
              (name, array) -> {
                boolean same = name.startsWith("model.layers.0") || name.startsWith("lm_head");
                assertThat(after.state().get(name).contentEquals(array)).as(name).isEqualTo(same);
              });
    }
  }

  @Test
  void whatNeedsTheWeightsSaysThatTheyHaveNotBeenRead() throws Exception {
    Path from = written("llama", false, Task.CAUSAL_LM, Dtype.FLOAT32);
    try (PretrainedModel model = AutoModels.causalLm(from, deferred())) {
      ModelInputs inputs = ids(model);
      List<Runnable> uses =
          List.of(
              () -> model.forward(inputs, false),
              () -> model.generate(new long[][] {{4, 5}}),
              () -> model.halved(HalfType.BFLOAT16),
              () -> model.resizeTokenEmbeddings(60),
              model::dequantize,
              () -> saveUnchecked(model),
              () -> adapted(model, LoraConfig.builder().initLoraWeights("pissa")),
              () -> adapted(model, LoraConfig.builder().useDora(true)),
              () -> adapted(model, LoraConfig.builder().modulesToSave("lm_head")),
              () -> PeftModel.of(model, LoraConfig.builder().build()).merge());
      for (Runnable use : uses) {
        assertThatThrownBy(use::run)
            .isInstanceOf(IllegalStateException.class)
            .hasMessageContainingAll("withDeferredWeights", "still in " + from);
      }
      assertThat(folder.resolve("elsewhere")).doesNotExist();
    }
  }

  private static ModelInputs ids(PretrainedModel model) {
    NDArray ids = model.manager().create(new long[] {4, 5}, new Shape(1, 2));
    return ModelInputs.of(Map.of("input_ids", ids));
  }

  private void saveUnchecked(PretrainedModel model) {
    try {
      model.save(folder.resolve("elsewhere"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void adapted(PretrainedModel model, LoraConfig.Builder config) {
    PeftModel.of(model, config.build()).close();
  }

  @Test
  void aModelThatNoRankHadWholeIsNotGivenBack() throws Exception {
    Path from = written("llama", false, Task.CAUSAL_LM, Dtype.FLOAT32);
    RankThreads.call(
        2,
        group -> {
          try (PretrainedModel model = loaded(from, Task.CAUSAL_LM, deferred())) {
            ModelInputs inputs = ids(model);
            trainer(model, group, args(3).build()).close();
            assertThatThrownBy(() -> model.forward(inputs, false))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("load what saveModel has written");
            assertThatThrownBy(() -> trainer(model, group, args(3).build()))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("shared out among ranks");
          }
          return true;
        });
  }

  @Test
  void ranksThatWouldReadPiecesOfTwoModelsAreRefused() throws Exception {
    Path one = written("llama", false, Task.CAUSAL_LM, Dtype.FLOAT32);
    Path other = folder.resolve("other");
    try (PretrainedModel model = AutoModels.causalLm(one, options())) {
      model.state().get("model.norm.weight").addi(1);
      model.save(other);
    }
    assertThatThrownBy(
            () ->
                RankThreads.call(
                    2,
                    group -> {
                      try (PretrainedModel model =
                          loaded(group.rank() == 0 ? one : other, Task.CAUSAL_LM, deferred())) {
                        trainer(model, group, args(3).build()).close();
                        return true;
                      }
                    }))
        .rootCause()
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining(
            "what the model's weights are read from is not the same on all ranks");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 3})
  void aFileThatChangedSinceIsRefusedAndOneThatIsGoneIsNamed(int stage) throws Exception {
    Path from = written("llama", false, Task.CAUSAL_LM, Dtype.FLOAT32);
    try (PretrainedModel changed = AutoModels.causalLm(from, deferred());
        PretrainedModel gone = AutoModels.causalLm(from, deferred())) {
      written("llama", false, Task.CAUSAL_LM, Dtype.BFLOAT16);
      assertThatThrownBy(() -> builtByTwo(changed, stage))
          .rootCause()
          .hasMessageContaining("has changed since the model was loaded without its weights");
      Files.delete(from.resolve("model.safetensors"));
      assertThatThrownBy(() -> builtByTwo(gone, stage))
          .rootCause()
          .hasMessageContainingAll(from.toString(), "neither model.safetensors");
    }
  }

  /** One model for both ranks will do for what fails. */
  private void builtByTwo(PretrainedModel model, int stage) throws Exception {
    RankThreads.call(
        2,
        group -> {
          trainer(model, group, args(stage).build()).close();
          return true;
        });
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void cpuRamEfficientLoadingWantsAModelWithoutWeights(boolean isDeferred) throws Exception {
    Path from = written("llama", false, Task.CAUSAL_LM, Dtype.FLOAT32);
    TrainingArguments args =
        args(0)
            .deepspeed(Map.of())
            .fsdp(true)
            .fsdpConfig(Map.of("cpu_ram_efficient_loading", true))
            .bf16FullEval(!isDeferred)
            .build();
    Function<ProcessGroup, Boolean> training =
        group -> {
          LoadOptions options = options().withDeferredWeights(isDeferred);
          try (PretrainedModel model = loaded(from, Task.CAUSAL_LM, options);
              Trainer trainer = trainer(model, group, args)) {
            trainer.train();
            return true;
          }
        };
    if (isDeferred) {
      assertThat(RankThreads.call(2, training)).containsExactly(true, true);
    } else {
      assertThatThrownBy(() -> RankThreads.call(2, training))
          .rootCause()
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContainingAll(
              "cpu_ram_efficient_loading", "withDeferredWeights(true)", "bf16FullEval: ");
    }
  }

  @Test
  void aModelThatATrainerMakesForEachRunHasItsWeights() throws Exception {
    Path from = written("llama", false, Task.CAUSAL_LM, Dtype.FLOAT32);
    assertThatThrownBy(
            () ->
                Trainer.builder(
                        () -> loaded(from, Task.CAUSAL_LM, deferred()),
                        args(0).evalStrategy(IntervalStrategy.NO).build())
                    .build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("modelInit", "without its weights");
  }
}
