// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.examples;

import dev.trainer4j.TrainOutput;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.state.TrainerState;
import java.nio.file.Path;

/**
 * A callback: it reads the state and asks through the control; it never edits the loop.
 *
 * <pre>./mvnw -q compile exec:java -pl trainer-examples -am -Dexec.mainClass=dev.trainer4j.examples.StopAfter</pre>
 */
public final class StopAfter implements TrainerCallback {
  private final long updates;

  /** End training after this many updates. */
  public StopAfter(long updates) {
    this.updates = updates;
  }

  @Override
  public void onStepEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
    if (state.globalStep() >= updates) {
      control.requestTrainingStop();
    }
  }

  /** Train for ten updates of many. */
  public static void main(String[] args) {
    TrainOutput output = train(Path.of("out/stop-after"));
    System.out.printf("%d updates, ended by %s%n", output.globalStep(), output.stopReason());
  }

  static TrainOutput train(Path outputDir) {
    TrainingArguments args = TrainingArguments.builder().outputDir(outputDir).build();
    try (Trainer trainer =
        Trainer.builder(Rings.model(), args)
            .trainDataset(Rings.points(1_000, 0.5, 1))
            .callback(new StopAfter(10))
            .build()) {
      return trainer.train();
    }
  }
}
