// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.functional;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import dev.trainer4j.NonFiniteLossException;
import dev.trainer4j.TrainOutput;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.NanPolicy;
import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.CallbackException;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.model.LossOutput;
import dev.trainer4j.model.Losses;
import dev.trainer4j.state.LogEntry;
import dev.trainer4j.state.TrainerState;
import dev.trainer4j.testing.Natives;
import dev.trainer4j.testing.TinyData;
import dev.trainer4j.testing.TinyModel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Proxy;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A run that fails half way tells of it, and leaves a trainer that trains as if it had not been. */
class FailedRunTest extends TinyTrainings {

  /** Gives NaN in the first update and a real loss afterwards. */
  private Trainer.Builder nanAtFirst(NanPolicy policy) {
    int[] calls = new int[1];
    return trainer(args().nanPolicy(policy))
        .computeLossFunc(
            (outputs, inputs) -> {
              LossOutput loss = Losses.crossEntropy(outputs.logits(), inputs.get("labels"));
              boolean broken = calls[0]++ == 0;
              NDArray value = broken ? loss.value().mul(Float.NaN) : loss.value();
              return LossOutput.of(value, loss.weight());
            });
  }

  @Test
  void aLossThatIsNotANumberFailsByDefault() {
    Map<String, List<Double>> before = model.weights();
    Throwable failure =
        assertFails(
            nanAtFirst(NanPolicy.FAIL),
            Trainer::train,
            "update 1",
            "micro batch 1 is NaN",
            "learningRate",
            "nanPolicy");
    assertThat(failure).isInstanceOf(NonFiniteLossException.class);
    assertThat(model.weights()).isEqualTo(before);
  }

  @Test
  void aLossThatIsNotANumberIsSkippedIfAskedFor() {
    try (Trainer trainer = nanAtFirst(NanPolicy.SKIP).build()) {
      TrainOutput output = trainer.train();

      assertThat(output.globalStep()).isEqualTo(4);
      assertThat(output.trainingLoss()).isFinite();
      assertThat(trainer.state().logHistory().get(0).value("loss").getAsDouble()).isNaN();
      assertThat(trainer.state().logHistory().get(1).value("loss").getAsDouble()).isFinite();
      assertThat(model.weights().values()).allSatisfy(FailedRunTest::assertFinite);
    }
  }

  @Test
  void aLossThatIsNotANumberGoesOnIfAskedFor() {
    try (Trainer trainer = nanAtFirst(NanPolicy.CONTINUE).build()) {
      assertThat(trainer.train().globalStep()).isEqualTo(4);
      assertThat(model.weights().get("fc2.bias")).allSatisfy(x -> assertThat(x).isNaN());
    }
  }

  private static void assertFinite(List<Double> values) {
    assertThat(values).allSatisfy(value -> assertThat(value).isFinite());
  }

  /** What a failed update left in the gradients must not enter the next run. */
  @Test
  void afterAFailureTheTrainerTrainsAsIfNothingHadHappened() {
    Map<String, List<Double>> expected;
    try (TinyModel fresh = new TinyModel(1, 0.3f);
        Trainer trainer =
            Trainer.builder(fresh.model(), args().build())
                .trainDataset(TinyData.points(22, 1))
                .build()) {
      trainer.train();
      expected = fresh.weights();
    }
    TrainerCallback failing =
        new TrainerCallback() {
          @Override
          public void onSubstepEnd(
              CallbackContext ctx, TrainerState state, TrainerControl control) {
            throw new IllegalStateException("between micro batches");
          }
        };
    try (Trainer trainer = trainer(args()).callback(failing).build()) {
      assertThatThrownBy(trainer::train).hasMessageContaining("between micro batches");
      trainer.removeCallback(failing);

      trainer.train();

      assertThat(model.weights()).isEqualTo(expected);
    }
  }

