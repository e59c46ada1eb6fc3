// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.trainer4j.StopReason;
import dev.trainer4j.TrainOutput;
import dev.trainer4j.Trainer;
import dev.trainer4j.callbacks.LearningRateFinderResult;
import dev.trainer4j.search.SearchResult;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every small example does what its text promises. */
final class ApiExamplesTest {
  private final Path out;

  ApiExamplesTest(@TempDir Path out) {
    this.out = out;
  }

  @Test
  void stopAfterStops() {
    TrainOutput output = StopAfter.train(out);

    assertThat(output.globalStep()).isEqualTo(10);
    assertThat(output.stopReason()).isEqualTo(StopReason.CALLBACK);
  }

  @Test
  void weightedLossFindsMoreOfTheRareClass() {
    try (Trainer plain = WeightedLoss.builder(out).build();
        Trainer weighted = new WeightedLoss(WeightedLoss.builder(out))) {
      assertThat(WeightedLoss.trainAndRecall(weighted))
          .isGreaterThan(WeightedLoss.trainAndRecall(plain) + 0.1);
    }
  }

  @Test
  void resumedTrainingEqualsTheUninterruptedOne() {
    TrainOutput whole = ResumeTraining.uninterrupted(out.resolve("whole"));
    TrainOutput resumed = ResumeTraining.interrupted(out.resolve("parts"));

    assertThat(resumed.globalStep()).isEqualTo(whole.globalStep()).isEqualTo(128);
    assertThat(resumed.trainingLoss()).isEqualTo(whole.trainingLoss());
  }

  @Test
  void torchScriptModelLearns() throws IOException {
    List<Double> losses = TrainTorchScript.train(out);

    assertThat(losses).hasSize(5);
    assertThat(losses.get(4)).isLessThan(0.6 * losses.get(0));
  }

  @Test
  void watchTrainingWritesAReportAndPlotsAndSuggestsARateThatLearns() throws IOException {
    LearningRateFinderResult result = WatchTraining.run(out);

    assertThat(result.suggestion().orElseThrow()).isBetween(1e-4, 1.0);
    assertThat(out.resolve("report.html")).content().contains("data-status=\"finished\"");
    assertThat(out.resolve("plot.png")).isNotEmptyFile();
    assertThat(out.resolve("learning-rate.png")).isNotEmptyFile();
  }

  @Test
  void aSearchFindsWhatLearns(@TempDir Path out) {
    SearchResult result = SearchHyperparameters.run(out, 6);
    assertThat(result.best().orElseThrow().objective()).isGreaterThan(0.8);
    assertThat(out.resolve("search.html")).exists();
    assertThat(out.resolve("run-5")).isDirectory();
  }
}
