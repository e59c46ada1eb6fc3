// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.functional;

import static org.assertj.core.api.Assertions.assertThat;

import dev.trainer4j.args.OptimizerName;
import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.CallbackException;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.state.TrainerState;
import dev.trainer4j.testing.Crash;
import dev.trainer4j.testing.TestRun;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainErrorTest {

  private final Path folder;
  private final List<String> events = new ArrayList<>();
  private final List<Throwable> errors = new ArrayList<>();

  TrainErrorTest(@TempDir Path folder) {
    this.folder = folder;
  }

  /** Notes how training ends. */
  private final class Witness implements TrainerCallback {
    @Override
    public void onTrainEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
      events.add("end at " + state.globalStep());
    }

    @Override
    public void onTrainError(CallbackContext ctx, TrainerState state, Throwable error) {
      events.add(
          "error at " + state.globalStep() + (ctx.optimizer().isPresent() ? " in a run" : ""));
      errors.add(error);
    }
  }

  /** Fails in the given update, and again when told of it. */
  private record FailsTwice(long step) implements TrainerCallback {
    @Override
    public void onStepEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
      if (state.globalStep() == step) {
        throw new IllegalStateException("the sensor is gone");
      }
    }

    @Override
    public void onTrainError(CallbackContext ctx, TrainerState state, Throwable error) {
      throw new IllegalArgumentException("the server too");
    }
  }

  @Test
  void everyCallbackIsToldOnceOfTheErrorThatTrainThrows() {
    TestRun.Outcome outcome =
        TestRun.into(folder).callback(new FailsTwice(2)).callback(new Witness()).train();

    assertThat(events).containsExactly("error at 2 in a run");
    assertThat(outcome.failure())
        .isInstanceOf(CallbackException.class)
        .hasMessageContaining("the sensor is gone")
        .isSameAs(errors.get(0));
    assertThat(outcome.failure().getSuppressed())
        .singleElement()
        .isInstanceOf(CallbackException.class)
        .asString()
        .contains("FailsTwice", "onTrainError", "the server too");
  }

  @Test
  void aLibraryThatACallbackLacksIsToldWithTheCallback() {
    TrainerCallback unlinked =
        new TrainerCallback() {
          @Override
          public void onStepEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
            throw new NoClassDefFoundError("org/example/Chart");
          }
        };
    assertThat(TestRun.into(folder).callback(unlinked).train().failure())
        .isInstanceOf(CallbackException.class)
        .hasMessageContaining("onStepEnd")
        .hasMessageContaining("org/example/Chart")
        .hasMessageContaining("another version");
  }

  @Test
  void anErrorInACallbackKeepsNeitherTheOthersNorTheFirstErrorBack() {
    TrainerCallback broken =
        new TrainerCallback() {
          @Override
          public void onTrainError(CallbackContext ctx, TrainerState state, Throwable error) {
            throw new AssertionError("no memory for a farewell");
          }
        };
    TestRun.Outcome outcome =
        TestRun.into(folder)
            .callback(Crash.after(2))
            .callback(broken)
            .callback(new Witness())
            .train();

    assertThat(events).containsExactly("error at 2 in a run");
    assertThat(outcome.failure()).hasMessageContaining("crash").isSameAs(errors.get(0));
    assertThat(outcome.failure().getSuppressed())
        .singleElement()
        .isInstanceOf(AssertionError.class);
  }

  @Test
  void aFailureOfTheModelIsToldToo() {
    TestRun.Outcome outcome =
        TestRun.into(folder)
            .args(args -> args.learningRate(1e38).maxGradNorm(0).optim(OptimizerName.SGD))
            .callback(new Witness())
            .train();

    assertThat(events).singleElement().asString().startsWith("error at ").endsWith(" in a run");
    assertThat(errors).containsExactly(outcome.failure());
  }

  @Test
  void aRunThatDoesNotFailHasNoError() {
    TestRun.into(folder).callback(new Witness()).train().result();

    assertThat(events).containsExactly("end at 9");
  }
}
