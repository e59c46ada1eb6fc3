// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j;

import static dev.trainer4j.args.IntervalStrategy.EPOCH;
import static dev.trainer4j.args.IntervalStrategy.NO;
import static dev.trainer4j.args.IntervalStrategy.STEPS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.trainer4j.SmallRun.Result;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.state.LogEntry;
import dev.trainer4j.state.TrainerState;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class InterruptionTest {

  private final Path folder;

  InterruptionTest(@TempDir Path folder) {
    this.folder = folder;
  }

  private SmallRun run(String name) {
    return SmallRun.into(folder.resolve(name));
  }

  private static Consumer<Trainer> stopAfter(long step) {
    return trainer -> {
      if (trainer.state().globalStep() == step) {
        trainer.requestStop();
      }
    };
  }

  private static void rarely(TrainingArguments.Builder args) {
    args.saveStrategy(STEPS).saveSteps(100);
  }

  private static void byEpoch(TrainingArguments.Builder args) {
    args.saveStrategy(EPOCH).evalStrategy(EPOCH).loggingStrategy(EPOCH);
  }

  private static List<LogEntry> timeless(Result result) {
    return result.state().logHistory().stream()
        .map(
            line -> {
              Map<String, Double> values = new LinkedHashMap<>(line.values());
              values
                  .keySet()
                  .removeIf(key -> key.endsWith("_runtime") || key.endsWith("_per_second"));
              return new LogEntry(line.step(), values);
            })
        .toList();
  }

  /** Also where an epoch's end, with its evaluation, was still to come. */
  @ParameterizedTest
  @ValueSource(longs = {2, 3, 5, 6})
  void aRunThatWasStoppedAndResumedEqualsOneThatWasNot(long step) {
    Result whole = run("whole").args(InterruptionTest::byEpoch).train();

    Result stopped =
        run("out").args(InterruptionTest::byEpoch).train(ResumeFrom.never(), stopAfter(step));
    assertThat(stopped.output().stopReason()).isEqualTo(StopReason.REQUESTED);
    assertThat(stopped.output().globalStep()).isEqualTo(step);
    Result resumed = run("out").args(InterruptionTest::byEpoch).train(ResumeFrom.latest());

    assertThat(resumed.output().stopReason()).isEqualTo(StopReason.COMPLETED);
    assertThat(resumed.weights()).isEqualTo(whole.weights());
    assertThat(timeless(resumed)).isEqualTo(timeless(whole));
    assertThat(resumed.output().trainingLoss()).isEqualTo(whole.output().trainingLoss());
  }

  @Test
  void theStepIsSavedOnceEvenWhereItIsSavedAnyway() throws IOException {
    Result result =
        run("out")
            .args(args -> args.saveStrategy(STEPS).saveSteps(2))
            .train(ResumeFrom.never(), stopAfter(4));

    assertThat(result.saves()).containsExactly(2L, 4L);
    assertThat(SmallRun.steps(folder.resolve("out"))).containsExactly(2L, 4L);
  }

  @Test
  void aRunThatSavesNothingSavesNothingWhenItIsStopped() {
    Result result = run("out").train(ResumeFrom.never(), stopAfter(4));

    assertThat(result.output().stopReason()).isEqualTo(StopReason.REQUESTED);
    assertThat(result.output().globalStep()).isEqualTo(4);
    assertThat(folder.resolve("out")).doesNotExist();
  }

  @Test
  void aStopAskedForDuringAnEvaluationDoesNotWaitForTheNextUpdate() {
    AtomicReference<Trainer> running = new AtomicReference<>();
    TrainerCallback stopper =
        new TrainerCallback() {
          @Override
          public void onEvaluate(
              CallbackContext ctx,
              TrainerState state,
              TrainerControl control,
              Map<String, Double> metrics) {
            if (state.globalStep() == 4) {
              Objects.requireNonNull(running.get()).requestStop();
            }
          }
        };
    Result result =
        run("out")
            .args(InterruptionTest::rarely)
            .args(args -> args.evalStrategy(STEPS).evalSteps(2))
            .callback(stopper)
            .train(ResumeFrom.never(), running::set);

    assertThat(result.output().globalStep()).isEqualTo(4);
    assertThat(result.saves()).containsExactly(4L);
  }

  @Test
  void theNextRunOfAStoppedTrainerIsNotStopped() {
    try (var tiny = new dev.trainer4j.testing.TinyModel(1, 0);
        Trainer trainer = run("out").build(tiny.model())) {
      trainer.requestStop();
      assertThat(trainer.train().stopReason()).isEqualTo(StopReason.COMPLETED);
    }
  }

  @Test
  void theTimeLimitEndsTheRunWithACheckpoint() throws IOException {
    Result whole = run("whole").args(InterruptionTest::rarely).train();
    Result result =
        run("out")
            .args(InterruptionTest::rarely)
            .args(args -> args.maxTrainTime(Duration.ofMillis(1)))
            .callback(new SlowStart())
            .train();

    assertThat(result.output().stopReason()).isEqualTo(StopReason.TIME_LIMIT);
    // The start takes longer than the limit; what is asked for before the first update saves
    // nothing.
    assertThat(result.output().globalStep()).isZero();

    Result later =
        run("out")
            .args(InterruptionTest::rarely)
            .args(args -> args.maxTrainTime(Duration.ofSeconds(2)))
            .train(ResumeFrom.never(), trainer -> sleepAfter(trainer, 4, 2100));
    assertThat(later.output().stopReason()).isEqualTo(StopReason.TIME_LIMIT);
    assertThat(SmallRun.steps(folder.resolve("out"))).containsExactly(later.output().globalStep());

    Result resumed = run("out").args(InterruptionTest::rarely).train(ResumeFrom.latest());
    assertThat(resumed.weights()).isEqualTo(whole.weights());
  }

  /** Takes longer to begin than the time limit allows for everything. */
  private static final class SlowStart implements TrainerCallback {
    @Override
    public void onTrainBegin(CallbackContext ctx, TrainerState state, TrainerControl control) {
      try {
        Thread.sleep(20);
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  private static void sleepAfter(Trainer trainer, long step, long millis) {
    if (trainer.state().globalStep() == step) {
      try {
        Thread.sleep(millis);
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  @Test
  void atTheLastUpdateThereIsNothingLeftToStop() {
    Result result =
        run("out").args(InterruptionTest::byEpoch).train(ResumeFrom.never(), stopAfter(9));

    assertThat(result.output().stopReason()).isEqualTo(StopReason.COMPLETED);
    assertThat(result.saves()).containsExactly(3L, 6L, 9L);
  }

  @Test
  void anIntervalAloneIsASaveStrategyForAStoppedRun() throws IOException {
    run("out")
        .args(args -> args.saveStrategy(NO).saveInterval(Duration.ofDays(1)))
        .train(ResumeFrom.never(), stopAfter(4));

    assertThat(SmallRun.steps(folder.resolve("out"))).containsExactly(4L);
  }
}