  private enum Event {
    onInitEnd,
    onTrainBegin,
    onEpochBegin,
    onStepBegin,
    onSubstepEnd,
    onPreOptimizerStep,
    onOptimizerStep,
    onStepEnd,
    onLog,
    onPredictionStep,
    onEvaluate,
    onSave,
    onEpochEnd,
    onTrainEnd
  }

  @ParameterizedTest
  @EnumSource(Event.class)
  void aCallbackThatThrows(Event event) {
    TrainerCallback failing =
        (TrainerCallback)
            Proxy.newProxyInstance(
                getClass().getClassLoader(),
                new Class<?>[] {TrainerCallback.class},
                (proxy, method, values) -> {
                  if (method.getName().equals(event.name())) {
                    throw new IllegalStateException("the callback's own words");
                  }
                  return method.getDeclaringClass() == Object.class
                      ? (method.getName().equals("equals") ? proxy == values[0] : "callback")
                      : null;
                });
    long before = Natives.arrays();
    Trainer.Builder builder =
        trainer(
                args()
                    .evalStrategy(IntervalStrategy.STEPS)
                    .evalSteps(1)
                    .saveStrategy(IntervalStrategy.STEPS)
                    .saveSteps(1))
            .callback(failing);

    assertThatThrownBy(
            () -> {
              try (Trainer trainer = builder.build()) {
                trainer.train();
              }
            })
        .isInstanceOf(CallbackException.class)
        .hasMessage(
            "the callback's own words (callback %s, in %s)",
            failing.getClass().getName(), event.name())
        .hasRootCauseInstanceOf(IllegalStateException.class);

    assertThat(Natives.arrays()).isEqualTo(before);
  }

  private static TrainerCallback atTheStart(RuntimeException thrown) {
    return new TrainerCallback() {
      @Override
      public void onTrainBegin(CallbackContext ctx, TrainerState state, TrainerControl control) {
        throw thrown;
      }
    };
  }

  /** The type tells more of a slip than its words do. */
  @Test
  void aSlipOfACallbackComesWithItsType() {
    IOException gone = new NoSuchFileException("a.csv");
    for (RuntimeException slip :
        List.of(
            new NullPointerException(),
            new NumberFormatException("For input string: \"x\""),
            new IllegalStateException(gone),
            new UncheckedIOException(gone),
            new IllegalStateException())) {
      TrainerCallback callback = atTheStart(slip);
      assertTrainingFails(
          trainer(args()).callback(callback),
          "callback " + callback.getClass().getName() + " failed in onTrainBegin: " + slip);
    }
  }

  @Test
  void aMistakeInAnOverriddenHookReleasesEverything() {
    final class Failing extends Trainer {
      Failing(Builder builder) {
        super(builder);
      }

      @Override
      protected dev.trainer4j.schedule.LearningRateScheduler createScheduler(int totalSteps) {
        throw new IllegalStateException("no schedule");
      }
    }
    long before = Natives.arrays();
    try (Trainer trainer = new Failing(trainer(args()))) {
      assertThatThrownBy(trainer::train).hasMessage("no schedule");
      assertThat(Natives.arrays()).isEqualTo(before);
    }
  }

  @Test
  void theLogOfAFailedRunShowsWhatWasDone() {
    List<LogEntry> seen = new ArrayList<>();
    TrainerCallback failing =
        new TrainerCallback() {
          @Override
          public void onLog(
              CallbackContext ctx, TrainerState state, TrainerControl control, LogEntry logs) {
            seen.add(logs);
            if (state.globalStep() == 2) {
              throw new IllegalStateException("enough");
            }
          }
        };
    try (Trainer trainer = trainer(args()).callback(failing).build()) {
      assertThatThrownBy(trainer::train).hasMessageContaining("enough");
      assertThat(trainer.state().globalStep()).isEqualTo(2);
      assertThat(trainer.state().logHistory()).isEqualTo(seen).hasSize(2);
    }
  }
}
