// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import static dev.trainer4j.args.IntervalStrategy.EPOCH;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Percentage.withPercentage;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.trainer4j.ResumeFrom;
import dev.trainer4j.StopReason;
import dev.trainer4j.TrainOutput;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.metrics.EvalPrediction;
import dev.trainer4j.metrics.StreamingMetrics;
import dev.trainer4j.state.LogEntry;
import dev.trainer4j.state.TrainerState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** In the golden run eval_loss is 0.286, 0.518, 0.333 after 9, 18, 27 updates. */
class EarlyStoppingCallbackTest {

  private final Path dir;

  EarlyStoppingCallbackTest(@TempDir Path dir) {
    this.dir = dir;
  }

  private TrainingArguments.Builder args() {
    return GoldenTask.args(dir)
        .evalStrategy(EPOCH)
        .saveStrategy(EPOCH)
        .loadBestModelAtEnd(true)
        .metricForBestModel("eval_loss");
  }

  private static TrainOutput train(
      TrainingArguments args, ResumeFrom from, TrainerCallback... callbacks) throws IOException {
    try (GoldenTask task = new GoldenTask()) {
      Trainer.Builder builder = task.trainer(args);
      List.of(callbacks).forEach(builder::callback);
      try (Trainer trainer = builder.build()) {
        return trainer.train(from);
      }
    }
  }

  @Test
  void stopsWhereHuggingFaceStopsAndSavesWhatItSaves() throws IOException {
    JsonNode golden = GoldenTask.json("early_stop.json");
    try (GoldenTask task = new GoldenTask();
        Trainer trainer =
            task.trainer(args().saveTotalLimit(2).build())
                .callback(new EarlyStoppingCallback(2))
                .build()) {

      TrainOutput output = trainer.train();

      assertThat(output.globalStep()).isEqualTo(golden.get("global_step").asLong());
      assertThat(output.stopReason()).isEqualTo(StopReason.CALLBACK);
      assertThat(output.trainingLoss())
          .isCloseTo(golden.get("train_loss").asDouble(), withPercentage(0.01));
      List<Double> expected = evalLosses(golden.get("log_history"));
      List<Double> actual = evalLosses(trainer.state());
      assertThat(actual).hasSameSizeAs(expected);
      for (int i = 0; i < expected.size(); i++) {
        assertThat(actual.get(i)).isCloseTo(expected.get(i), withPercentage(0.01));
      }
      assertThat(trainer.state().bestGlobalStep()).isEqualTo(9);
    }
    assertThat(savedState(9))
        .isEqualTo(
            GoldenTask.json("early_stop_state.json")
                .at("/stateful_callbacks/EarlyStoppingCallback"));
    assertThat(savedState(27).at("/attributes/early_stopping_patience_counter").asInt())
        .isEqualTo(2);
  }

  @Test
  void goesOnCountingInAResumedRun() throws IOException {
    TrainingArguments args = args().build();
    train(args, ResumeFrom.never(), new EarlyStoppingCallback(2), new StopAt(18));
    assertThat(savedState(18).at("/attributes/early_stopping_patience_counter").asInt())
        .isEqualTo(1);

    TrainOutput resumed = train(args, ResumeFrom.latest(), new EarlyStoppingCallback(2));

    assertThat(resumed.globalStep()).isEqualTo(27);
  }

  /** As one does that is killed behind the checkpoint of the evaluation at which it was to stop. */
  @Test
  void aResumedRunThatHadStoppedEndsWhereItHadStopped() throws IOException {
    TrainingArguments args = args().build();
    train(args, ResumeFrom.never(), new EarlyStoppingCallback(2));

    TrainOutput resumed = train(args, ResumeFrom.latest(), new EarlyStoppingCallback(2));
    TrainOutput patient = train(args, ResumeFrom.latest(), new EarlyStoppingCallback(3));

    assertThat(resumed.globalStep()).isEqualTo(27);
    assertThat(resumed.stopReason()).isEqualTo(StopReason.CALLBACK);
    assertThat(patient.globalStep()).isGreaterThan(27);
  }

  @Test
  void countsAnewWhenTheSameTrainerTrainsAgain() throws IOException {
    TrainingArguments args = args().metricForBestModel("eval_accuracy").build();
    EarlyStoppingCallback callback = new EarlyStoppingCallback(2);
    try (GoldenTask task = new GoldenTask();
        Trainer trainer = task.trainer(args).callback(callback).build()) {
      trainer.train();
      assertThat(callback.state().attributes()).containsValue(2);

      assertThat(trainer.train().globalStep()).isGreaterThanOrEqualTo(27);
    }
  }

  @Test
  void leavesEvaluationsBeforeTheStartOutOfTheCount() throws IOException {
    EarlyStoppingCallback callback = EarlyStoppingCallback.builder(2).startFrom(2.5).build();

    assertThat(train(args().build(), ResumeFrom.never(), callback).globalStep()).isGreaterThan(27);
  }

