// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.functional;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.trainer4j.ResumeFrom;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.SamplingStrategy;
import dev.trainer4j.args.SchedulerType;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.data.Dataset;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.testing.Crash;
import dev.trainer4j.testing.TestDevice;
import dev.trainer4j.testing.TinyData;
import dev.trainer4j.testing.TinyModel;
import dev.trainer4j.testing.Values;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Training in 16 bits, held to losses that PyTorch's autocast gives: {@code precision/mlp.py}. */
class MixedPrecisionTest {

  private static final int[] WIDTHS = {16, 64, 32, 4};
  private static final int UPDATES = 80;
  private static final int BATCH = 32;

  @TempDir Path folder;

  private record Run(List<Double> losses, Map<String, List<Double>> weights) {}

  private static double scrambled(double row, double column) {
    double x = Math.sin(row * 12.9898 + column * 78.233) * 43.7585;
    return (x - Math.floor(x)) * 2 - 1;
  }

  private static Block mlp(NDManager manager) {
    SequentialBlock block = new SequentialBlock();
    for (int i = 1; i < WIDTHS.length; i++) {
      block.add(Linear.builder().setUnits(WIDTHS[i]).build());
      if (i + 1 < WIDTHS.length) {
        block.add(Activation::relu);
      }
    }
    block.initialize(manager, DataType.FLOAT32, new Shape(1, WIDTHS[0]));
    List<NDArray> arrays =
        block.getParameters().values().stream().map(parameter -> parameter.getArray()).toList();
    for (int layer = 0; layer < WIDTHS.length - 1; layer++) {
      int inputs = WIDTHS[layer];
      float[] weight = new float[WIDTHS[layer + 1] * inputs];
      for (int i = 0; i < weight.length; i++) {
        weight[i] =
            (float) (scrambled(i / inputs + 1000 * layer, i % inputs) * Math.sqrt(3.0 / inputs));
      }
      arrays.get(2 * layer).set(weight);
    }
    return block;
  }

  private static Dataset<Map<String, Object>> data() {
    List<Map<String, Object>> samples = new ArrayList<>();
    for (int row = 0; row < UPDATES * BATCH; row++) {
      float[] x = new float[WIDTHS[0]];
      long label = 0;
      for (int column = 0; column < x.length; column++) {
        x[column] = (float) scrambled(5000 + row, column);
        label = column < 4 && x[column] > x[(int) label] ? column : label;
      }
      samples.add(Map.of("x", x, "labels", label));
    }
    return Datasets.of(samples);
  }

  private TrainingArguments args(String name, Consumer<TrainingArguments.Builder> more) {
    TrainingArguments.Builder args =
        TrainingArguments.builder()
            .outputDir(folder.resolve(name))
            .useCpu(true)
            .numTrainEpochs(1)
            .perDeviceTrainBatchSize(BATCH)
            .perDeviceEvalBatchSize(BATCH)
            .trainSamplingStrategy(SamplingStrategy.SEQUENTIAL)
            .learningRate(3e-3)
            .lrSchedulerType(SchedulerType.CONSTANT)
            .loggingSteps(1)
            .saveStrategy(IntervalStrategy.NO);
    more.accept(args);
    return args.build();
  }

  private Run train(String name, Consumer<TrainingArguments.Builder> more) {
    return train(name, more, ResumeFrom.never(), null);
  }

  private Run train(
      String name, Consumer<TrainingArguments.Builder> more, ResumeFrom from, Crash crash) {
    try (NDManager manager = NDManager.newBaseManager(TestDevice.get(), "PyTorch")) {
      Block block = mlp(manager);
      Trainer.Builder builder = Trainer.builder(block, args(name, more)).trainDataset(data());
      if (crash != null) {
        builder.callback(crash);
      }
      try (Trainer trainer = builder.build()) {
        try {
          trainer.train(from);
        } catch (RuntimeException e) {
          assertThat(crash).as(e.toString()).isNotNull();
        }
        Map<String, NDArray> weights = new LinkedHashMap<>();
        block.getParameters().forEach(p -> weights.put(p.getKey(), p.getValue().getArray()));
        List<Double> losses =
            trainer.state().logHistory().stream()
                .flatMap(line -> line.value("loss").stream().boxed())
                .toList();
        return new Run(losses, Values.of(weights));
      } finally {
        block.clear();
      }
    }
  }

