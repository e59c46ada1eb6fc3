// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import static dev.trainer4j.args.IntervalStrategy.EPOCH;
import static dev.trainer4j.args.IntervalStrategy.STEPS;

import dev.trainer4j.ResumeFrom;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.state.TrainerState;
import java.io.IOException;
import java.nio.file.Path;

/** The run that is killed: every log of this module, a line each update, a checkpoint at every fourth. */
final class LogChild {

  static final int UPDATES = 40;

  private LogChild() {}

  static TrainingArguments args(Path outputDir) {
    return GoldenTask.args(outputDir)
        .maxSteps(UPDATES)
        .evalStrategy(EPOCH)
        .saveStrategy(STEPS)
        .saveSteps(4)
        .saveTotalLimit(2)
        .reportTo("tensorboard", "csv", "jsonl", "html")
        .build();
  }

  /** Arguments: output folder, the update at whose end to wait for death, or -1. */
  public static void main(String[] args) throws IOException {
    try (GoldenTask task = new GoldenTask();
        Trainer trainer =
            task.trainer(args(Path.of(args[0])))
                .callback(new WaitForDeath(Long.parseLong(args[1])))
                .build()) {
      trainer.train(ResumeFrom.latestIfAny());
    }
  }

  /** Says that it is there, in the log's own order: after the line of this update. */
  private record WaitForDeath(long step) implements TrainerCallback {
    @Override
    public void onStepBegin(CallbackContext ctx, TrainerState state, TrainerControl control) {
      if (state.globalStep() == step) {
        System.out.println("waiting");
        System.out.flush();
        try {
          Thread.sleep(60_000);
        } catch (InterruptedException e) {
          throw new IllegalStateException(e);
        }
      }
    }
  }
}
