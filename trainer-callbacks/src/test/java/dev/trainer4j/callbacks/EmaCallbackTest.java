// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.ResumeFrom;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.NanPolicy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.checkpoint.CheckpointFiles;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.model.Losses;
import dev.trainer4j.model.ModelOutput;
import dev.trainer4j.model.NamedParameter;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.state.LogEntry;
import dev.trainer4j.state.TrainerState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmaCallbackTest {

  private final Path dir;

  EmaCallbackTest(@TempDir Path dir) {
    this.dir = dir;
  }

  /** The weights after each update. */
  private static final class Weights implements TrainerCallback {
    private final List<Map<String, float[]>> after = new ArrayList<>();

    @Override
    public void onStepEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
      after.add(weights(ctx.model().state()));
    }
  }

  private static Map<String, float[]> weights(Map<String, NDArray> arrays) {
    Map<String, float[]> values = new TreeMap<>();
    arrays.forEach((name, array) -> values.put(name, array.toFloatArray()));
    return values;
  }

  private TrainingArguments.Builder args(String folder) {
    return GoldenTask.args(dir.resolve(folder))
        .maxSteps(6)
        .evalStrategy(IntervalStrategy.STEPS)
        .evalSteps(2)
        .saveStrategy(IntervalStrategy.STEPS)
        .saveSteps(3);
  }

  private static Map<String, float[]> run(
      TrainingArguments args, ResumeFrom from, TrainerCallback... callbacks) throws IOException {
    try (GoldenTask task = new GoldenTask()) {
      Trainer.Builder builder = task.trainer(args);
      for (TrainerCallback callback : callbacks) {
        builder.callback(callback);
      }
      try (Trainer trainer = builder.build()) {
        trainer.train(from);
        return weights(trainer.model().state());
      }
    }
  }

  private static Map<String, float[]> initial() throws IOException {
    try (GoldenTask task = new GoldenTask();
        Trainer trainer = task.trainer(GoldenTask.args(Path.of("unused")).build()).build()) {
      return weights(trainer.model().state());
    }
  }

  private static void assertSame(Map<String, float[]> actual, Map<String, float[]> expected) {
    assertThat(actual.keySet()).isEqualTo(expected.keySet());
    expected.forEach((name, values) -> assertThat(actual.get(name)).as(name).isEqualTo(values));
  }

  @Test
  void theModelEndsWithTheAverageOfTheWeightsByItsDefinition() throws IOException {
    for (boolean warmUp : List.of(false, true)) {
      Weights weights = new Weights();
      EmaCallback ema = warmUp ? EmaCallback.warmUp(0.3) : new EmaCallback(0.3);

      Map<String, float[]> end = run(args("a" + warmUp).build(), ResumeFrom.never(), weights, ema);

      Map<String, float[]> first = initial();
      for (Map.Entry<String, float[]> array : end.entrySet()) {
        for (int i = 0; i < array.getValue().length; i++) {
          double average = first.get(array.getKey())[i];
          for (int n = 0; n < 6; n++) {
            double decay = warmUp ? Math.min(0.3, (1.0 + n) / (10.0 + n)) : 0.3;
            average = decay * average + (1 - decay) * weights.after.get(n).get(array.getKey())[i];
          }
          assertThat((double) array.getValue()[i])
              .isCloseTo(average, org.assertj.core.data.Offset.offset(1e-6));
        }
      }
    }
  }

  @Test
  void trainingGoesOnAsIfThereWereNoAverageWhileEvaluationsSeeIt() throws IOException {
    Weights plain = new Weights();
    Weights averaged = new Weights();
    List<Double> plainLosses = new ArrayList<>();
    List<Double> averagedLosses = new ArrayList<>();

    run(args("plain").build(), ResumeFrom.never(), plain, new EvalLosses(plainLosses));
    run(
        args("ema").build(),
        ResumeFrom.never(),
        averaged,
        new EmaCallback(0.9),
        new EvalLosses(averagedLosses));

    for (int i = 0; i < 6; i++) {
      assertSame(averaged.after.get(i), plain.after.get(i));
    }
    assertThat(averagedLosses).hasSize(3);
    for (int i = 0; i < 3; i++) {
      // The average lags behind, so its loss is higher while the loss falls.
      assertThat(averagedLosses.get(i)).isGreaterThan(plainLosses.get(i));
    }
  }

  private record EvalLosses(List<Double> losses) implements TrainerCallback {
    @Override
    public void onLog(
        CallbackContext ctx, TrainerState state, TrainerControl control, LogEntry logs) {
      logs.value("eval_loss").ifPresent(losses::add);
    }
  }

  @Test
  void aCheckpointHasBothAndAResumedRunGivesTheSameBits() throws IOException {
    Weights whole = new Weights();
    Map<String, float[]> end =
        run(args("whole").build(), ResumeFrom.never(), whole, EmaCallback.warmUp(0.9));
    Path checkpoint = dir.resolve("whole/checkpoint-3");
    assertThat(checkpoint.resolve("ema.safetensors")).isRegularFile();
    assertThat(Files.readString(checkpoint.resolve("manifest.json"))).contains("ema.safetensors");

    Map<String, float[]> resumed =
        run(
            args("whole").saveStrategy(IntervalStrategy.NO).build(),
            ResumeFrom.path(checkpoint),
            EmaCallback.warmUp(0.9));

    assertSame(resumed, end);
    try (NDManager manager = NDManager.newBaseManager(TestDevice.get(), "PyTorch")) {
      CheckpointFiles files = new CheckpointFiles(dir.resolve("whole/checkpoint-6"));
      assertSame(weights(files.readTensors("ema", manager)), end);
      assertSame(weights(files.readTensors("model", manager)), whole.after.get(5));
    }
  }

  @Test
  void aSavedCopyInTheBackgroundIsThatOfTheStep() throws IOException {
    run(args("now").build(), ResumeFrom.never(), new EmaCallback(0.5));
    run(args("later").asyncSave(true).build(), ResumeFrom.never(), new EmaCallback(0.5));

    assertThat(dir.resolve("later/checkpoint-3/ema.safetensors"))
        .hasSameBinaryContentAs(dir.resolve("now/checkpoint-3/ema.safetensors"));
  }

  @Test
  void theBestModelIsTheAverageThatEarnedTheMetric() throws IOException {
    TrainingArguments args =
        args("best").saveSteps(2).loadBestModelAtEnd(true).metricForBestModel("loss").build();
    try (GoldenTask task = new GoldenTask();
        Trainer trainer = task.trainer(args).callback(new EmaCallback(0.9)).build()) {
      trainer.train();

      double again = trainer.evaluate().metrics().get("eval_loss");
      assertThat(again).isEqualTo(trainer.state().bestMetric());
    }
  }

  /** Like a TorchScript model, whose parameters are new arrays once its file has been loaded. */
  private static final class Reloading implements TrainableModel {
    private final NDManager manager = NDManager.newBaseManager(TestDevice.get(), "PyTorch");
    private NDArray weight = manager.create(new float[] {1, -2, 3, 0, 1, 1}, new Shape(2, 3));

    Reloading() {
      weight.setRequiresGradient(true);
    }

    @Override
    public ModelOutput forward(ModelInputs inputs, boolean training) {
      NDArray logits = inputs.get("x").matMul(weight);
      return ModelOutput.logits(logits).withLoss(Losses.crossEntropy(logits, inputs.get("labels")));
    }

    @Override
    public List<NamedParameter> parameters() {
      return List.of(NamedParameter.of("weight", weight));
    }

    @Override
    public Map<String, NDArray> state() {
      return Map.of("weight", weight);
    }

    @Override
    public NDManager manager() {
      return manager;
    }

    @Override
    public void loadExtras(Path folder) {
      weight = manager.zeros(weight.getShape());
      weight.setRequiresGradient(true);
    }

    @Override
    public void close() {
      manager.close();
    }
  }

  @Test
  void theBestModelIsTheAverageAlsoIfItsParametersAreNewArrays() {
    List<Map<String, Object>> samples =
        List.of(
            Map.of("x", new float[] {1, 0}, "labels", 0L),
            Map.of("x", new float[] {0, 1}, "labels", 2L));
    try (Reloading model = new Reloading();
        Trainer trainer =
            Trainer.builder(
                    model,
                    args("new").saveSteps(2).learningRate(1).loadBestModelAtEnd(true).build())
                .trainDataset(Datasets.of(samples))
                .evalDataset(Datasets.of(samples))
                .callback(new EmaCallback(0.9))
                .build()) {
      trainer.train();

      assertThat(trainer.evaluate().metric("loss")).isEqualTo(trainer.state().bestMetric());
    }
  }

  @Test
  void saveModelDuringTrainingWritesTheAverage() throws IOException {
    Path saved = dir.resolve("saved");
    try (GoldenTask task = new GoldenTask()) {
      Trainer[] trainer = new Trainer[1];
      TrainerCallback saver =
          new TrainerCallback() {
            @Override
            public void onSave(CallbackContext ctx, TrainerState state, TrainerControl control) {
              try {
                trainer[0].saveModel(saved);
              } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
              }
            }
          };
      trainer[0] =
          task.trainer(args("run").maxSteps(3).build())
              .callback(new EmaCallback(0.9))
              .callback(saver)
              .build();
      try (Trainer open = trainer[0];
          NDManager manager = NDManager.newBaseManager(TestDevice.get(), "PyTorch")) {
        open.train();
        assertSame(
            weights(new CheckpointFiles(saved).readTensors("model", manager)),
            weights(
                new CheckpointFiles(dir.resolve("run/checkpoint-3")).readTensors("ema", manager)));
      }
    }
  }

  @Test
  void aSkippedUpdateDoesNotCount() throws IOException {
    Weights weights = new Weights();
    Map<String, float[]> end =
        run(
            args("skip")
                .maxSteps(2)
                .evalStrategy(IntervalStrategy.NO)
                .nanPolicy(NanPolicy.SKIP)
                .build(),
            ResumeFrom.never(),
            weights,
            new EmaCallback(0.5),
            FaultInjectionCallback.nanInput(2, "x"));

    Map<String, float[]> first = initial();
    float expected =
        0.5f * first.get("fc1.bias")[0] + 0.5f * weights.after.get(0).get("fc1.bias")[0];
    assertThat(end.get("fc1.bias")[0])
        .isCloseTo(expected, org.assertj.core.data.Offset.offset(1e-7f));
  }

  @Test
  void refusesDecaysOutOfRangeAndASecondAverage() throws IOException {
    assertThatThrownBy(() -> new EmaCallback(1)).hasMessageContaining("[0, 1)");
    try (GoldenTask task = new GoldenTask()) {
      Trainer.Builder builder =
          task.trainer(args("two").build())
              .callback(new EmaCallback(0.5))
              .callback(new EmaCallback(0.9));
      assertThatThrownBy(builder::build).hasMessageContaining("EmaCallback");
    }
  }
}
