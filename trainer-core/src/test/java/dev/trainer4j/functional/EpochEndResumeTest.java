// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.functional;

import static org.assertj.core.api.Assertions.assertThat;

import dev.trainer4j.ResumeFrom;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.state.TrainerState;
import dev.trainer4j.testing.TestRun;
import dev.trainer4j.testing.TestRun.Outcome;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A crash between the last update of an epoch and the epoch's end loses nothing. */
class EpochEndResumeTest {

  @TempDir Path folder;

  private final List<String> events = new ArrayList<>();

  /** Notes the ends of epochs; the run may end as if the process had, when a checkpoint is saved. */
  private final class Witness implements TrainerCallback {
    private final long crashAfterSave;

    Witness(long crashAfterSave) {
      this.crashAfterSave = crashAfterSave;
    }

    @Override
    public void onEpochEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
      events.add("epoch end at " + state.globalStep());
    }

    @Override
    public void onSave(CallbackContext ctx, TrainerState state, TrainerControl control) {
      if (state.globalStep() == crashAfterSave) {
        throw new IllegalStateException("crash");
      }
    }
  }

  private static void saveEveryStepAndEvaluateEachEpoch(TrainingArguments.Builder args) {
    args.saveStrategy(IntervalStrategy.STEPS).saveSteps(1).evalStrategy(IntervalStrategy.EPOCH);
  }

  private TestRun run(String name, long crashAfterSave) {
    events.clear();
    return TestRun.into(folder.resolve(name))
        .args(EpochEndResumeTest::saveEveryStepAndEvaluateEachEpoch)
        .callback(new Witness(crashAfterSave));
  }

  @Test
  void theEndOfAnEpochThatMaxStepsCutsIsServedOnce() {
    Outcome whole = run("whole", -1).args(args -> args.maxSteps(5)).train();
    assertThat(events).containsExactly("epoch end at 3", "epoch end at 5");

    run("crashed", 5).args(args -> args.maxSteps(5)).train();
    assertThat(events).containsExactly("epoch end at 3");
    Outcome resumed = run("crashed", -1).args(args -> args.maxSteps(5)).train(ResumeFrom.latest());
    assertThat(events).containsExactly("epoch end at 5");
    assertThat(resumed.weights()).isEqualTo(whole.weights());
    assertThat(resumed.timelessLog()).isEqualTo(whole.timelessLog());
  }

  @Test
  void anEndThatWasServedAndSavedIsNotServedAgain() {
    TestRun first =
        run("run", -1).args(args -> args.maxSteps(5).saveStrategy(IntervalStrategy.EPOCH));
    Outcome whole = first.train();
    Outcome again =
        run("run", -1)
            .args(args -> args.maxSteps(5).saveStrategy(IntervalStrategy.EPOCH))
            .train(ResumeFrom.latest());
    assertThat(events).isEmpty();
    assertThat(again.weights()).isEqualTo(whole.weights());

    // With more updates to come it is the middle of an epoch.
    run("run", -1).args(args -> args.maxSteps(6)).train(ResumeFrom.latest());
    assertThat(events).containsExactly("epoch end at 6");
  }

  /** Ends each epoch after its second update. */
  private static final class ShortEpochs implements TrainerCallback {
    private int updates;

    @Override
    public void onEpochBegin(CallbackContext ctx, TrainerState state, TrainerControl control) {
      updates = 0;
    }

    @Override
    public void onStepEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
      if (++updates == 2) {
        control.requestEpochStop();
      }
    }
  }

  @Test
  void anEpochStopThatACallbackAskedForSurvives() {
    Outcome whole = run("whole", -1).callback(new ShortEpochs()).train();
    List<String> expected = List.copyOf(events);
    assertThat(expected).containsExactly("epoch end at 2", "epoch end at 4", "epoch end at 6");

    run("crashed", 4).callback(new ShortEpochs()).train();
    assertThat(events).containsExactly("epoch end at 2");
    Outcome resumed = run("crashed", -1).callback(new ShortEpochs()).train(ResumeFrom.latest());
    assertThat(events).containsExactly("epoch end at 4", "epoch end at 6");
    assertThat(resumed.weights()).isEqualTo(whole.weights());
    assertThat(resumed.timelessLog()).isEqualTo(whole.timelessLog());
  }
}
