// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.trainer4j.StopReason;
import dev.trainer4j.TrainOutput;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.LoopTimes;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.state.LogEntry;
import dev.trainer4j.state.TrainerState;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the ready-made callbacks use is open to those of users. */
class OwnCallbackTest {

  private final Path dir;

  OwnCallbackTest(@TempDir Path dir) {
    this.dir = dir;
  }

  private TrainOutput run(int accumulation, TrainerCallback callback, List<LogEntry> history)
      throws IOException {
    try (GoldenTask task = new GoldenTask();
        Trainer trainer =
            task.trainer(
                    GoldenTask.args(dir)
                        .maxSteps(4)
                        .gradientAccumulationSteps(accumulation)
                        .saveStrategy(IntervalStrategy.STEPS)
                        .saveSteps(100)
                        .build())
                .callback(callback)
                .build()) {
      TrainOutput output = trainer.train();
      history.addAll(trainer.state().logHistory());
      return output;
    }
  }

  /** Adds a value under some name. */
  private record Adder(String name) implements TrainerCallback {
    @Override
    public void onPreLog(CallbackContext ctx, TrainerState state, TrainerControl control) {
      control.addToLog(name, state.globalStep() * 10.0);
    }
  }

  @Test
  void aValueThatIsAddedStandsInEachLineOfTrainingAndNowhereElse() throws IOException {
    List<LogEntry> history = new ArrayList<>();
    run(1, new Adder("mine"), history);

    assertThat(history).hasSize(5);
    for (LogEntry line : history.subList(0, 4)) {
      assertThat(line.value("mine")).hasValue(line.step() * 10.0);
    }
    assertThat(history.get(4).value("mine")).isEmpty();
  }

  @Test
  void aNameThatIsTakenIsRefused() {
    assertThatThrownBy(() -> run(1, new Adder("loss"), new ArrayList<>()))
        .hasMessageContaining("'loss'")
        .hasMessageContaining("another name");
  }

  @Test
  void addingToALineThatIsNotBeingWrittenIsRefused() {
    assertThatThrownBy(() -> new TrainerControl().addToLog("mine", 1))
        .hasMessageContaining("onPreLog");
  }

  @Test
  void eachMicroBatchIsShownAndTimed() throws IOException {
    List<Long> sizes = new ArrayList<>();
    List<LoopTimes> times = new ArrayList<>();
    TrainerCallback watcher =
        new TrainerCallback() {
          @Override
          public void onSubstepBegin(
              CallbackContext ctx, TrainerState state, TrainerControl control, ModelInputs inputs) {
            sizes.add(inputs.batchSize());
          }

          @Override
          public void onStepEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
            times.add(ctx.times().orElseThrow());
          }
        };
    run(2, watcher, new ArrayList<>());

    assertThat(sizes).hasSize(8).containsOnly(8L);
    LoopTimes last = times.get(3).minus(times.get(2));
    assertThat(last.updates()).isEqualTo(1);
    assertThat(last.microBatches()).isEqualTo(2);
    assertThat(last.samples()).isEqualTo(16);
    assertThat(last.forwardBackwardNanos()).isPositive();
    assertThat(times.get(3).updates()).isEqualTo(4);
  }

  @Test
  void anInterruptionEndsTheRunWithACheckpoint() throws IOException {
    TrainerCallback interrupter =
        new TrainerCallback() {
          @Override
          public void onStepEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
            if (state.globalStep() == 2) {
              control.requestInterruption();
            }
          }
        };
    TrainOutput output = run(1, interrupter, new ArrayList<>());

    assertThat(output.globalStep()).isEqualTo(2);
    assertThat(output.stopReason()).isEqualTo(StopReason.CALLBACK);
    assertThat(dir.resolve("checkpoint-2")).isDirectory();
  }
}
