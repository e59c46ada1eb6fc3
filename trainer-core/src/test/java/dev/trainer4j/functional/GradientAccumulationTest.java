// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.functional;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.types.DataType;
import dev.trainer4j.TrainOutput;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.testing.TinyData;
import dev.trainer4j.testing.TinyModel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Accumulating k micro batches of b samples is one batch of k * b, in float64 to rounding. */
class GradientAccumulationTest {

  private static final int SAMPLES = 22;

  @TempDir Path outputDir;

  private record Run(TrainOutput output, List<Double> losses, Map<String, List<Double>> weights) {}

  private Run train(int microBatch, int accumulation, List<Map<String, Object>> data) {
    TrainingArguments args =
        TrainingArguments.builder()
            .outputDir(outputDir)
            .numTrainEpochs(3)
            .perDeviceTrainBatchSize(microBatch)
            .gradientAccumulationSteps(accumulation)
            .learningRate(0.05)
            .loggingSteps(1)
            .saveStrategy(IntervalStrategy.NO)
            .build();
    try (TinyModel model = new TinyModel(1, 0, DataType.FLOAT64);
        Trainer trainer =
            Trainer.builder(model.model(), args).trainDataset(Datasets.of(data)).build()) {
      TrainOutput output = trainer.train();
      List<Double> losses =
          trainer.state().logHistory().stream()
              .flatMap(line -> line.value("loss").stream().boxed())
              .toList();
      return new Run(output, losses, model.weights());
    }
  }

  /** The last update of an epoch has 6 samples, the last micro batch of 4 has 2 of them. */
  @ParameterizedTest(name = "{1} micro batches of {0}, labels ignored: {2}")
  @CsvSource({"4, 2, false", "2, 4, false", "1, 8, false", "4, 2, true", "2, 4, true"})
  void equalsOneLargeBatch(int microBatch, int accumulation, boolean unequalLabels) {
    List<Map<String, Object>> data = unequalLabels ? ignoreSome() : TinyData.list(SAMPLES, 1);

    Run large = train(8, 1, data);
    Run small = train(microBatch, accumulation, data);

    assertThat(small.output().globalStep()).isEqualTo(large.output().globalStep()).isEqualTo(9);
    assertThat(small.output().trainingLoss())
        .isCloseTo(large.output().trainingLoss(), within(1e-12));
    assertClose(small.losses(), large.losses());
    large.weights().forEach((name, values) -> assertClose(small.weights().get(name), values));
  }

  private static void assertClose(List<Double> actual, List<Double> expected) {
    assertThat(actual).hasSameSizeAs(expected);
    for (int i = 0; i < actual.size(); i++) {
      // Adam magnifies the rounding of tiny gradients.
      assertThat(actual.get(i)).isCloseTo(expected.get(i), within(1e-9));
    }
  }

  /** Every third label does not count, so that micro batches have different numbers of labels. */
  private static List<Map<String, Object>> ignoreSome() {
    List<Map<String, Object>> data = new ArrayList<>();
    for (Map<String, Object> sample : TinyData.list(SAMPLES, 1)) {
      Map<String, Object> changed = new LinkedHashMap<>(sample);
      if (data.size() % 3 == 0) {
        changed.put("labels", -100);
      }
      data.add(changed);
    }
    return data;
  }
}