  private static List<Double> golden(String type) throws IOException {
    try (InputStream file = MixedPrecisionTest.class.getResourceAsStream("/precision/mlp.json")) {
      List<Double> losses = new ArrayList<>();
      for (JsonNode loss : new ObjectMapper().readTree(file).get(type).get("losses")) {
        losses.add(loss.asDouble());
      }
      return losses;
    }
  }

  /** The bands are what 16 bits may cost: rounding differs from float32 by as much in PyTorch. */
  @ParameterizedTest
  @CsvSource({"fp32, 2e-5", "bf16, 8e-3", "fp16, 4e-3"})
  void lossesStayInABandAroundThoseOfPyTorch(String type, double band) throws IOException {
    Run run = train(type, args -> args.bf16(type.equals("bf16")).fp16(type.equals("fp16")));

    List<Double> expected = golden(type);
    assertThat(run.losses()).hasSameSizeAs(expected);
    for (int i = 0; i < expected.size(); i++) {
      assertThat(run.losses().get(i))
          .as("update %d", i + 1)
          .isCloseTo(expected.get(i), within(band));
    }
    if (!type.equals("fp32")) {
      // It really is another type: the first loss is already rounded.
      assertThat(run.losses().get(0)).isNotCloseTo(golden("fp32").get(0), within(2e-6));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"bf16", "fp16"})
  void accumulatedMicroBatchesAreOneBatchButForRounding(String type) {
    Run whole = train("whole", args -> args.bf16(type.equals("bf16")).fp16(type.equals("fp16")));
    Run split =
        train(
            "split",
            args ->
                args.bf16(type.equals("bf16"))
                    .fp16(type.equals("fp16"))
                    .perDeviceTrainBatchSize(BATCH / 4)
                    .gradientAccumulationSteps(4));

    assertThat(split.losses()).hasSameSizeAs(whole.losses());
    for (int i = 0; i < UPDATES; i++) {
      assertThat(split.losses().get(i)).isCloseTo(whole.losses().get(i), within(8e-3));
    }
  }

  @Test
  void anOverflowSkipsTheUpdateHalvesTheScaleAndHoldsTheSchedule() throws IOException {
    Consumer<TrainingArguments.Builder> overflowing =
        args ->
            args.fp16(true)
                .lrSchedulerType(SchedulerType.LINEAR)
                .maxSteps(6)
                .saveStrategy(IntervalStrategy.STEPS)
                .saveSteps(1);
    try (NDManager manager = NDManager.newBaseManager(TestDevice.get(), "PyTorch")) {
      Block block = mlp(manager);
      // The gradient of the first layer is that of the last times its weights: too much for
      // float16.
      NDArray last = block.getParameters().valueAt(4).getArray();
      last.muli(40f);
      NDArray first = block.getParameters().valueAt(0).getArray();
      float[] before = first.toFloatArray();
      try (Trainer trainer =
          Trainer.builder(block, args("overflow", overflowing)).trainDataset(data()).build()) {
        trainer.train();
        List<Double> rates =
            trainer.state().logHistory().stream()
                .flatMap(line -> line.value("learning_rate").stream().boxed())
                .toList();
        JsonNode position = scale(1);
        assertThat(position.get("scale").asDouble()).isEqualTo(32768);
        assertThat(position.get("skipped_steps").asInt()).isEqualTo(1);
        long skipped = scale(6).get("skipped_steps").asLong();
        assertThat(skipped).isBetween(1L, 5L);
        // Linear from 3e-3 to 0 in 6 updates, of which the skipped ones count for nothing.
        assertThat(rates.get(1)).isEqualTo(rates.get(0)).isEqualTo(3e-3);
        assertThat(rates.get(5)).isCloseTo(3e-3 * (1 - (5 - skipped) / 6.0), within(1e-9));
        assertThat(first.toFloatArray()).isNotEqualTo(before).doesNotContain(Float.NaN);
      } finally {
        block.clear();
      }
    }
  }

