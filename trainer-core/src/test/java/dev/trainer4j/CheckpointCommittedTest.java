// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j;

import static dev.trainer4j.args.IntervalStrategy.STEPS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.checkpoint.CheckpointStore;
import dev.trainer4j.state.TrainerState;
import dev.trainer4j.testing.CapturedLog;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CheckpointCommittedTest {

  private final Path folder;

  CheckpointCommittedTest(@TempDir Path folder) {
    this.folder = folder;
  }

  /** Notes saves and commits, and looks at what stands. */
  private final class Witness implements TrainerCallback {
    private final List<String> events = new ArrayList<>();
    private final Thread training = Thread.currentThread();

    @Override
    public void onSave(CallbackContext ctx, TrainerState state, TrainerControl control) {
      events.add("save " + state.globalStep());
    }

    @Override
    public void onCheckpointCommitted(
        CallbackContext ctx, TrainerState state, TrainerControl control, Path committed) {
      assertThat(Thread.currentThread()).isSameAs(training);
      assertThat(new CheckpointStore(folder).verify(committed).isValid()).isTrue();
      assertThat(committed.getParent()).isEqualTo(folder);
      events.add(committed.getFileName().toString());
    }

    @Override
    public void onTrainEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
      events.add("end");
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void everyCheckpointIsToldOnceBehindItsSaveWhileItStands(boolean async) {
    Witness witness = new Witness();
    SmallRun.into(folder)
        .args(args -> args.saveStrategy(STEPS).saveSteps(3).asyncSave(async).saveTotalLimit(1))
        .callback(witness)
        .train();

    assertThat(witness.events)
        .containsExactly(
            "save 3", "checkpoint-3", "save 6", "checkpoint-6", "save 9", "checkpoint-9", "end");
  }

  @Test
  void aFreshRunBesideAnEarlierOnesCheckpointsIsWarnedOnceOfTheNewest() {
    SmallRun run = SmallRun.into(folder).args(args -> args.saveStrategy(STEPS).saveSteps(3));
    try (CapturedLog log = new CapturedLog(Trainer.class)) {
      run.train();
      assertThat(log.warnings()).isEmpty();
      run.train(ResumeFrom.latest());
      assertThat(log.warnings()).isEmpty();

      run.train();
      assertThat(log.warnings())
          .singleElement()
          .asString()
          .contains(folder.toString(), "checkpoint-9", "ResumeFrom.latest()");
    }
  }
}
