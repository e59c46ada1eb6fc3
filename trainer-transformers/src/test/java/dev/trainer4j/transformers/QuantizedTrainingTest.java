// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;
import static org.assertj.core.data.Percentage.withPercentage;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.ResumeFrom;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.checkpoint.SafetensorsFile;
import dev.trainer4j.data.DataCollator;
import dev.trainer4j.data.Dataset;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.state.TrainerState;
import dev.trainer4j.transformers.peft.LoraConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** LoRA over quantized bases, and beside it over the same in float32. */
class QuantizedTrainingTest {

  /** What the base learns to spell, and what its adapters do then. */
  private static final String PROSE =
      "All happy families are alike; each unhappy family is unhappy in its own way. Everything was in"
          + " confusion in the house. The wife had discovered that the husband was carrying on an"
          + " intrigue with a French girl, who had been a governess in their family, and she had"
          + " announced to her husband that she could not go on living in the same house with him. ";

  private static final String VERSE =
      "Shall I compare thee to a summer's day? Thou art more lovely and more temperate: Rough winds do"
          + " shake the darling buds of May, And summer's lease hath all too short a date: Sometime too"
          + " hot the eye of heaven shines, And often is his gold complexion dimm'd; ";

  private static final int LENGTH = 32;
  private static final Path STATUS = Path.of("/proc/self/status");

  private static final QuantizationConfig NF4 =
      QuantizationConfig.builder()
          .loadIn4bit(true)
          .bnb4bitUseDoubleQuant(true)
          .bnb4bitComputeDtype(Dtype.BFLOAT16)
          .build();

  private static final QuantizationConfig INT8 =
      QuantizationConfig.builder().loadIn8bit(true).bnb4bitComputeDtype(Dtype.BFLOAT16).build();

  private static final DataCollator<Integer> COUNTING =
      (samples, manager) -> {
        long[] ids = new long[8 * samples.size()];
        for (int i = 0; i < ids.length; i++) {
          ids[i] = 3 + (7L * i + 11L * samples.get(i / 8)) % 60;
        }
        NDArray array = manager.create(ids, new Shape(samples.size(), 8));
        return ModelInputs.of(Map.of("input_ids", array, "labels", array));
      };

  @TempDir Path folder;

  private static DataCollator<Integer> windowsOf(String text) {
    return (starts, manager) -> {
      long[] ids = new long[starts.size() * LENGTH];
      for (int i = 0; i < ids.length; i++) {
        ids[i] = text.charAt((starts.get(i / LENGTH) + i % LENGTH) % text.length()) - 32;
      }
      NDArray array = manager.create(ids, new Shape(starts.size(), LENGTH));
      return ModelInputs.of(Map.of("input_ids", array, "labels", array));
    };
  }

  private static Dataset<Integer> starts() {
    return Datasets.of(IntStream.range(0, 40).mapToObj(i -> 7 * i).toList());
  }

  private TrainingArguments.Builder arguments(String name) {
    return TrainingArguments.builder()
        .outputDir(folder.resolve(name))
        .useCpu(true)
        .perDeviceTrainBatchSize(8)
        .perDeviceEvalBatchSize(20)
        .saveStrategy(IntervalStrategy.NO);
  }

  private static Trainer.Builder trainer(
      TrainableModel model, TrainingArguments arguments, String text) {
    return Trainer.builder(model, arguments)
        .trainDataset(starts())
        .evalDataset(starts())
        .dataCollator(windowsOf(text));
  }

  /** A folder of a model that has learned to spell. */
  private Path pretrained() throws IOException {
    PretrainedConfig config =
        PretrainedConfig.of(
            Map.of(
                "model_type",
                "llama",
                "vocab_size",
                96,
                "hidden_size",
                64,
                "intermediate_size",
                128,
                "num_hidden_layers",
                2,
                "num_attention_heads",
                4,
                "num_key_value_heads",
                2));
    Path base = folder.resolve("base");
    try (PretrainedModel model =
            AutoModels.fromConfig(config, Task.CAUSAL_LM, ParityModels.cpu().withSeed(1));
        Trainer trainer =
            trainer(model, arguments("pretrain").maxSteps(120).learningRate(3e-3).build(), PROSE)
                .build()) {
      trainer.train();
      assertThat(trainer.evaluate().metric("loss")).isLessThan(1.5);
      model.save(base);
    }
    return base;
  }

  private static LoadOptions options(@Nullable QuantizationConfig quantization) {
    LoadOptions options = ParityModels.cpu();
    return quantization == null ? options : options.withQuantization(quantization);
  }

  private double lossOfLora(Path base, String name, @Nullable QuantizationConfig quantization)
      throws IOException {
    try (PretrainedModel model = AutoModels.causalLm(base, options(quantization));
        PeftModel adapted =
            PeftModel.of(model, LoraConfig.builder().r(8).targetModules("all-linear").build());
        Trainer trainer =
            trainer(adapted, arguments(name).maxSteps(100).learningRate(5e-3).build(), VERSE)
                .build()) {
      double before = trainer.evaluate().metric("loss");
      trainer.train();
      double after = trainer.evaluate().metric("loss");
      assertThat(after).isLessThan(0.5 * before);
      return after;
    }
  }

