// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.functional;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.testing.Natives;
import dev.trainer4j.testing.TinyData;
import dev.trainer4j.testing.TinyModel;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A new model for each test, small trainings of it, and a look at what they leave behind. */
abstract class TinyTrainings {

  @TempDir Path outputDir;

  TinyModel model;

  @BeforeEach
  void makeModel() {
    model = new TinyModel(1, 0.3f);
  }

  @AfterEach
  void closeModel() {
    model.close();
    assertThat(Natives.dataThreads()).isEmpty();
  }

  /** Four updates of two micro batches. */
  TrainingArguments.Builder args() {
    return TrainingArguments.builder()
        .outputDir(outputDir)
        .maxSteps(4)
        .perDeviceTrainBatchSize(4)
        .gradientAccumulationSteps(2)
        .dataloaderNumWorkers(2)
        .learningRate(0.05)
        .loggingSteps(1)
        .saveStrategy(IntervalStrategy.NO);
  }

  Trainer.Builder trainer(TrainingArguments.Builder args) {
    return Trainer.builder(model.model(), args.build())
        .trainDataset(TinyData.points(22, 1))
        .evalDataset(TinyData.points(10, 2));
  }

  /** Runs {@code action}, which must fail with all of {@code words}, and looks for leaks. */
  static Throwable assertFails(Trainer.Builder builder, Consumer<Trainer> action, String... words) {
    long before = Natives.arrays();
    assertThat(before).as("the model, at least").isPositive();
    Throwable failure;
    try (Trainer trainer = builder.build()) {
      failure = catchThrowable(() -> action.accept(trainer));
      // The seed of backward lives as long as the trainer.
      assertThat(Natives.arrays()).isBetween(before, before + 1);
      assertThat(Natives.dataThreads()).isEmpty();
    }
    assertThat(failure).isNotNull();
    assertThat(failure.getMessage()).contains(words);
    return failure;
  }

  static void assertTrainingFails(Trainer.Builder builder, String... words) {
    assertFails(builder, Trainer::train, words);
  }
}
