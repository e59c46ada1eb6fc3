// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.functional;

import static org.assertj.core.api.Assertions.assertThat;

import dev.trainer4j.ResumeFrom;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.state.TrainerState;
import dev.trainer4j.testing.TinyData;
import dev.trainer4j.testing.TinyModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@code saveTotalLimit(1)} leaves of a run with a metric; as Hugging Face's Trainer does. */
class SaveTotalLimitTest {

  @TempDir Path folder;

  /** Evaluates and saves four times; the second is the best. */
  private void train(Consumer<TrainingArguments.Builder> changes, TrainerCallback... callbacks) {
    TrainingArguments.Builder args =
        TrainingArguments.builder()
            .outputDir(folder)
            .maxSteps(4)
            .perDeviceTrainBatchSize(4)
            .evalStrategy(IntervalStrategy.STEPS)
            .evalSteps(1)
            .saveStrategy(IntervalStrategy.STEPS)
            .saveSteps(1)
            .saveTotalLimit(1);
    changes.accept(args);
    Iterator<Double> scores = List.of(0.1, 0.9, 0.2, 0.3).iterator();
    try (TinyModel model = new TinyModel(1, 0.3f)) {
      Trainer.Builder builder =
          Trainer.builder(model.model(), args.build())
              .trainDataset(TinyData.points(22, 1))
              .evalDataset(TinyData.points(10, 2))
              .computeMetrics(prediction -> Map.of("score", scores.next()));
      Arrays.stream(callbacks).forEach(builder::callback);
      try (Trainer trainer = builder.build()) {
        trainer.train(ResumeFrom.never());
      }
    }
  }

  private List<String> checkpoints() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.startsWith("checkpoint-"))
          .sorted()
          .toList();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void isTheBestAloneWhetherItIsLoadedOrNot(boolean loads) throws IOException {
    train(args -> args.metricForBestModel("score").loadBestModelAtEnd(loads));

    assertThat(checkpoints()).containsExactly("checkpoint-2");
  }

  @Test
  void isTheNewestWithoutAMetric() throws IOException {
    train(args -> {});

    assertThat(checkpoints()).containsExactly("checkpoint-4");
  }

  @Test
  void isTheNewestWhereTheBestWasNotSaved() throws IOException {
    train(args -> args.metricForBestModel("score").saveSteps(4));

    assertThat(checkpoints()).containsExactly("checkpoint-4");
  }

  @Test
  void isTheBestBesideTheNewestOfARunThatWasInterruptedAndIsToGoOn() throws IOException {
    train(
        args -> args.metricForBestModel("score").loadBestModelAtEnd(true),
        new TrainerCallback() {
          @Override
          public void onStepEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
            if (state.globalStep() == 3) {
              control.requestInterruption();
            }
          }
        });

    assertThat(checkpoints()).containsExactly("checkpoint-2", "checkpoint-3");
  }
}
