// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import static dev.trainer4j.args.IntervalStrategy.EPOCH;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.trainer4j.ResumeFrom;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.state.CallbackState;
import dev.trainer4j.state.LogEntry;
import dev.trainer4j.state.TrainerState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TensorBoardCallbackTest {

  private final Path dir;

  TensorBoardCallbackTest(@TempDir Path dir) {
    this.dir = dir;
  }

  private TrainingArguments.Builder args() {
    return GoldenTask.args(dir).evalStrategy(EPOCH).numTrainEpochs(2);
  }

  private static TrainerState train(
      TrainingArguments args, ResumeFrom from, TrainerCallback... callbacks) throws IOException {
    try (GoldenTask task = new GoldenTask()) {
      Trainer.Builder builder = task.trainer(args);
      List.of(callbacks).forEach(builder::callback);
      try (Trainer trainer = builder.build()) {
        trainer.train(from);
        return trainer.state();
      }
    }
  }

  private static List<Long> steps(long from, long to) {
    return LongStream.rangeClosed(from, to).boxed().toList();
  }

  @Test
  void writesEveryValueOfEveryEntryUnderHuggingFacesTags() throws IOException {
    TrainerState state =
        train(args().runName("first").reportTo("tensorboard").build(), ResumeFrom.never());

    EventFileReader events = EventFileReader.read(dir.resolve("runs/first"));
    Map<String, List<EventFileReader.Point>> expected = new TreeMap<>();
    for (LogEntry entry : state.logHistory()) {
      entry
          .values()
          .forEach(
              (name, value) ->
                  expected
                      .computeIfAbsent(
                          name.startsWith("eval_") ? "eval/" + name.substring(5) : "train/" + name,
                          tag -> new ArrayList<>())
                      .add(new EventFileReader.Point(entry.step(), value.floatValue())));
    }
    assertThat(events.scalars()).isEqualTo(expected);
    assertThat(expected)
        .containsKeys("train/loss", "train/learning_rate", "eval/accuracy", "train/train_runtime");
    assertThat(events.texts().get("args/text_summary"))
        .startsWith("    {\n")
        .contains("      \"run_name\": \"first\",");
    assertThat(events.histograms()).isEmpty();
  }

  @Test
  void namesTheFolderAfterDateAndHostWhenTheRunHasNoName() throws IOException {
    train(args().maxSteps(1).build(), ResumeFrom.never(), new TensorBoardCallback());

    try (Stream<Path> runs = Files.list(dir.resolve("runs"))) {
      assertThat(runs)
          .singleElement()
          .asString()
          .matches(".*[A-Z][a-z]{2}\\d\\d_\\d\\d-\\d\\d-\\d\\d_[A-Za-z0-9_-]+");
    }
  }

  @Test
  void writesIntoTheLoggingDir() throws IOException {
    Path folder = dir.resolve("elsewhere");
    train(
        args().maxSteps(1).loggingDir(folder).build(),
        ResumeFrom.never(),
        new TensorBoardCallback());

    assertThat(EventFileReader.read(folder).steps("train/loss")).containsExactly(1L);
  }

  @Test
  void aRunNameNeverLeadsOutOfTheFolderOfRuns() throws IOException {
    train(
        args().maxSteps(1).runName("../a/b").build(),
        ResumeFrom.never(),
        new TensorBoardCallback());

    assertThat(dir.resolve("runs/_.._a_b")).isDirectory();
  }

  @Test
  void aSavedFolderThatLeadsElsewhereIsNotTaken() throws IOException {
    for (String folder : List.of("../../elsewhere", "/tmp/elsewhere", "..", "a\\b", "")) {
      TensorBoardCallback callback = new TensorBoardCallback();
      callback.restore(new CallbackState(Map.of(), Map.of("run_folder", folder)));
      assertThat(callback.state().attributes()).as(folder).isEmpty();
    }
  }

  @Test
  void aResumedRunTellsTheStepOfItsCheckpointOnce() throws IOException {
    // The checkpoint of 9 is saved before its epoch ends, whose evaluation so comes twice.
    TrainingArguments args = args().saveSteps(9).runName("r").reportTo("tensorboard").build();
    train(args, ResumeFrom.never(), new StopAt(12));
    assertThat(EventFileReader.read(dir.resolve("runs/r")).steps("train/loss"))
        .isEqualTo(steps(1, 12));

    train(args, ResumeFrom.path(dir.resolve("checkpoint-9")));

    EventFileReader events = EventFileReader.read(dir.resolve("runs/r"));
    assertThat(events.steps("train/loss")).isEqualTo(steps(1, 18));
    assertThat(events.steps("eval/loss")).containsExactly(9L, 18L);
  }

  @Test
  void aRunThatResumesInAnotherFolderBringsItsHistory() throws IOException {
    train(args().saveSteps(9).build(), ResumeFrom.never(), new StopAt(12));
    Path other = dir.resolve("other");

    train(
        args().loggingDir(other).build(),
        ResumeFrom.path(dir.resolve("checkpoint-9")),
        new TensorBoardCallback());

    assertThat(EventFileReader.read(other).steps("train/loss")).isEqualTo(steps(1, 18));
  }

  @Test
  void aNewRunTakesThePlaceOfTheLastInTheSameFolder() throws IOException {
    train(args().runName("r").reportTo("tensorboard").build(), ResumeFrom.never());
    train(args().runName("r").reportTo("tensorboard").maxSteps(3).build(), ResumeFrom.never());

    assertThat(EventFileReader.read(dir.resolve("runs/r")).steps("train/loss"))
        .isEqualTo(steps(1, 3));
  }

  @Test
  void writesAnEvaluationWithoutTraining() throws IOException {
    try (GoldenTask task = new GoldenTask();
        Trainer trainer =
            task.trainer(args().runName("e").reportTo("tensorboard").build()).build()) {
      trainer.evaluate();
    }

    assertThat(EventFileReader.read(dir.resolve("runs/e")).steps("eval/loss")).containsExactly(0L);
  }

  @Test
  void histogramsCountEveryWeightAndGradientWhenAskedFor() throws IOException {
    TensorBoardCallback callback =
        TensorBoardCallback.builder().folder(dir).weightHistograms(2).gradientHistograms(3).build();
    WeightsAndGradients seen = new WeightsAndGradients();

    train(args().maxSteps(6).build(), ResumeFrom.never(), callback, seen);

    EventFileReader events = EventFileReader.read(dir);
    assertThat(events.histograms().keySet())
        .containsExactlyInAnyOrder(
            "weights/fc1.weight",
            "weights/fc1.bias",
            "weights/fc2.weight",
            "weights/fc2.bias",
            "gradients/fc1.weight",
            "gradients/fc1.bias",
            "gradients/fc2.weight",
            "gradients/fc2.bias");
    assertThat(events.histograms().get("weights/fc1.weight"))
        .extracting(EventFileReader.Buckets::step)
        .containsExactly(2L, 4L, 6L);
    assertThat(events.histograms().get("gradients/fc1.weight"))
        .extracting(EventFileReader.Buckets::step)
        .containsExactly(3L, 6L);
    events
        .histograms()
        .forEach(
            (tag, all) -> {
              for (EventFileReader.Buckets buckets : all) {
                assertCounts(buckets, seen.values.get(tag + " " + buckets.step()));
              }
            });
  }

  /** Counts once more, one value at a time. */
  private static void assertCounts(EventFileReader.Buckets buckets, float[] values) {
    double[] sorted = new double[values.length];
    Arrays.setAll(sorted, i -> values[i]);
    Arrays.sort(sorted);
    assertThat(buckets.num()).isEqualTo(values.length);
    assertThat(buckets.min()).isEqualTo(sorted[0]);
    assertThat(buckets.max()).isEqualTo(sorted[sorted.length - 1]);
    double below = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < buckets.limits().size(); i++) {
      double from = below;
      double to = buckets.limits().get(i);
      long count = Arrays.stream(sorted).filter(value -> value >= from && value < to).count();
      assertThat(buckets.counts().get(i)).as("[%s, %s)", from, to).isEqualTo(count);
      below = to;
    }
  }

  @Test
  void refusesANegativeInterval() {
    assertThatThrownBy(() -> TensorBoardCallback.builder().weightHistograms(-1).build())
        .hasMessageContaining("weightHistograms is -1");
  }

  /** What the histograms should be of. */
  private static final class WeightsAndGradients implements TrainerCallback {
    private final Map<String, float[]> values = new TreeMap<>();

    @Override
    public void onPreOptimizerStep(
        CallbackContext ctx, TrainerState state, TrainerControl control) {
      long step = state.globalStep() + 1;
      ctx.model()
          .parameters()
          .forEach(
              p ->
                  values.put(
                      "gradients/" + p.name() + " " + step,
                      p.array().getGradient().toFloatArray()));
    }

    @Override
    public void onStepEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
      ctx.model()
          .parameters()
          .forEach(
              p ->
                  values.put(
                      "weights/" + p.name() + " " + state.globalStep(), p.array().toFloatArray()));
    }
  }

  private record StopAt(long step) implements TrainerCallback {
    @Override
    public void onStepEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
      if (state.globalStep() >= step) {
        control.requestTrainingStop();
      }
    }
  }
}
