// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import static dev.trainer4j.args.IntervalStrategy.EPOCH;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.BatchNorm;
import ai.djl.nn.norm.Dropout;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.schedule.LearningRateScheduler;
import dev.trainer4j.state.TrainerState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LearningRateFinderTest {

  private final Path dir;

  LearningRateFinderTest(@TempDir Path dir) {
    this.dir = dir;
  }

  private static LearningRateFinder finder() {
    return LearningRateFinder.builder().startRate(1e-4).endRate(100).updates(60).build();
  }

  private static Map<String, byte[]> bytes(TrainableModel model) {
    Map<String, byte[]> bytes = new LinkedHashMap<>();
    model.state().forEach((name, array) -> bytes.put(name, copy(array)));
    return bytes;
  }

  private static byte[] copy(NDArray array) {
    var buffer = array.toByteBuffer();
    byte[] bytes = new byte[buffer.remaining()];
    buffer.get(bytes);
    return bytes;
  }

  /** Hidden states that training changes: running means of the batch norm, and dropout's numbers. */
  private static Block block() {
    return new SequentialBlock()
        .add(Linear.builder().setUnits(16).build())
        .add(BatchNorm.builder().build())
        .add(Activation.reluBlock())
        .add(Dropout.builder().optRate(0.2f).build())
        .add(Linear.builder().setUnits(3).build());
  }

  @Test
  void raisesTheRateExponentiallyUntilTheLossExplodes() throws IOException {
    try (GoldenTask task = new GoldenTask()) {
      LearningRateFinderResult result = finder().run(task.trainer(GoldenTask.args(dir).build()));

      List<LearningRateFinderResult.Point> points = result.points();
      assertThat(result.diverged()).isTrue();
      assertThat(points).hasSizeBetween(20, 59);
      for (int i = 0; i < points.size(); i++) {
        assertThat(points.get(i).learningRate())
            .isCloseTo(1e-4 * Math.pow(1e6, i / 59.0), within(1e-9 * points.get(i).learningRate()));
      }
      double suggestion = result.suggestion().orElseThrow();
      assertThat(suggestion).isBetween(1e-3, points.get(points.size() - 1).learningRate());
    }
  }

  @Test
  void givesTheWeightsBackBitByBit() throws IOException {
    try (GoldenTask task = new GoldenTask()) {
      Trainer.Builder builder = task.trainer(GoldenTask.args(dir).build());
      Map<String, byte[]> before;
      Map<String, byte[]> after;
      try (Trainer trainer = builder.build()) {
        before = bytes(trainer.model());
        finder().run(builder);
        after = bytes(trainer.model());
      }

      assertThat(after).hasSize(4).containsAllEntriesOf(before);
      assertThat(Files.list(dir)).isEmpty();
    }
  }

  @Test
  void changesNothingOfTheTrainingAfterIt() throws IOException {
    assertThat(trainedBlock(true)).containsAllEntriesOf(trainedBlock(false)).hasSize(8);
  }

  private Map<String, byte[]> trainedBlock(boolean find) throws IOException {
    Block block = block();
    try (GoldenTask task = new GoldenTask()) {
      Trainer.Builder builder =
          Trainer.builder(block, GoldenTask.args(dir).numTrainEpochs(2).build())
              .trainDataset(task.data("train"));
      if (find) {
        assertThat(finder().run(builder).points()).hasSizeGreaterThan(20);
      }
      try (Trainer trainer = builder.build()) {
        trainer.train();
        return bytes(trainer.model());
      }
    } finally {
      block.clear();
    }
  }

  @Test
  void leavesSavesEvaluationsAndCallbacksOfTheRunOut() throws IOException {
    TrainingArguments args =
        GoldenTask.args(dir)
            .evalStrategy(EPOCH)
            .saveStrategy(EPOCH)
            .saveTotalLimit(2)
            .loadBestModelAtEnd(true)
            .metricForBestModel("accuracy")
            .reportTo("html")
            .build();
    List<String> events = new ArrayList<>();
    try (GoldenTask task = new GoldenTask()) {
      finder().run(task.trainer(args).callback(new Recorder(events)));
    }

    assertThat(events).isEmpty();
    assertThat(Files.list(dir)).isEmpty();
  }

  @Test
  void givesTheWeightsBackWhenTheTestFails() throws IOException {
    try (GoldenTask task = new GoldenTask()) {
      Trainer.Builder builder = task.trainer(GoldenTask.args(dir).build());
      try (Trainer trainer = builder.build()) {
        Map<String, byte[]> before = bytes(trainer.model());

        assertThatThrownBy(() -> finder().run(builder, FailsInUpdateFive::new))
            .hasMessageContaining("no luck");

        assertThat(bytes(trainer.model())).containsAllEntriesOf(before);
      }
    }
  }

  @Test
  void refusesATrainerWhoseScheduleItCannotReplace() throws IOException {
    try (GoldenTask task = new GoldenTask()) {
      Trainer.Builder builder = task.trainer(GoldenTask.args(dir).build());

      assertThatThrownBy(() -> finder().run(builder, OwnSchedule::new))
          .hasMessageContaining("overrides createScheduler");
    }
  }

  @Test
  void suggestsTheMiddleOfTheLongestFallWhateverNoiseComesBefore() {
    // Noise that is steeper than the fall of 21 points from 1e-4 to 1e-2, behind which it explodes.
    double[] noise = {3, 2.9, 3.4, 3.0, 3.3, 3.1, 3.2, 3.0, 3.4, 3.1};
    List<LearningRateFinderResult.Point> points = new ArrayList<>();
    for (int i = 0; i < 80; i++) {
      double exponent = -8 + i * 0.1;
      double loss =
          i < 40 ? noise[i % 10] : i <= 60 ? 2.8 - 0.02 * (i - 40) : Math.pow(1.2, i - 60) + 2.5;
      points.add(new LearningRateFinderResult.Point(Math.pow(10, exponent), loss, loss));
    }

    double suggestion = new LearningRateFinderResult(points, true).suggestion().orElseThrow();

    // A few points of the noise belong to the longest falling subsequence, too.
    assertThat(Math.log10(suggestion)).isBetween(-3.5, -2.9);
  }

  @Test
  void suggestsTheMiddleOfASimpleValley() {
    List<LearningRateFinderResult.Point> points =
        IntStream.range(0, 60)
            .mapToObj(
                i -> {
                  double loss = Math.abs(i - 41); // falls from the sixth point to the 41st
                  return new LearningRateFinderResult.Point(Math.exp(i), loss, loss);
                })
            .toList();

    assertThat(new LearningRateFinderResult(points, false).suggestion())
        .hasValue(Math.exp(24)); // of 6, ..., 41
  }

  @Test
  void suggestsNothingIfTheLossFallsNowhere() {
    List<LearningRateFinderResult.Point> points =
        IntStream.range(0, 50)
            .mapToObj(i -> new LearningRateFinderResult.Point(Math.exp(i), 1 + i, 1 + i))
            .toList();

    assertThat(new LearningRateFinderResult(points, false).suggestion()).isEmpty();
  }

  @Test
  void writesATableAndAPicture() throws IOException {
    LearningRateFinderResult result;
    try (GoldenTask task = new GoldenTask()) {
      result = finder().run(task.trainer(GoldenTask.args(dir).build()));
    }

    result.writeCsv(dir.resolve("rates.csv"));
    result.writePng(dir.resolve("rates.png"));

    List<String> lines = Files.readAllLines(dir.resolve("rates.csv"));
    assertThat(lines).hasSize(result.points().size() + 1);
    assertThat(lines.get(0)).isEqualTo("learning_rate,loss,smoothed_loss");
    assertThat(lines.get(1)).startsWith(result.points().get(0).learningRate() + ",");
    assertThat(ImageIO.read(dir.resolve("rates.png").toFile()).getWidth()).isEqualTo(800);
  }

  @Test
  void refusesSettingsThatMakeNoSense() {
    assertThatThrownBy(() -> LearningRateFinder.builder().startRate(1).endRate(0.1).build())
        .hasMessage("endRate must be more than startRate, 1.0, but is 0.1");
    assertThatThrownBy(() -> LearningRateFinder.builder().updates(3).build())
        .hasMessage("updates must be at least 10, but is 3");
  }

  private record Recorder(List<String> events) implements TrainerCallback {
    @Override
    public void onTrainBegin(CallbackContext ctx, TrainerState state, TrainerControl control) {
      events.add("train begin");
    }
  }

  private static final class OwnSchedule extends Trainer {
    OwnSchedule(Builder builder) {
      super(builder);
    }

    @Override
    protected LearningRateScheduler createScheduler(int totalSteps) {
      return step -> 1;
    }
  }

  private static final class FailsInUpdateFive extends Trainer {
    private int updates;

    FailsInUpdateFive(Builder builder) {
      super(builder);
    }

    @Override
    protected dev.trainer4j.model.LossOutput trainingStep(
        TrainableModel model, dev.trainer4j.data.ModelInputs inputs) {
      if (++updates == 5) {
        throw new IllegalStateException("no luck");
      }
      return super.trainingStep(model, inputs);
    }
  }
}
