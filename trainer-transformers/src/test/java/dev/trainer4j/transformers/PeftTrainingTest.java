// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import com.fasterxml.jackson.databind.JsonNode;
import dev.trainer4j.ResumeFrom;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.checkpoint.SafetensorsFile;
import dev.trainer4j.data.DataCollator;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.model.NamedParameter;
import dev.trainer4j.state.TrainerState;
import dev.trainer4j.transformers.generation.GenerationConfig;
import dev.trainer4j.transformers.peft.LoraConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Adapters with what else a run may ask for: of every family and head, the adapter moves and the base does not. */
class PeftTrainingTest {

  /** A sample of the data set is one batch of the figures. */
  private static final DataCollator<JsonNode> WHOLE =
      (samples, manager) -> ParityModels.inputs(samples.get(0), manager);

  @TempDir Path folder;

  static List<String> models() {
    return ParityModels.all();
  }

  private TrainingArguments.Builder arguments(int updates) {
    return TrainingArguments.builder()
        .outputDir(folder.resolve("run"))
        .useCpu(true)
        .maxSteps(updates)
        .perDeviceTrainBatchSize(1)
        .perDeviceEvalBatchSize(1)
        .learningRate(1e-2)
        .saveStrategy(IntervalStrategy.NO);
  }

  /** Drawn factors: with zeros, some would have no gradient in the first update. */
  private static LoraConfig.Builder lora() {
    return LoraConfig.builder()
        .r(2)
        .targetModules("all-linear")
        .excludeModules("pre_classifier") // DistilBERT's heads train it as a whole.
        .initLoraWeights("false");
  }

  private static Map<String, float[]> values(Map<String, NDArray> tensors) {
    Map<String, float[]> values = new LinkedHashMap<>();
    tensors.forEach((name, array) -> values.put(name, array.toFloatArray()));
    return values;
  }

  private static Map<String, float[]> trained(PeftModel model) {
    Map<String, float[]> values = new LinkedHashMap<>();
    for (NamedParameter parameter : model.parameters()) {
      values.put(parameter.name(), parameter.array().toFloatArray());
    }
    return values;
  }

  /** Trains and looks at what moved: every tensor of the adapter, and nothing of the base. */
  private static void assertThatTheAdapterAloneMoves(
      String name,
      LoraConfig config,
      TrainingArguments arguments,
      UnaryOperator<Trainer.Builder> more)
      throws IOException {
    List<JsonNode> batches = ParityModels.trainBatches(name);
    try (PretrainedModel base = ParityModels.load(name)) {
      Map<String, float[]> before = values(base.state());
      try (PeftModel model = PeftModel.of(base, config)) {
        Map<String, float[]> adapter = trained(model);
        try (Trainer trainer =
            more.apply(
                    Trainer.builder(model, arguments)
                        .trainDataset(Datasets.of(batches))
                        .dataCollator(WHOLE))
                .build()) {
          assertThat(trainer.train().trainingLoss()).isFinite();
        }
        Map<String, float[]> after = trained(model);
        assertThat(after).hasSameSizeAs(adapter).isNotEmpty();
        after.forEach(
            (tensor, values) -> {
              if (!isAddedToAllChoices(name, tensor)) {
                assertThat(values).as(tensor).isNotEqualTo(adapter.get(tensor));
              }
              for (float value : values) {
                assertThat(value).as(tensor).isFinite();
              }
            });
      }
      Map<String, float[]> now = values(base.state());
      assertThat(now.keySet()).isEqualTo(before.keySet());
      now.forEach((tensor, values) -> assertThat(values).as(tensor).isEqualTo(before.get(tensor)));
    }
  }

  /** A softmax over choices does not see what is added to each of them. */
  private static boolean isAddedToAllChoices(String model, String tensor) {
    return model.endsWith("-choice") && tensor.equals("classifier.modules_to_save.default.bias");
  }

  @ParameterizedTest
  @MethodSource("models")
  void everyFamilyAndHeadIsTrained(String name) throws IOException {
    assertThatTheAdapterAloneMoves(
        name, lora().loraDropout(0.1).build(), arguments(1).build(), builder -> builder);
  }

