// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.sft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;

import ai.djl.ndarray.NDArray;
import dev.trainer4j.ResumeFrom;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.OptimizerName;
import dev.trainer4j.args.SchedulerType;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.data.Dataset;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.model.LossOutput;
import dev.trainer4j.state.LogEntry;
import dev.trainer4j.torch.ArrayScope;
import dev.trainer4j.torch.HalfType;
import dev.trainer4j.transformers.AutoModels;
import dev.trainer4j.transformers.ParityModels;
import dev.trainer4j.transformers.PretrainedModel;
import dev.trainer4j.transformers.QuantizationConfig;
import dev.trainer4j.transformers.peft.LoraConfig;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import dev.trainer4j.transformers.tokenization.SpecialToken;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Adapters over a quantized base, with the losses of SFT, checkpointed segments, products in 16 bits, accumulated
 * gradients and noise in embeddings, all at once.
 */
class SftCombinationTest {

  private static final Path FIGURES = ParityModels.ownFolder().resolveSibling("sft");
  private static final int BATCH = 4;
  private static final int ACCUMULATED = 2;

  @TempDir Path folder;

  /** What changes from run to run. */
  private record Setting(boolean packing, LossType loss, OptionalDouble noise) {}

  private static PretrainedModel base() throws IOException {
    return AutoModels.causalLm(
        FIGURES.resolve("model"),
        ParityModels.cpu().withQuantization(QuantizationConfig.builder().loadIn4bit(true).build()));
  }

  /** As many rows as one update takes, of lengths that differ much. */
  private static Dataset<Map<String, Object>> rows() {
    Dataset<Map<String, Object>> all = Datasets.jsonLines(FIGURES.resolve("text.jsonl"));
    return Datasets.of(
        IntStream.range(0, BATCH * ACCUMULATED)
            .mapToObj(
                i -> {
                  String text = (String) all.get(i).get("text");
                  return Map.<String, Object>of("text", i % 3 == 0 ? text : text.substring(0, 9));
                })
            .toList());
  }

  private SftTrainer.Builder trainer(
      PretrainedModel base, String output, Setting setting, int updates) {
    TrainingArguments.Builder training =
        TrainingArguments.builder()
            .outputDir(folder.resolve(output))
            .useCpu(true)
            .maxSteps(updates)
            .perDeviceTrainBatchSize(setting.packing() ? 1 : BATCH)
            .gradientAccumulationSteps(ACCUMULATED)
            .gradientCheckpointing(true)
            .bf16(true)
            .learningRate(1e-2)
            .loggingSteps(1)
            .saveStrategy(IntervalStrategy.STEPS)
            .saveSteps(2);
    setting.noise().ifPresent(training::neftuneNoiseAlpha);
    SftArguments.Builder arguments =
        SftArguments.builder().training(training.build()).lossType(setting.loss());
    if (setting.packing()) {
      arguments.packing(true).maxLength(64);
    }
    return SftTrainer.builder(base, arguments.build())
        .peft(
            LoraConfig.builder()
                .r(4)
                .targetModules("all-linear")
                .loraDropout(setting.noise().isPresent() ? 0.1 : 0)
                .build())
        .trainDataset(rows());
  }

  private static List<Map<String, Double>> figures(SftTrainer trainer) {
    Set<String> kept = Set.of("loss", "grad_norm", "entropy", "mean_token_accuracy", "num_tokens");
    return trainer.state().logHistory().stream()
        .map(LogEntry::values)
        .filter(values -> values.containsKey("loss"))
        .map(
            values -> {
              Map<String, Double> figures = new LinkedHashMap<>(values);
              figures.keySet().retainAll(kept);
              return figures;
            })
        .toList();
  }