  @Test
  void ignoresEvaluationsOutsideTraining() throws IOException {
    EarlyStoppingCallback callback = new EarlyStoppingCallback(2);
    try (GoldenTask task = new GoldenTask();
        Trainer trainer =
            task.trainer(args().build()).callback(callback).callback(new StopAt(9)).build()) {
      trainer.train();
      trainer.evaluate();
      assertThat(callback.state().attributes()).containsValue(0);
    }
  }

  /** The reference's figure: a NaN is never the best, but the first evaluation counts for an improvement. */
  @Test
  void stopsAtTheThirdEvaluationIfNoneGivesANumber() throws IOException {
    for (boolean greaterIsBetter : new boolean[] {true, false}) {
      EarlyStoppingCallback callback = new EarlyStoppingCallback(2);
      TrainingArguments args =
          args().metricForBestModel("score").greaterIsBetter(greaterIsBetter).build();
      try (GoldenTask task = new GoldenTask();
          Trainer trainer =
              task.trainer(args).computeMetrics(NoNumber::new).callback(callback).build()) {
        assertThat(trainer.train().globalStep()).isEqualTo(27);
        assertThat(trainer.state().bestGlobalStep()).isNull();
      }
      assertThat(savedState(27).at("/attributes/early_stopping_patience_counter").asInt())
          .isEqualTo(2);
    }
  }

  @Test
  void goesOnCountingEvaluationsWithoutANumberInAResumedRun() throws IOException {
    TrainingArguments args = args().metricForBestModel("score").greaterIsBetter(true).build();
    for (boolean resumes : new boolean[] {false, true}) {
      try (GoldenTask task = new GoldenTask();
          Trainer trainer =
              task.trainer(args)
                  .computeMetrics(NoNumber::new)
                  .callback(new EarlyStoppingCallback(2))
                  .callback(new StopAt(resumes ? 999 : 18))
                  .build()) {
        trainer.train(resumes ? ResumeFrom.latest() : ResumeFrom.never());
        assertThat(trainer.state().globalStep()).isEqualTo(resumes ? 27 : 18);
      }
    }
  }

  @Test
  void countsTheRunsOwnEvaluationsAlone() throws IOException {
    AtomicReference<Trainer> self = new AtomicReference<>();
    TrainerCallback evaluator =
        new TrainerCallback() {
          @Override
          public void onStepEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
            if (state.globalStep() < 9) {
              self.get().evaluate(); // A callback's own, though under the same names.
            }
          }
        };
    EarlyStoppingCallback callback = new EarlyStoppingCallback(1);
    try (GoldenTask task = new GoldenTask();
        Trainer trainer =
            task.trainer(args().maxSteps(9).build())
                .callback(callback)
                .callback(evaluator)
                .build()) {
      self.set(trainer);
      assertThat(trainer.train().globalStep()).isEqualTo(9);
      assertThat(callback.state().attributes()).containsValue(0);
    }
  }

  /** A metric that never comes to a number. */
  private static final class NoNumber implements StreamingMetrics.Accumulator {
    @Override
    public void add(EvalPrediction batch) {}

    @Override
    public Map<String, Double> result() {
      return Map.of("score", Double.NaN);
    }
  }

  @Test
  void needsEvaluations() {
    TrainingArguments args =
        GoldenTask.args(dir).metricForBestModel("eval_loss").numTrainEpochs(1).build();

    assertThatThrownBy(() -> train(args, ResumeFrom.never(), new EarlyStoppingCallback(2)))
        .hasMessageContaining("EarlyStoppingCallback")
        .hasMessageContaining("evalStrategy is NO");
  }

  @Test
  void needsAMetric() {
    TrainingArguments args = GoldenTask.args(dir).evalStrategy(EPOCH).numTrainEpochs(1).build();

    assertThatThrownBy(() -> train(args, ResumeFrom.never(), new EarlyStoppingCallback(2)))
        .hasMessageContaining("set metricForBestModel");
  }

  private JsonNode savedState(int step) throws IOException {
    Path file = dir.resolve("checkpoint-" + step).resolve("trainer_state.json");
    return new ObjectMapper()
        .readTree(Files.readString(file))
        .at("/stateful_callbacks/EarlyStoppingCallback");
  }

  private static List<Double> evalLosses(JsonNode history) {
    return StreamSupport.stream(history.spliterator(), false)
        .filter(line -> line.has("eval_loss"))
        .map(line -> line.get("eval_loss").asDouble())
        .toList();
  }

  private static List<Double> evalLosses(TrainerState state) {
    return state.logHistory().stream()
        .map(LogEntry::values)
        .filter(values -> values.containsKey("eval_loss"))
        .map(values -> values.get("eval_loss"))
        .toList();
  }

  /** Stops the run as the end of a time slot would. */
  private record StopAt(long step) implements TrainerCallback {
    @Override
    public void onEpochEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
      if (state.globalStep() >= step) {
        control.requestTrainingStop();
      }
    }
  }
}