  @ParameterizedTest
  @MethodSource("models")
  void inMixedPrecisionWithCheckpointingAndAccumulation(String name) throws IOException {
    assertThatTheAdapterAloneMoves(
        name,
        lora().useDora(true).build(),
        arguments(1).bf16(true).gradientCheckpointing(true).gradientAccumulationSteps(2).build(),
        builder -> builder);
  }

  @Test
  void theBestAdapterIsLoadedAtTheEnd() throws IOException {
    List<JsonNode> batches = ParityModels.trainBatches("bert-classify");
    Path run = folder.resolve("run");
    TrainingArguments arguments =
        arguments(4)
            .learningRate(1.0) // Each update makes it worse.
            .evalStrategy(IntervalStrategy.STEPS)
            .evalSteps(1.0)
            .saveStrategy(IntervalStrategy.STEPS)
            .saveSteps(1.0)
            .loadBestModelAtEnd(true)
            .build();
    try (PretrainedModel base = ParityModels.load("bert-classify");
        PeftModel model = PeftModel.of(base, lora().build());
        Trainer trainer =
            Trainer.builder(model, arguments)
                .trainDataset(Datasets.of(batches))
                .evalDataset(Datasets.of(batches))
                .dataCollator(WHOLE)
                .build()) {
      trainer.train();
      Path best = Path.of(Objects.requireNonNull(trainer.state().bestModelCheckpoint()));
      assertThat(best.getParent()).isEqualTo(run);
      assertThat(best).isNotEqualTo(run.resolve("checkpoint-4"));
      try (SafetensorsFile file = SafetensorsFile.open(best.resolve("adapter_model.safetensors"))) {
        Map<String, NDArray> now = model.savedTensors();
        assertThat(file.names()).containsExactlyInAnyOrderElementsOf(now.keySet());
        for (String tensor : file.names()) {
          assertThat(now.get(tensor).toFloatArray())
              .as(tensor)
              .isEqualTo(file.read(tensor, base.manager()).toFloatArray());
        }
      }
    }
  }

  @Test
  void textIsWrittenWhileTheAdapterLearns() throws IOException {
    List<long[]> texts = new ArrayList<>();
    try (PretrainedModel base = ParityModels.load("gpt2");
        PeftModel model = PeftModel.of(base, lora().build());
        Trainer trainer =
            Trainer.builder(model, arguments(3).learningRate(0.3).build())
                .trainDataset(Datasets.of(ParityModels.trainBatches("gpt2")))
                .dataCollator(WHOLE)
                .callback(
                    new TrainerCallback() {
                      @Override
                      public void onStepEnd(
                          CallbackContext ctx, TrainerState state, TrainerControl control) {
                        GenerationConfig settings =
                            GenerationConfig.builder().maxNewTokens(8).minNewTokens(8).build();
                        texts.add(model.generate(new long[][] {{11, 12}}, settings).newTokens()[0]);
                      }
                    })
                .build()) {
      trainer.train();
    }
    assertThat(texts).hasSize(3);
    assertThat(texts.get(2)).isNotEqualTo(texts.get(0));
  }

  @Test
  void anotherProcessGoesOnWithARunToTheBit() throws Exception {
    Path whole = folder.resolve("whole");
    Path interrupted = folder.resolve("interrupted");
    AdapterRun.run(whole, AdapterRun.UPDATES, ResumeFrom.never());
    AdapterRun.run(interrupted, 3, ResumeFrom.never());
    Process child =
        new ProcessBuilder(ChildJvm.command(AdapterRun.class, interrupted))
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("output.txt").toFile())
            .start();
    assertThat(child.waitFor()).as(() -> folder.resolve("output.txt").toString()).isZero();
    assertThat(interrupted.resolve("checkpoint-6")).isDirectory();
    assertThat(adapter(interrupted)).isEqualTo(adapter(whole));
    assertThat(Files.readAllBytes(interrupted.resolve("checkpoint-6/optimizer.safetensors")))
        .isEqualTo(Files.readAllBytes(whole.resolve("checkpoint-6/optimizer.safetensors")));
  }

  private static byte[] adapter(Path run) throws IOException {
    return Files.readAllBytes(run.resolve("final").resolve("adapter_model.safetensors"));
  }
}
