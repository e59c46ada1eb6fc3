// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.PredictionOutput;
import dev.trainer4j.ResumeFrom;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.OptimizerName;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.checkpoint.SafetensorsFile;
import dev.trainer4j.data.DataCollator;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.process.ProcessGroup;
import dev.trainer4j.state.TrainerState;
import dev.trainer4j.transformers.generation.GenerationConfig;
import dev.trainer4j.transformers.generation.GenerativeModel;
import dev.trainer4j.transformers.peft.LoraConfig;
import dev.trainer4j.transformers.trainer.Seq2SeqTrainer;
import dev.trainer4j.transformers.trainer.Seq2SeqTrainingArguments;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Pretrained models whose parameters ranks share out, against ranks that hold them all. */
@Timeout(300)
class SharedParametersTest {

  private static final int GLOBAL_BATCH = 6;
  private static final int LENGTH = 8;

  private static final Map<String, Map<String, Object>> CONFIGS =
      Map.of(
          "bert",
          Map.of(
              "model_type", "bert",
              "vocab_size", 50,
              "hidden_size", 16,
              "num_hidden_layers", 3,
              "num_attention_heads", 2,
              "intermediate_size", 32,
              "hidden_dropout_prob", 0.2,
              "attention_probs_dropout_prob", 0.2),
          "llama",
          Map.of(
              "model_type", "llama",
              "vocab_size", 50,
              "hidden_size", 16,
              "num_hidden_layers", 3,
              "num_attention_heads", 2,
              "num_key_value_heads", 1,
              "intermediate_size", 32),
          "t5",
          Map.of(
              "model_type", "t5",
              "vocab_size", 50,
              "d_model", 16,
              "d_kv", 8,
              "d_ff", 32,
              "num_layers", 2,
              "num_heads", 2,
              "decoder_start_token_id", 0,
              "dropout_rate", 0.2));

  @TempDir Path folder;

  /** What one rank saw. */
  private record Seen(
      List<Double> losses,
      List<Double> norms,
      List<Double> evaluations,
      Map<String, float[]> weights) {}

  /** How a run differs from the others. */
  private record Kind(String family, boolean tied, boolean dropout, String variant) {}

  private static final DataCollator<Integer> BATCHES =
      (samples, manager) -> {
        long[] ids = new long[samples.size() * LENGTH];
        long[] mask = new long[ids.length];
        for (int i = 0; i < ids.length; i++) {
          int sample = samples.get(i / LENGTH);
          int place = i % LENGTH;
          ids[i] = 3 + (7L * place + 11L * sample) % 40;
          mask[i] = place < 5 + sample % 3 ? 1 : 0;
        }
        Shape shape = new Shape(samples.size(), LENGTH);
        return ModelInputs.of(
            Map.of(
                "input_ids", manager.create(ids, shape),
                "attention_mask", manager.create(mask, shape),
                "labels", manager.create(ids, shape)));
      };

  /** The first half of a row is the prompt. */
  private static final DataCollator<Integer> PROMPTS =
      (samples, manager) -> {
        long[] ids = new long[samples.size() * LENGTH];
        long[] labels = new long[ids.length];
        for (int i = 0; i < ids.length; i++) {
          ids[i] = 3 + (7L * (i % LENGTH) + 11L * samples.get(i / LENGTH)) % 40;
          labels[i] = i % LENGTH < LENGTH / 2 ? -100 : ids[i];
        }
        Shape shape = new Shape(samples.size(), LENGTH);
        return ModelInputs.of(
            Map.of(
                "input_ids", manager.create(ids, shape), "labels", manager.create(labels, shape)));
      };

  private static Task task(String family) {
    return switch (family) {
      case "bert" -> Task.MASKED_LM;
      case "t5" -> Task.SEQ2SEQ_LM;
      default -> Task.CAUSAL_LM;
    };
  }

  private static PretrainedModel model(Kind kind) {
    Map<String, Object> config = new HashMap<>(CONFIGS.get(kind.family));
    config.put("tie_word_embeddings", kind.tied);
    if (!kind.dropout) {
      config.keySet().stream()
          .filter(key -> key.contains("drop"))
          .toList()
          .forEach(key -> config.put(key, 0.0));
    }
    return AutoModels.fromConfig(
        PretrainedConfig.of(config), task(kind.family), ParityModels.cpu().withSeed(3));
  }

  private TrainingArguments args(int worldSize, int stage, Kind kind) {
    return TrainingArguments.builder()
        .outputDir(folder.resolve("out"))
        .numTrainEpochs(2)
        .perDeviceTrainBatchSize(GLOBAL_BATCH / worldSize / 2)
        .gradientAccumulationSteps(2)
        .perDeviceEvalBatchSize(3)
        .optim(OptimizerName.SGD)
        .learningRate(0.3)
        .weightDecay(0.01)
        .maxGradNorm(1)
        .loggingSteps(1)
        .bf16(kind.variant.equals("bf16"))
        .evalStrategy(IntervalStrategy.EPOCH)
        .saveStrategy(IntervalStrategy.NO)
        .useCpu(true)
        .deepspeed(stage == 0 ? Map.of() : Map.of("zero_optimization", Map.of("stage", stage)))
        .build();
  }