  private JsonNode scale(int step) throws IOException {
    Path file = folder.resolve("overflow/checkpoint-" + step + "/rng_state.json");
    return new ObjectMapper().readTree(Files.readString(file)).get("loss_scale");
  }

  @Test
  void aRunInFloat16ResumesToTheBit() {
    Consumer<TrainingArguments.Builder> saving =
        args -> args.fp16(true).maxSteps(12).saveStrategy(IntervalStrategy.STEPS).saveSteps(1);
    Run whole = train("whole", saving);
    train("crashed", saving, ResumeFrom.never(), Crash.after(5));
    Run resumed = train("crashed", saving, ResumeFrom.latest(), null);

    assertThat(resumed.weights()).isEqualTo(whole.weights());
  }

  @ParameterizedTest
  @ValueSource(strings = {"bf16", "fp16"})
  void fullEvaluationComputesOverRoundedWeightsAndLeavesTheModelAsItIs(String type) {
    try (NDManager manager = NDManager.newBaseManager(TestDevice.get(), "PyTorch")) {
      Block block = mlp(manager);
      NDArray weight = block.getParameters().valueAt(0).getArray();
      float[] before = weight.toFloatArray();
      try (Trainer plain = Trainer.builder(block, args("plain", a -> {})).build();
          Trainer full =
              Trainer.builder(
                      block,
                      args(
                          "full",
                          a ->
                              a.bf16FullEval(type.equals("bf16"))
                                  .fp16FullEval(type.equals("fp16"))))
                  .build()) {
        double exact = plain.evaluate(data()).metrics().get("eval_loss");
        double rounded = full.evaluate(data()).metrics().get("eval_loss");
        assertThat(rounded).isNotEqualTo(exact).isCloseTo(exact, within(2e-3));
        assertThat(full.predict(data()).predictions().getDataType()).isEqualTo(DataType.FLOAT32);
        assertThat(plain.evaluate(data()).metrics().get("eval_loss")).isEqualTo(exact);
        assertThat(weight.toFloatArray()).isEqualTo(before);
      } finally {
        block.clear();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"bf16", "fp16", "bf16FullEval", "fp16FullEval"})
  void aModelThatCannotIsRefused(String name) {
    TrainingArguments args =
        args(
            name,
            a ->
                a.bf16(name.equals("bf16"))
                    .fp16(name.equals("fp16"))
                    .bf16FullEval(name.equals("bf16FullEval"))
                    .fp16FullEval(name.equals("fp16FullEval")));
    try (TinyModel model = new TinyModel(1, 0)) {
      Trainer.Builder builder =
          Trainer.builder(model.model(), args).trainDataset(TinyData.points(8, 1));
      assertThatThrownBy(builder::build)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining(name + ": FunctionModel computes in the type of its parameters");
    }
  }

  @Test
  void whatTheDeviceOrTheModelCannotDoIsRefused() {
    TrainingArguments args = args("refused", a -> a.tf32(true).gradientCheckpointing(true));
    try (TinyModel model = new TinyModel(1, 0)) {
      Trainer.Builder builder =
          Trainer.builder(model.model(), args).trainDataset(TinyData.points(8, 1));
      assertThatThrownBy(builder::build)
          .hasMessageContaining("tf32: true, but the model is on the CPU")
          .hasMessageContaining("gradientCheckpointing: FunctionModel offers no segments");
    }
  }

  @Test
  void bothTypesAtOnceAreRefused() {
    assertThatThrownBy(() -> args("both", a -> a.bf16(true).fp16(true)))
        .hasMessageContaining("fp16 = true: expected false, since bf16 is true");
  }
}
