// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.functional;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.PredictionOutput;
import dev.trainer4j.ResumeFrom;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.model.FunctionModel;
import dev.trainer4j.model.ModelOutput;
import dev.trainer4j.state.TrainerState;
import dev.trainer4j.testing.Crash;
import dev.trainer4j.testing.TestDevice;
import dev.trainer4j.testing.TinyData;
import dev.trainer4j.testing.Values;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A model that draws random numbers in evaluations, too, draws the same at the same place of a run. */
class SeededEvaluationTest {

  @TempDir Path folder;

  /** What is to happen besides training; what it draws must not matter. */
  private interface Interference extends TrainerCallback {}

  private static final class Watch implements TrainerCallback {
    private final Map<Long, Double> losses = new HashMap<>();

    @Override
    public void onEvaluate(
        CallbackContext ctx,
        TrainerState state,
        TrainerControl control,
        Map<String, Double> metrics) {
      Double loss = metrics.get("eval_loss");
      if (loss != null) {
        losses.put(state.globalStep(), loss);
      }
    }
  }

  /** A noisy linear model and its trainer. */
  private final class Run implements AutoCloseable {
    private final NDManager manager = NDManager.newBaseManager(TestDevice.get(), "PyTorch");
    private final NDArray weight =
        manager.zeros(new Shape(TinyData.FEATURES, TinyData.CLASSES)).add(0.1f);
    private final Trainer trainer;

    Run(String name, TrainerCallback... callbacks) {
      this(name, args -> {}, callbacks);
    }

    Run(String name, Consumer<TrainingArguments.Builder> changes, TrainerCallback... callbacks) {
      FunctionModel model =
          new FunctionModel(
              Map.of("w", weight),
              manager,
              (inputs, training) -> {
                NDArray x = inputs.get("x");
                NDArray noise = x.getManager().randomNormal(x.getShape());
                return ModelOutput.logits(x.add(noise).matMul(weight));
              });
      TrainingArguments.Builder args =
          TrainingArguments.builder()
              .outputDir(folder.resolve(name))
              .maxSteps(6)
              .perDeviceTrainBatchSize(4)
              .perDeviceEvalBatchSize(4)
              .learningRate(0.05)
              .evalStrategy(IntervalStrategy.STEPS)
              .evalSteps(2)
              .saveStrategy(IntervalStrategy.STEPS)
              .saveSteps(1);
      changes.accept(args);
      Trainer.Builder builder =
          Trainer.builder(model, args.build())
              .trainDataset(TinyData.points(22, 1))
              .evalDataset(TinyData.points(10, 2));
      List.of(callbacks).forEach(builder::callback);
      trainer = builder.build();
    }

    List<Double> weights() {
      return Values.of(weight);
    }

    @Override
    public void close() {
      trainer.close();
      manager.close();
    }
  }

  /** The run that resumes begins with the evaluation that the crash has cut off, before it has seeded a pass. */
  @Test
  void soARunThatResumesLogsTheSameEvaluations() {
    Consumer<TrainingArguments.Builder> byEpoch =
        args -> args.maxSteps(-1).numTrainEpochs(2).evalStrategy(IntervalStrategy.EPOCH);
    Watch whole = new Watch();
    List<Double> weights;
    try (Run run = new Run("whole", byEpoch, whole)) {
      run.trainer.train();
      weights = run.weights();
    }
    assertThat(whole.losses).containsOnlyKeys(6L, 12L);
    try (Run run = new Run("crashed", byEpoch, Crash.atEpochEndAfter(6))) {
      assertThatThrownBy(run.trainer::train).hasMessageContaining("crash");
    }
    Watch resumed = new Watch();
    try (Run run = new Run("crashed", byEpoch, resumed)) {
      run.manager.randomNormal(new Shape(3)); // Wherever the generator stands in another process.
      run.trainer.train(ResumeFrom.latest());
      assertThat(run.weights()).isEqualTo(weights);
    }
    assertThat(resumed.losses).isEqualTo(whole.losses);
  }

  @Test
  void soEvaluatingPredictingAndDrawingElsewhereChangeNeitherTrainingNorEvaluations() {
    Watch plain = new Watch();
    List<Double> weights;
    try (Run run = new Run("plain", plain)) {
      run.trainer.train();
      weights = run.weights();
    }
    Watch watch = new Watch();
    List<Trainer> self = new ArrayList<>();
    Interference interference =
        new Interference() {
          @Override
          public void onSubstepBegin(
              CallbackContext ctx, TrainerState state, TrainerControl control, ModelInputs inputs) {
            ctx.evaluate(TinyData.points(5, 3), "probe");
          }

          @Override
          public void onPredictionStep(
              CallbackContext ctx, TrainerState state, TrainerControl control) {
            try (NDArray drawn = ctx.model().manager().randomNormal(new Shape(7))) {
              assertThat(drawn.size()).isEqualTo(7);
            }
          }

          @Override
          public void onStepEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
            self.get(0).predict(TinyData.points(5, 4)).close();
          }
        };
    try (Run run = new Run("disturbed", interference, watch)) {
      self.add(run.trainer);
      run.trainer.train();
      assertThat(run.weights()).isEqualTo(weights);
    }
    assertThat(watch.losses).isEqualTo(plain.losses);
  }

  @Test
  void soThePredictionOfAModelIsTheSameEachTimeAndItsBatchesAreNotAlike() {
    try (Run run = new Run("predict");
        PredictionOutput first = run.trainer.predict(TinyData.points(10, 2));
        PredictionOutput second = run.trainer.predict(TinyData.points(10, 2))) {
      assertThat(Values.of(first.predictions())).isEqualTo(Values.of(second.predictions()));
      assertThat(run.trainer.evaluate().metric("loss"))
          .isEqualTo(run.trainer.evaluate().metric("loss"));
    }
    try (Run run = new Run("zeros");
        PredictionOutput output =
            run.trainer.predict(
                Datasets.of(
                    Collections.nCopies(
                        8, Map.<String, Object>of("x", new float[TinyData.FEATURES]))))) {
      List<Double> drawn = Values.of(output.predictions());
      assertThat(drawn.subList(0, 12)).isNotEqualTo(drawn.subList(12, 24));
    }
  }
}
