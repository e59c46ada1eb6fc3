// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.sft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;

import ai.djl.ndarray.NDArray;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.trainer4j.ResumeFrom;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.OptimizerName;
import dev.trainer4j.args.SchedulerType;
import dev.trainer4j.data.Dataset;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.model.LossOutput;
import dev.trainer4j.torch.ArrayScope;
import dev.trainer4j.torch.HalfType;
import dev.trainer4j.transformers.ChildJvm;
import dev.trainer4j.transformers.PretrainedModel;
import dev.trainer4j.transformers.sft.SftCombinations.Combination;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import dev.trainer4j.transformers.tokenization.SpecialToken;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Adapters over a quantized base, with the losses of SFT, checkpointed segments, products in 16 bits, accumulated
 * gradients and noise in embeddings, all at once.
 */
class SftCombinationTest {

  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path folder;

  /** The mean loss of all tokens of the rows but their first, each row read alone by the base. */
  private static double lossOfTheBase(Combination combination) throws IOException {
    double sum = 0;
    double weight = 0;
    try (PretrainedModel base = combination.base();
        PretrainedTokenizer tokenizer =
            PretrainedTokenizer.load(SftCombinations.FIGURES.resolve("model"))) {
      PretrainedModel view = base.autocast(HalfType.BFLOAT16);
      int end =
          tokenizer.tokenToId(tokenizer.specialToken(SpecialToken.EOS).orElseThrow()).orElseThrow();
      Dataset<Map<String, Object>> rows = SftCombinations.rows();
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
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "PACKED_DFT")
  void theFirstLossIsThatOfTheBaseOnEachRowAlone(Combination combination) throws IOException {
    assertThat(quietFirstLoss(combination))
        .isCloseTo(lossOfTheBase(combination), withinPercentage(0.1));
  }

  /** The loss of the first update, without noise; adapters begin at zero. */
  private double quietFirstLoss(Combination combination) throws IOException {
    Path output = folder.resolve("quiet-" + combination);
    try (PretrainedModel base = combination.base();
        SftTrainer trainer =
            SftCombinations.trainer(combination, base, output, OptionalDouble.empty(), 1).build()) {
      trainer.train();
      return trainer.state().logHistory().get(0).value("loss").orElseThrow();
    }
  }

  /** Also the first pass of the other process is in the middle of the run, where this one's kernels have run before. */
  @Test
  void anotherProcessGoesOnWithRunsToTheBit() throws Exception {
    Path whole = folder.resolve("whole");
    Path rest = folder.resolve("rest");
    for (Combination combination : Combination.values()) {
      SftCombinations.train(
          combination,
          whole.resolve(combination.name()),
          SftCombinations.UPDATES,
          ResumeFrom.never());
    }
    Path output = folder.resolve("output.txt");
    Process child =
        new ProcessBuilder(ChildJvm.command(SftCombinations.class, whole, rest))
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    assertThat(child.waitFor()).as(Files.readString(output)).isZero();
    for (Combination combination : Combination.values()) {
      Path expected = whole.resolve(combination.name()).resolve("checkpoint-4");
      Path actual = rest.resolve(combination.name()).resolve("checkpoint-4");
      List<Map<String, Double>> figures = figures(expected);
      assertThat(figures).as("%s", combination).hasSize(SftCombinations.UPDATES);
      assertThat(figures(actual)).as("%s", combination).isEqualTo(figures);
      for (String file : List.of("adapter_model.safetensors", "optimizer.safetensors")) {
        assertThat(Files.readAllBytes(actual.resolve(file)))
            .as("%s of %s", file, combination)
            .isEqualTo(Files.readAllBytes(expected.resolve(file)));
      }
    }
    Path noisy = whole.resolve(Combination.PACKED.name()).resolve("checkpoint-2");
    assertThat(figures(noisy).get(0).get("loss")).isNotEqualTo(quietFirstLoss(Combination.PACKED));
  }

  /** What a checkpoint's log says of each update. */
  private static List<Map<String, Double>> figures(Path checkpoint) throws IOException {
    List<Map<String, Double>> figures = new ArrayList<>();
    JsonNode state = JSON.readTree(checkpoint.resolve("trainer_state.json").toFile());
    for (JsonNode line : state.get("log_history")) {
      Map<String, Double> values = new LinkedHashMap<>();
      for (String key :
          List.of("loss", "grad_norm", "entropy", "mean_token_accuracy", "num_tokens")) {
        values.put(key, line.get(key).asDouble());
      }
      figures.add(values);
    }
    return figures;
  }

  private SftTrainer.Builder scheduleFree(PretrainedModel base, String output) {
    SftTrainer.Builder builder =
        SftCombinations.trainer(
            Combination.PACKED_CHUNKED,
            base,
            folder.resolve(output),
            OptionalDouble.of(5),
            SftCombinations.UPDATES);
    return builder
        .withArgs(
            builder.args().toBuilder()
                .optim(OptimizerName.SCHEDULE_FREE_ADAMW)
                .lrSchedulerType(SchedulerType.CONSTANT)
                .evalStrategy(IntervalStrategy.STEPS)
                .evalSteps(2)
                .loadBestModelAtEnd(true)
                .build())
        .evalDataset(SftCombinations.rows());
  }

  @Test
  void withTwoSetsOfWeightsTheBestOnesAreThoseThatWereEvaluated() throws IOException {
    byte[] whole;
    try (PretrainedModel base = Combination.PACKED_CHUNKED.base();
        SftTrainer trainer = scheduleFree(base, "whole").build()) {
      trainer.train();
      assertThat(trainer.evaluate().metric("loss")).isEqualTo(trainer.state().bestMetric());
      whole = adapter("whole");
    }
    try (PretrainedModel base = Combination.PACKED_CHUNKED.base();
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
