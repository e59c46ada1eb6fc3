// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import static dev.trainer4j.args.IntervalStrategy.EPOCH;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.trainer4j.Trainer;
import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.state.LogEntry;
import dev.trainer4j.state.TrainerState;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(300)
class ProgressCallbackTest {

  private final Path dir;

  ProgressCallbackTest(@TempDir Path dir) {
    this.dir = dir;
  }

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final PrintStream out = new PrintStream(bytes, true, UTF_8);

  private String output() {
    return bytes.toString(UTF_8);
  }

  /** What a terminal shows at the end: a carriage return overwrites its line. */
  private List<String> screen() {
    List<String> lines = new ArrayList<>();
    for (String line : output().split("\n", -1)) {
      StringBuilder shown = new StringBuilder();
      for (String piece : line.split("\r", -1)) {
        shown.replace(0, Math.min(piece.length(), shown.length()), piece);
      }
      lines.add(shown.toString().stripTrailing());
    }
    return lines;
  }

  private void train(ProgressCallback callback, TrainerCallback... others) throws IOException {
    try (GoldenTask task = new GoldenTask()) {
      Trainer.Builder builder =
          task.trainer(GoldenTask.args(dir).evalStrategy(EPOCH).numTrainEpochs(2).build())
              .callback(callback);
      List.of(others).forEach(builder::callback);
      try (Trainer trainer = builder.build()) {
        trainer.train();
      }
    }
  }

  private ProgressCallback.Builder forced() {
    return ProgressCallback.builder().out(out).force(true);
  }

  @Test
  void showsABarWithLossAndRateBelowTheMetricsOfEvaluations() throws IOException {
    train(forced().build());

    List<String> screen = screen();
    assertThat(screen).hasSize(5);
    assertThat(screen.get(0)).startsWith("epoch 1.00, step 9: eval_loss ");
    assertThat(screen.get(1))
        .matches("epoch 2.00, step 18: eval_loss [0-9.e-]+, eval_accuracy [0-9.]+");
    assertThat(screen.get(2))
        .startsWith("train 100% ")
        .contains("18/18")
        .matches(".* loss [0-9.e-]+, lr [0-9.e-]+");
    assertThat(screen.get(3)).startsWith("epoch 2.00, step 18: train_runtime ");
    assertThat(screen.get(4)).isEmpty();
  }

  @Test
  void printsTheLinesOfTheTrainingTooIfAsked() throws IOException {
    train(forced().allLines(true).build());

    assertThat(screen()).hasSize(23).anyMatch(line -> line.startsWith("epoch 0.11, step 1: loss "));
  }

  @Test
  void isQuietWithoutATerminal() throws IOException {
    // Tests run without one.
    train(ProgressCallback.builder().out(out).build());

    assertThat(output()).isEmpty();
  }

  @Test
  void givesALongEvaluationABarThatGoesWhenItIsOver() throws IOException {
    train(forced().build(), new Slow(300));

    assertThat(output()).contains("eval ").contains("/3 ");
    assertThat(screen()).hasSize(5).noneMatch(line -> line.startsWith("eval "));
  }

  @Test
  void showsTheProgressOfAnEvaluationOutsideTraining() throws IOException {
    try (GoldenTask task = new GoldenTask();
        Trainer trainer =
            task.trainer(GoldenTask.args(dir).build())
                .callback(forced().build())
                .callback(new Slow(400))
                .build()) {
      trainer.evaluate();
    }

    assertThat(output()).contains("eval ");
    assertThat(String.join("", screen())).isEmpty();
  }

  @Test
  void endsTheBarWhenTrainingFails() throws Exception {
    assertThatThrownBy(() -> train(forced().build(), new FailsAt(12)))
        .hasMessageContaining("no luck");

    long deadline = System.nanoTime() + 120_000_000_000L;
    while (!output().endsWith(System.lineSeparator()) && System.nanoTime() < deadline) {
      Thread.sleep(20);
    }
    assertThat(output()).endsWith(System.lineSeparator());
    int length = output().length();
    Thread.sleep(500);
    assertThat(output()).as("nothing is drawn any more").hasSize(length);
  }

  @Test
  void keepsAnInterruptForTheHost() throws IOException {
    try {
      train(forced().build(), new InterruptsItself());
      assertThat(Thread.currentThread().isInterrupted()).isTrue();
    } finally {
      Thread.interrupted();
    }
  }

  private record Slow(long millis) implements TrainerCallback {
    @Override
    public void onPredictionStep(CallbackContext ctx, TrainerState state, TrainerControl control) {
      try {
        Thread.sleep(millis);
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  private record FailsAt(long step) implements TrainerCallback {
    @Override
    public void onStepEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
      if (state.globalStep() == step) {
        throw new IllegalStateException("no luck");
      }
    }
  }

  private static final class InterruptsItself implements TrainerCallback {
    @Override
    public void onLog(
        CallbackContext ctx, TrainerState state, TrainerControl control, LogEntry logs) {
      if (logs.value("train_runtime").isPresent()) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