  private Seen train(Kind kind, ProcessGroup group, int stage) {
    try (PretrainedModel base = model(kind)) {
      TrainableModel model =
          kind.variant.equals("lora")
              ? PeftModel.of(base, LoraConfig.builder().r(4).targetModules("all-linear").build())
              : base;
      List<Double> losses;
      List<Double> norms;
      List<Double> evaluations;
      try (Trainer trainer =
          Trainer.builder(model, args(group.worldSize(), stage, kind))
              .trainDataset(Datasets.of(IntStream.range(0, 19).boxed().toList()))
              .evalDataset(Datasets.of(IntStream.range(30, 37).boxed().toList()))
              .dataCollator(BATCHES)
              .processGroup(group)
              .build()) {
        trainer.train();
        losses = values(trainer, "loss");
        norms = values(trainer, "grad_norm");
        evaluations = values(trainer, "eval_loss");
      }
      Map<String, float[]> weights = new LinkedHashMap<>();
      model.state().forEach((name, array) -> weights.put(name, array.toFloatArray()));
      return new Seen(losses, norms, evaluations, weights);
    }
  }

  private static List<Double> values(Trainer trainer, String name) {
    return trainer.state().logHistory().stream()
        .flatMap(line -> line.value(name).stream().boxed())
        .toList();
  }

  private static void assertSame(Seen actual, Seen expected, double tolerance) {
    assertClose("loss", actual.losses, expected.losses, tolerance);
    assertClose("norm", actual.norms, expected.norms, tolerance);
    assertClose("evaluation", actual.evaluations, expected.evaluations, tolerance);
    assertThat(actual.weights.keySet()).isEqualTo(expected.weights.keySet());
    expected.weights.forEach(
        (name, values) ->
            assertClose(name, list(actual.weights.get(name)), list(values), tolerance));
  }

  private static List<Double> list(float[] values) {
    List<Double> list = new ArrayList<>();
    for (float value : values) {
      list.add((double) value);
    }
    return list;
  }

