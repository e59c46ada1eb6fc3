// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.examples;

import dev.trainer4j.ResumeFrom;
import dev.trainer4j.TrainOutput;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.TrainingArguments;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A training that ends early goes on from its newest checkpoint, as if it had never ended.
 *
 * <pre>./mvnw -q compile exec:java -pl trainer-examples -am -Dexec.mainClass=dev.trainer4j.examples.ResumeTraining</pre>
 */
public final class ResumeTraining {
  private ResumeTraining() {}

  /** Train in two parts and in one, and print that it makes no difference. */
  public static void main(String[] args) throws IOException {
    // A new folder each time: in that of an earlier execution the newest checkpoint is the last.
    Path parent = Files.createDirectories(Path.of("out"));
    Path out = Files.createTempDirectory(parent, "resume-training-");
    TrainOutput whole = uninterrupted(out.resolve("whole"));
    TrainOutput resumed = interrupted(out.resolve("parts"));
    System.out.printf(
        "in one part:  %d updates, loss %s%n", whole.globalStep(), whole.trainingLoss());
    System.out.printf(
        "in two parts: %d updates, loss %s%n", resumed.globalStep(), resumed.trainingLoss());
  }

  static TrainOutput uninterrupted(Path outputDir) {
    try (Trainer trainer = builder(outputDir).build()) {
      return trainer.train();
    }
  }

  static TrainOutput interrupted(Path outputDir) {
    try (Trainer first = builder(outputDir).callback(new StopAfter(70)).build()) {
      first.train();
    }
    // A new trainer with a new model, as after a restart; the last checkpoint is of update 60.
    try (Trainer second = builder(outputDir).build()) {
      return second.train(ResumeFrom.latest());
    }
  }

  private static Trainer.Builder builder(Path outputDir) {
    TrainingArguments args =
        TrainingArguments.builder()
            .outputDir(outputDir)
            .numTrainEpochs(4)
            .perDeviceTrainBatchSize(32)
            .learningRate(1e-2)
            .saveStrategy(IntervalStrategy.STEPS)
            .saveSteps(30)
            .saveTotalLimit(2)
            .build();
    return Trainer.builder(Rings.model(), args).trainDataset(Rings.points(1_000, 0.5, 1));
  }
}