  /** The mean loss of all tokens of the rows but their first, each row read alone by the base. */
  private static double lossOfTheBase() throws IOException {
    double sum = 0;
    double weight = 0;
    try (PretrainedModel base = base();
        PretrainedTokenizer tokenizer = PretrainedTokenizer.load(FIGURES.resolve("model"))) {
      PretrainedModel view = base.autocast(HalfType.BFLOAT16);
      int end =
          tokenizer.tokenToId(tokenizer.specialToken(SpecialToken.EOS).orElseThrow()).orElseThrow();
      Dataset<Map<String, Object>> rows = rows();
      for (long i = 0; i < rows.size(); i++) {
        int[] ids = tokenizer.encode((String) rows.get(i).get("text")).inputIds();
        long[] ended =
            LongStream.concat(Arrays.stream(ids).asLongStream(), LongStream.of(end)).toArray();
        try (ArrayScope scope = ArrayScope.open()) {
          NDArray row = base.manager().create(new long[][] {ended});
          LossOutput loss =
              view.forward(ModelInputs.of(Map.of("input_ids", row, "labels", row)), false).loss();
          sum += loss.value().getFloat();
          weight += loss.weight();
        }
      }
    }
    return sum / weight;
  }

  @ParameterizedTest
  @CsvSource({"false, NLL", "false, CHUNKED_NLL", "true, NLL", "true, CHUNKED_NLL"})
  void theFirstLossIsThatOfTheBaseOnEachRowAlone(boolean packing, LossType loss)
      throws IOException {
    assertThat(quietFirstLoss(packing, loss)).isCloseTo(lossOfTheBase(), withinPercentage(0.1));
  }

  /** The loss of the first update, without noise; adapters begin at zero. */
  private double quietFirstLoss(boolean packing, LossType loss) throws IOException {
    Setting setting = new Setting(packing, loss, OptionalDouble.empty());
    try (PretrainedModel base = base();
        SftTrainer trainer = trainer(base, "first", setting, 1).build()) {
      trainer.train();
      return figures(trainer).get(0).get("loss");
    }
  }

  @ParameterizedTest
  @CsvSource({"false, NLL", "false, CHUNKED_NLL", "true, NLL", "true, DFT"})
  void aRunThatWasStoppedGoesOnToTheBit(boolean packing, LossType loss) throws IOException {
    Setting setting = new Setting(packing, loss, OptionalDouble.of(5));
    List<Map<String, Double>> whole;
    try (PretrainedModel base = base();
        SftTrainer trainer = trainer(base, "whole", setting, 4).build()) {
      trainer.train();
      whole = figures(trainer);
    }
    assertThat(whole).hasSize(4);
    assertThat(whole.get(0).get("loss"))
        .as("with noise")
        .isNotEqualTo(quietFirstLoss(packing, loss));
    try (PretrainedModel base = base();
        SftTrainer trainer = trainer(base, "rest", setting, 4).build()) {
      trainer.train(ResumeFrom.path(folder.resolve("whole/checkpoint-2")));
      assertThat(figures(trainer)).isEqualTo(whole);
    }
    assertThat(adapter("rest")).isEqualTo(adapter("whole"));
  }

  private SftTrainer.Builder scheduleFree(PretrainedModel base, String output) {
    Setting setting = new Setting(true, LossType.CHUNKED_NLL, OptionalDouble.of(5));
    SftTrainer.Builder builder = trainer(base, output, setting, 4);
    return builder
        .withArgs(
            builder.args().toBuilder()
                .optim(OptimizerName.SCHEDULE_FREE_ADAMW)
                .lrSchedulerType(SchedulerType.CONSTANT)
                .evalStrategy(IntervalStrategy.STEPS)
                .evalSteps(2)
                .loadBestModelAtEnd(true)
                .build())
        .evalDataset(rows());
  }

  @Test
  void withTwoSetsOfWeightsTheBestOnesAreThoseThatWereEvaluated() throws IOException {
    byte[] whole;
    try (PretrainedModel base = base();
        SftTrainer trainer = scheduleFree(base, "whole").build()) {
      trainer.train();
      assertThat(trainer.evaluate().metric("loss")).isEqualTo(trainer.state().bestMetric());
      whole = adapter("whole");
    }
    try (PretrainedModel base = base();
        SftTrainer trainer = scheduleFree(base, "rest").build()) {
      trainer.train(ResumeFrom.path(folder.resolve("whole/checkpoint-2")));
    }
    assertThat(adapter("rest")).isEqualTo(whole);
  }

  private byte[] adapter(String run) throws IOException {
    return Files.readAllBytes(
        folder.resolve(run).resolve("checkpoint-4").resolve("adapter_model.safetensors"));
  }
}
