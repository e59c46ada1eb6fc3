// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.trainer4j.ResumeFrom;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.CallbackException;
import dev.trainer4j.callbacks.FaultInjectionCallback.Event;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class FaultInjectionCallbackTest {

  private final Path dir;

  FaultInjectionCallbackTest(@TempDir Path dir) {
    this.dir = dir;
  }

  private static TrainingArguments args(Path dir) {
    return GoldenTask.args(dir)
        .maxSteps(12)
        .numTrainEpochs(6)
        .gradientAccumulationSteps(2)
        .evalStrategy(IntervalStrategy.STEPS)
        .evalSteps(1)
        .saveStrategy(IntervalStrategy.STEPS)
        .saveSteps(1)
        .build();
  }

  private static void run(Path dir, FaultInjectionCallback fault) throws IOException {
    try (GoldenTask task = new GoldenTask();
        Trainer trainer = task.trainer(args(dir)).callback(fault).build()) {
      trainer.train();
    }
  }

  @ParameterizedTest
  @EnumSource
  void failsAtTheChosenEventOfTheChosenUpdate(Event event) throws IOException {
    // 9 micro batches an epoch, two an update: the fifth update is the epoch's last.
    int step = event == Event.EPOCH_END ? 5 : 3;
    boolean before = event.ordinal() < Event.SAVE.ordinal();

    assertThatThrownBy(
            () ->
                run(
                    dir,
                    FaultInjectionCallback.at(step, event)
                        .fail(() -> new IllegalStateException("injected"))))
        .isInstanceOf(CallbackException.class)
        .hasMessageContaining("FaultInjectionCallback")
        .hasRootCauseMessage("injected");

    assertThat(Files.exists(dir.resolve("checkpoint-" + (step - 1)))).isTrue();
    assertThat(Files.exists(dir.resolve("checkpoint-" + step))).isEqualTo(!before);
  }

  @Test
  void runsOutOfMemory() {
    assertThatThrownBy(() -> run(dir, FaultInjectionCallback.at(2, Event.STEP_BEGIN).outOfMemory()))
        .isInstanceOf(OutOfMemoryError.class);
  }

  @Test
  void waits() throws IOException {
    long start = System.nanoTime();
    run(dir, FaultInjectionCallback.at(2, Event.LOG).delay(Duration.ofMillis(300)));
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThan(Duration.ofMillis(299));
  }

  @Test
  void endsTheJvmSoThatOnlyCommittedCheckpointsAreLeft() throws Exception {
    Process process =
        new ProcessBuilder(
                ProcessHandle.current().info().command().orElse("java"),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                Halted.class.getName(),
                dir.toString())
            .redirectErrorStream(true)
            .redirectOutput(dir.resolve("output.txt").toFile())
            .start();
    assertThat(process.waitFor(10, TimeUnit.MINUTES)).isTrue();

    assertThat(process.exitValue()).as(Files.readString(dir.resolve("output.txt"))).isEqualTo(137);
    assertThat(dir.resolve("run/checkpoint-3")).isDirectory();
    assertThat(dir.resolve("run/checkpoint-4")).doesNotExist();
    try (GoldenTask task = new GoldenTask();
        Trainer trainer = task.trainer(args(dir.resolve("run"))).build()) {
      assertThat(trainer.train(ResumeFrom.latest()).globalStep()).isEqualTo(12);
    }
  }

  /** What the child JVM runs. */
  static final class Halted {
    public static void main(String[] words) throws IOException {
      run(Path.of(words[0], "run"), FaultInjectionCallback.at(4, Event.STEP_END).halt(137));
    }
  }

  @Test
  void refusesWhatItCannotDo() {
    assertThatThrownBy(() -> FaultInjectionCallback.at(0, Event.LOG)).hasMessageContaining("step");
    assertThatThrownBy(() -> FaultInjectionCallback.nanGradient(1, "w"))
        .hasMessageContaining("from step 2 on");
    assertThatThrownBy(() -> run(dir, FaultInjectionCallback.nanGradient(2, "fc9.weight")))
        .rootCause()
        .hasMessageContaining("fc9.weight")
        .hasMessageContaining("fc1.weight");
    assertThatThrownBy(() -> run(dir.resolve("b"), FaultInjectionCallback.nanInput(2, "labels")))
        .rootCause()
        .hasMessageContaining("int64");
  }
}
