// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.functional;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.trainer4j.ResumeFrom;
import dev.trainer4j.StopReason;
import dev.trainer4j.TrainOutput;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.data.DataSource;
import dev.trainer4j.data.IterableDataset;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.state.LogEntry;
import dev.trainer4j.state.TrainerState;
import dev.trainer4j.testing.CapturedLog;
import dev.trainer4j.testing.TinyData;
import dev.trainer4j.testing.TinyModel;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Half of a run of four epochs, then data of another size or updates of another size. The figures for
 * data of another size are those of Hugging Face's Trainer.
 */
class OtherDataResumeTest {

  @TempDir Path folder;

  /** What the second half did. */
  private record Rest(TrainOutput output, List<LogEntry> lines, List<Double> rates, long samples) {}

  private static final class Counting implements TrainerCallback {
    private long samples;
    private final long stopAt;

    Counting(long stopAt) {
      this.stopAt = stopAt;
    }

    @Override
    public void onSubstepBegin(
        CallbackContext ctx, TrainerState state, TrainerControl control, ModelInputs inputs) {
      samples += inputs.batchSize();
    }

    @Override
    public void onStepEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
      if (state.globalStep() == stopAt) {
        control.requestInterruption();
      }
    }
  }

  private Rest train(
      DataSource<?> data,
      Consumer<TrainingArguments.Builder> changes,
      long stopAt,
      ResumeFrom from) {
    TrainingArguments.Builder args =
        TrainingArguments.builder()
            .outputDir(folder)
            .numTrainEpochs(4)
            .perDeviceTrainBatchSize(4)
            .learningRate(0.016)
            .loggingSteps(1)
            .saveStrategy(IntervalStrategy.STEPS)
            .saveSteps(1);
    changes.accept(args);
    Counting counting = new Counting(stopAt);
    try (TinyModel model = new TinyModel(1, 0.3f);
        Trainer trainer =
            Trainer.builder(model.model(), args.build())
                .trainDataset(data)
                .callback(counting)
                .build()) {
      TrainOutput output = trainer.train(from);
      return new Rest(
          output, trainer.state().logHistory(), trainer.getLearningRates(), counting.samples);
    }
  }

  private static double lastRate(Rest rest) {
    return rest.lines().stream()
        .filter(line -> line.value("learning_rate").isPresent())
        .reduce((a, b) -> b)
        .orElseThrow()
        .value("learning_rate")
        .getAsDouble();
  }

  @ParameterizedTest(name = "{0} samples, then {1}")
  @CsvSource({
    // before, after, updates of the run, updates that are left
    "8, 16, 16, 12",
    "8, 15, 16, 12",
    "12, 16, 16, 10",
    "24, 16, 16, 4",
    "24, 17, 20, 8",
    "20, 12, 12, 2",
  })
  void otherDataMakeTheRunTheirs(int before, int after, long steps, long left) {
    long half = 2L * ((before + 3) / 4);
    train(TinyData.points(before, 1), args -> {}, half, ResumeFrom.never());

    Rest rest =
        train(TinyData.points(after, 2), args -> {}, -1, ResumeFrom.latest().allowChanges());

    assertThat(rest.output().globalStep()).isEqualTo(steps);
    assertThat(rest.output().stopReason()).isEqualTo(StopReason.COMPLETED);
    assertThat(rest.lines().stream().filter(line -> line.value("loss").isPresent()))
        .hasSize((int) steps);
    assertThat(lastRate(rest)).isCloseTo(0.016 / steps, within(1e-12));
    assertThat(rest.rates()).allSatisfy(rate -> assertThat(rate).isZero());
    assertThat(steps - half).isEqualTo(left);
  }

  @Test
  void dataOfWhichTheRunHasHadItsEpochsLeaveNothingToDoAndAWarningSaysSo() {
    train(TinyData.points(32, 1), args -> {}, 16, ResumeFrom.never());
    try (CapturedLog log = new CapturedLog(Trainer.class)) {
      Rest rest = train(TinyData.points(16, 2), args -> {}, -1, ResumeFrom.latest().allowChanges());

      assertThat(rest.output().globalStep()).isEqualTo(16);
      assertThat(rest.output().stopReason()).isEqualTo(StopReason.COMPLETED);
      assertThat(rest.samples()).isZero();
      assertThat(log.warnings())
          .anySatisfy(
              line ->
                  assertThat(line)
                      .contains("has 16 samples, it had 32", "16 updates", "Nothing is left")
                      .contains("numTrainEpochs"));
    }
  }

  @Test
  void aPositionAmidAnEpochThatTheNewDataDoNotHaveFollowsFromTheUpdates() {
    train(TinyData.points(32, 1), args -> {}, 7, ResumeFrom.never());

    Rest rest = train(TinyData.points(8, 2), args -> {}, -1, ResumeFrom.latest().allowChanges());

    assertThat(rest.output().globalStep()).isEqualTo(8);
    assertThat(rest.samples()).isEqualTo(4);
  }

  @Test
  void aStreamInPlaceOfDataWithASizeIsReadFromWhereTheUpdatesLed() {
    List<Map<String, Object>> points = TinyData.list(200, 2);
    IterableDataset<Map<String, Object>> stream = epoch -> points.iterator();
    train(TinyData.points(32, 1), args -> {}, 16, ResumeFrom.never());

    Rest rest = train(stream, args -> args.maxSteps(20), -1, ResumeFrom.latest().allowChanges());

    assertThat(rest.output().globalStep()).isEqualTo(20);
    assertThat(rest.samples()).isEqualTo(16);
    assertThat(lastRate(rest)).isCloseTo(0.016 / 20, within(1e-12));
  }

  /** Every sample comes once an epoch, and the schedule ends with the run. */
  @ParameterizedTest(name = "updates of {0}, then of {1}, after {2} updates")
  @CsvSource({
    // size before, size after, updates before, updates in all
    "4, 2, 8, 24",
    "2, 4, 16, 24",
    "4, 8, 8, 12",
    "4, 2, 6, 26",
    "4, 8, 6, 11",
    "4, 3, 8, 20",
  })
  void updatesOfAnotherSizeLeaveTheEpochsAsTheyWere(int size, int then, long half, long steps) {
    long before =
        train(
                TinyData.points(16, 1),
                a -> a.perDeviceTrainBatchSize(size),
                half,
                ResumeFrom.never())
            .samples();

    Rest rest =
        train(
            TinyData.points(16, 1),
            args -> args.perDeviceTrainBatchSize(then),
            -1,
            ResumeFrom.latest());

    assertThat(before + rest.samples()).isEqualTo(4 * 16);
    assertThat(rest.output().globalStep()).isEqualTo(steps);
    assertThat(rest.output().stopReason()).isEqualTo(StopReason.COMPLETED);
    assertThat(lastRate(rest)).isCloseTo(0.016 / steps, within(1e-12));
  }

  @Test
  void aRunThatWasCountedAnewIsCountedSoAfterAnotherResume() {
    train(TinyData.points(16, 1), args -> {}, 8, ResumeFrom.never());
    Consumer<TrainingArguments.Builder> smaller = args -> args.perDeviceTrainBatchSize(2);
    train(TinyData.points(16, 1), smaller, 13, ResumeFrom.latest());

    Rest rest = train(TinyData.points(16, 1), smaller, -1, ResumeFrom.latest());

    assertThat(rest.output().globalStep()).isEqualTo(24);
    assertThat(rest.output().stopReason()).isEqualTo(StopReason.COMPLETED);
    assertThat(lastRate(rest)).isCloseTo(0.016 / 24, within(1e-12));
  }

  @Test
  void maxStepsStandWhateverTheSizeOfUpdates() {
    for (int then : new int[] {2, 8}) {
      train(TinyData.points(16, 1), args -> args.maxSteps(15), 8, ResumeFrom.never());

      Rest rest =
          train(
              TinyData.points(16, 1),
              args -> args.maxSteps(15).perDeviceTrainBatchSize(then),
              -1,
              ResumeFrom.path(folder.resolve("checkpoint-8")));

      assertThat(rest.output().globalStep()).isEqualTo(15);
      assertThat(rest.output().stopReason()).isEqualTo(StopReason.COMPLETED);
      assertThat(lastRate(rest)).isCloseTo(0.016 / 15, within(1e-12));
    }
  }
}