  @Test
  void adaptersLearnOverQuantizedBasesWhatTheyLearnOverTheWhole() throws IOException {
    Path base = pretrained();
    double whole = lossOfLora(base, "whole", null);
    assertThat(lossOfLora(base, "int8", INT8)).isCloseTo(whole, withPercentage(1));
    assertThat(lossOfLora(base, "nf4", NF4)).isCloseTo(whole, withPercentage(3));
  }

  private byte[] train(Path output, int updates, ResumeFrom from, boolean checkpointing)
      throws IOException {
    TrainingArguments arguments =
        TrainingArguments.builder()
            .outputDir(output)
            .useCpu(true)
            .maxSteps(updates)
            .perDeviceTrainBatchSize(2)
            .learningRate(1e-2)
            .gradientCheckpointing(checkpointing)
            .saveStrategy(IntervalStrategy.STEPS)
            .saveSteps(3.0)
            .build();
    try (PretrainedModel base = AutoModels.load(ParityModels.folder("llama"), options(NF4));
        PeftModel model =
            PeftModel.of(
                base,
                LoraConfig.builder().r(2).loraDropout(0.2).targetModules("all-linear").build());
        Trainer trainer =
            Trainer.builder(model, arguments)
                .trainDataset(Datasets.of(IntStream.range(0, 12).boxed().toList()))
                .dataCollator(COUNTING)
                .build()) {
      trainer.train(from);
      trainer.saveModel(output.resolve("final"));
    }
    return Files.readAllBytes(output.resolve("final").resolve("adapter_model.safetensors"));
  }

  @Test
  void aRunOverAQuantizedBaseResumesToTheBitAndItsCheckpointsHoldAdaptersAlone()
      throws IOException {
    for (boolean checkpointing : new boolean[] {false, true}) {
      Path whole = folder.resolve("whole" + checkpointing);
      byte[] six = train(whole, 6, ResumeFrom.never(), checkpointing);
      Path half = whole.resolve("checkpoint-3");
      assertThat(half.resolve("model.safetensors")).doesNotExist();
      try (SafetensorsFile file = SafetensorsFile.open(half.resolve("adapter_model.safetensors"))) {
        assertThat(file.names()).allMatch(name -> name.contains(".lora_"));
      }
      Path rest = folder.resolve("rest" + checkpointing);
      assertThat(train(rest, 6, ResumeFrom.path(half), checkpointing)).isEqualTo(six);
    }
  }

  @Test
  void runningSegmentsAgainGivesTheSameGradients() throws IOException {
    List<float[]> trained = new ArrayList<>();
    for (boolean checkpointing : new boolean[] {false, true}) {
      Path base = ParityModels.folder("llama");
      try (PretrainedModel model = AutoModels.load(base, QuantizedFolderTest.exact(INT8));
          PeftModel adapted =
              PeftModel.of(model, LoraConfig.builder().r(2).targetModules("all-linear").build());
          Trainer trainer =
              trainer(
                      adapted,
                      arguments("again" + checkpointing)
                          .maxSteps(3)
                          .learningRate(1e-2)
                          .gradientCheckpointing(checkpointing)
                          .build(),
                      "abcdefgh +*-/&%$0123456789")
                  .build()) {
        trainer.train();
        trained.add(adapted.parameters().get(1).array().toFloatArray());
      }
    }
    assertThat(trained.get(1)).containsExactly(trained.get(0), offset(1e-5f));
  }

  private static long residentKib() {
    try {
      System.gc();
      return Files.readAllLines(STATUS).stream()
          .filter(line -> line.startsWith("VmRSS:"))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
          .findFirst()
          .orElseThrow();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A matrix of bfloat16 kept an update would be 16 KiB for the smallest layer. */
  @Test
  void nativeMemoryStaysFlatOverHundredsOfUpdates() throws IOException {
    assumeTrue(Files.isReadable(STATUS), "the system does not tell the resident size");
    List<Long> resident = new ArrayList<>();
    TrainerCallback meter =
        new TrainerCallback() {
          @Override
          public void onStepBegin(CallbackContext ctx, TrainerState state, TrainerControl control) {
            if (state.globalStep() >= 150 && state.globalStep() % 50 == 0) {
              resident.add(residentKib());
            }
          }
        };
    PretrainedConfig config =
        PretrainedConfig.of(
            Map.of(
                "model_type",
                "llama",
                "vocab_size",
                96,
                "hidden_size",
                128,
                "intermediate_size",
                256,
                "num_hidden_layers",
                2,
                "num_attention_heads",
                2,
                "num_key_value_heads",
                2));
    try (PretrainedModel model =
            AutoModels.fromConfig(
                config, Task.CAUSAL_LM, options(NF4.withComputeDtype(Dtype.FLOAT32)));
        PeftModel adapted =
            PeftModel.of(model, LoraConfig.builder().r(2).targetModules("all-linear").build());
        Trainer trainer =
            trainer(adapted, arguments("flat").maxSteps(500).build(), VERSE)
                .callback(meter)
                .build()) {
      trainer.train();
    }
    int half = resident.size() / 2;
    long early =
        resident.subList(0, half).stream().sorted().skip(half / 2).findFirst().orElseThrow();
    long late =
        resident.subList(half, resident.size()).stream()
            .sorted()
            .skip(half / 2)
            .findFirst()
            .orElseThrow();
    // 150 updates lie between the two; with one matrix of 64 KiB kept in each it would be 9,600.
    assertThat(late - early).as("KiB, of " + resident).isLessThan(4000);
  }
}