  private static void assertClose(
      String what, List<Double> actual, List<Double> expected, double tolerance) {
    assertThat(actual).as(what).hasSameSizeAs(expected);
    for (int i = 0; i < actual.size(); i++) {
      assertThat(actual.get(i))
          .as(what)
          .isCloseTo(expected.get(i), within(tolerance * Math.max(1, Math.abs(expected.get(i)))));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "bert, true, 2, full",
    "bert, true, 3, full",
    "llama, false, 3, full",
    "llama, true, 2, full",
    "llama, false, 2, bf16",
    "t5, true, 2, full",
    "llama, false, 2, lora",
  })
  void ranksLearnWhatRanksThatHoldAllLearn(
      String family, boolean tied, int worldSize, String variant) throws Exception {
    Kind kind = new Kind(family, tied, true, variant);
    double tolerance = variant.equals("bf16") ? 2e-3 : 2e-6;
    List<Seen> whole = RankThreads.call(worldSize, group -> train(kind, group, 0));
    List<Seen> shared = RankThreads.call(worldSize, group -> train(kind, group, 3));

    List<Double> losses = whole.get(0).losses;
    assertThat(losses).hasSizeGreaterThan(7).doesNotContain(Double.NaN);
    assertThat(losses.get(losses.size() - 1)).isLessThan(losses.get(0));
    shared.forEach(rank -> assertSame(rank, whole.get(0), tolerance));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void tiedWeightsAreOneParameterOfTheSharedOptimizer(int stage) throws Exception {
    Kind kind = new Kind("llama", true, false, "full");
    List<Seen> whole = RankThreads.call(2, group -> train(kind, group, 0));
    List<Seen> shared = RankThreads.call(2, group -> train(kind, group, stage));
    shared.forEach(rank -> assertSame(rank, whole.get(0), 2e-6));
  }

  @Test
  void ranksLearnWhatOneProcessLearns() throws Exception {
    Kind kind = new Kind("bert", true, false, "full");
    Seen alone = RankThreads.call(1, group -> train(kind, group, 0)).get(0);
    List<Seen> shared = RankThreads.call(3, group -> train(kind, group, 3));
    shared.forEach(rank -> assertSame(rank, alone, 2e-6));
  }

  @ParameterizedTest
  @CsvSource({
    "bert, 'BertEmbeddings,BertLayer', GPT2Block, '[BertEmbeddings, BertLayer]'",
    "llama, LlamaDecoderLayer, LlamaLayer, [LlamaDecoderLayer]",
    "t5, T5Block, T5Stack, [T5Block]",
  })
  void layersAreWrappedByPythonsNamesForThem(
      String family, String known, String unknown, String all) {
    Kind kind = new Kind(family, true, false, "full");
    TrainingArguments args =
        TrainingArguments.builder().outputDir(folder).useCpu(true).fsdp(true).build();
    String key = "transformer_layer_cls_to_wrap";
    try (PretrainedModel model = model(kind)) {
      Trainer.builder(model, args.toBuilder().fsdpConfig(Map.of(key, known)).build())
          .build()
          .close();
      assertThatThrownBy(
              () ->
                  Trainer.builder(
                          model,
                          args.toBuilder().fsdpConfig(Map.of(key, known + "," + unknown)).build())
                      .build())
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContainingAll(
              "fsdp_config." + key,
              "no layers of [" + unknown + "]",
              "those of this model are " + all);
    }
  }

  /** Rank 0 has two batches of the three rows, rank 1 one. */
  private static List<Long> written(Kind kind, ProcessGroup group, TrainingArguments args) {
    try (PretrainedModel base = model(kind)) {
      TrainableModel model =
          kind.variant.equals("lora")
              ? PeftModel.of(base, LoraConfig.builder().r(4).targetModules("all-linear").build())
              : base;
      Seq2SeqTrainingArguments writing =
          Seq2SeqTrainingArguments.builder()
              .predictWithGenerate(true)
              .generationConfig(
                  GenerationConfig.builder().maxNewTokens(6).eosTokenId(1).padTokenId(0).build())
              .build();
      try (Trainer trainer =
          new Seq2SeqTrainer(
              Trainer.builder(model, args)
                  .trainDataset(Datasets.of(IntStream.range(0, 19).boxed().toList()))
                  .evalDataset(Datasets.of(IntStream.range(30, 33).boxed().toList()))
                  .dataCollator(PROMPTS)
                  .computeMetrics(prediction -> Map.of("tokens", 1.0))
                  .processGroup(group),
              writing)) {
        trainer.train();
        if (!args.deepspeed().isEmpty()) {
          assertThatThrownBy(
                  () -> ((GenerativeModel) model).startDecoding(new long[][] {{4}}, null, 3))
              .isInstanceOf(IllegalStateException.class)
              .hasMessageContaining("shared out among ranks");
        }
        try (PredictionOutput output =
            trainer.predict(Datasets.of(IntStream.range(30, 33).boxed().toList()))) {
          return Arrays.stream(output.predictions().toLongArray()).boxed().toList();
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"llama, full", "llama, lora", "t5, full", "llama, bf16"})
  void ranksWriteWhatRanksThatHoldAllWrite(String family, String variant) throws Exception {
    Kind kind = new Kind(family, true, false, variant);
    List<List<List<Long>>> runs = new ArrayList<>();
    for (int stage : new int[] {0, 3}) {
      runs.add(
          RankThreads.call(
              2,
              group ->
                  written(
                      kind,
                      group,
                      args(2, stage, kind).toBuilder().perDeviceEvalBatchSize(1).build())));
    }
    assertThat(new HashSet<>(runs.get(0).get(0))).hasSizeGreaterThan(1);
    assertThat(runs.get(1)).isEqualTo(runs.get(0));
  }

  /** The adapters that two ranks have saved after a run that was stopped, or was not. */
  private byte[] adapters(String name, int stage, int... lengths) throws Exception {
    Kind kind = new Kind("llama", false, false, "lora");
    Path out = folder.resolve(name);
    for (int length : lengths) {
      RankThreads.call(
          2,
          group -> {
            try (PretrainedModel base = model(kind);
                PeftModel model =
                    PeftModel.of(
                        base, LoraConfig.builder().r(4).targetModules("all-linear").build());
                Trainer trainer =
                    Trainer.builder(
                            model,
                            args(2, stage, kind).toBuilder()
                                .outputDir(out)
                                .maxSteps(4)
                                .evalStrategy(IntervalStrategy.NO)
                                .saveStrategy(IntervalStrategy.STEPS)
                                .saveSteps(2.0)
                                .build())
                        .trainDataset(Datasets.of(IntStream.range(0, 19).boxed().toList()))
                        .dataCollator(BATCHES)
                        .processGroup(group)
                        .build()) {
              trainer.addCallback(new StopAt(length));
              trainer.train(ResumeFrom.latestIfAny());
              trainer.saveModel(out.resolve("end"));
              return true;
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          });
    }
    return Files.readAllBytes(out.resolve("end").resolve("adapter_model.safetensors"));
  }

  /** Stops behind an update. */
  private record StopAt(int step) implements TrainerCallback {
    @Override
    public void onStepEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
      if (state.globalStep() == step) {
        control.requestTrainingStop();
      }
    }
  }

  @Test
  void adaptersThatRanksShareAreSavedAndReadByTheirNamesInTheFile() throws Exception {
    byte[] whole = adapters("whole", 0, 4);
    byte[] shared = adapters("shared", 3, 4);
    assertThat(adapters("resumed", 3, 2, 4)).isEqualTo(shared);
    Path path = Files.write(folder.resolve("shared.safetensors"), shared);
    Path expected = Files.write(folder.resolve("whole.safetensors"), whole);
    try (NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch");
        SafetensorsFile file = SafetensorsFile.open(path);
        SafetensorsFile reference = SafetensorsFile.open(expected)) {
      assertThat(file.names()).isEqualTo(reference.names()).isNotEmpty();
      for (String name : file.names()) {
        assertThat(
                file.read(name, manager).allClose(reference.read(name, manager), 1e-5, 1e-6, false))
            .as(name)
            .isTrue();
      }
    }
  }
}
