// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j;

import static dev.trainer4j.args.IntervalStrategy.BEST;
import static dev.trainer4j.args.IntervalStrategy.EPOCH;
import static dev.trainer4j.args.IntervalStrategy.NO;
import static dev.trainer4j.args.IntervalStrategy.STEPS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.trainer4j.SmallRun.Result;
import dev.trainer4j.checkpoint.CheckpointFiles;
import dev.trainer4j.testing.TinyModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** When checkpoints are saved, and which of them stay. */
class CadenceTest {

  private final Path outputDir;

  CadenceTest(@TempDir Path folder) {
    outputDir = folder.resolve("out");
  }

  private SmallRun run() {
    return SmallRun.into(outputDir);
  }

  private List<Long> kept() throws IOException {
    return SmallRun.steps(outputDir);
  }

  @Test
  void savesNever() {
    run().args(args -> args.saveStrategy(NO)).train();
    assertThat(outputDir).doesNotExist();
  }

  @Test
  void savesEveryFewUpdatesAndTheLast() throws IOException {
    Result result = run().args(args -> args.saveStrategy(STEPS).saveSteps(4)).train();
    assertThat(result.saves()).containsExactly(4L, 8L, 9L);
    assertThat(kept()).containsExactly(4L, 8L, 9L);
  }

  @Test
  void savesAtAShareOfAllUpdatesRoundedUp() throws IOException {
    run().args(args -> args.saveStrategy(STEPS).saveSteps(0.3)).train();
    assertThat(kept()).containsExactly(3L, 6L, 9L);
  }

  @Test
  void savesEveryEpoch() throws IOException {
    run().args(args -> args.saveStrategy(EPOCH)).train();
    assertThat(kept()).containsExactly(3L, 6L, 9L);
  }

  @Test
  void savesWhatIsBetterThanAllBefore() throws IOException {
    run()
        .args(args -> args.saveStrategy(BEST).evalStrategy(STEPS).evalSteps(2))
        .args(args -> args.metricForBestModel("score"))
        .scores(0.2, 0.4, 0.3, 0.4, 0.5)
        .train();
    assertThat(kept()).containsExactly(2L, 4L, 9L);
  }

  @Test
  void savesWhenTheIntervalIsOverAndTheLastUpdate() {
    Result result =
        run()
            .args(args -> args.saveInterval(Duration.ofMillis(500)))
            .train(
                ResumeFrom.never(),
                trainer -> {
                  if (trainer.state().globalStep() == 3) {
                    pause(Duration.ofMillis(600));
                  }
                });
    // The pause comes behind the look at the clock of update 3; a slow machine may save more often.
    assertThat(result.saves()).contains(4L, 9L);
  }

  private static void pause(Duration time) {
    try {
      Thread.sleep(time.toMillis());
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void anIntervalAddsToTheStrategy() throws IOException {
    run().args(args -> args.saveStrategy(EPOCH).saveInterval(Duration.ofDays(1))).train();
    assertThat(kept()).containsExactly(3L, 6L, 9L);
  }

  @Test
  void keepsTheLastOnesAndEveryFourth() throws IOException {
    run()
        .args(args -> args.saveStrategy(STEPS).saveSteps(1).saveTotalLimit(2).saveKeepEvery(4))
        .train();
    assertThat(kept()).containsExactly(4L, 8L, 9L);
  }

  @Test
  void keepsTheBestBesideThose() throws IOException {
    Result result =
        run()
            .args(args -> args.saveStrategy(STEPS).saveSteps(1).saveTotalLimit(1).saveKeepEvery(4))
            .args(args -> args.evalStrategy(STEPS).evalSteps(1).loadBestModelAtEnd(true))
            .args(args -> args.metricForBestModel("score"))
            .scores(0.1, 0.2, 0.9, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3)
            .train();
    assertThat(result.weights()).isEqualTo(result.weightsAfter().get(3L));
    assertThat(kept()).containsExactly(3L, 4L, 8L);
  }

  @Test
  void aCheckpointOfTheModelAloneLoadsAsAModel() throws IOException {
    Result result = run().args(args -> args.saveStrategy(EPOCH).saveOnlyModel(true)).train();
    Path checkpoint = outputDir.resolve("checkpoint-6");
    try (Stream<Path> files = Files.list(checkpoint)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .containsExactlyInAnyOrder(
              "model.safetensors", "trainer_state.json", "training_args.json", "manifest.json");
    }
    try (TinyModel model = new TinyModel(2, 0)) {
      new CheckpointFiles(checkpoint).readModel(model.model());
      assertThat(model.weights()).isEqualTo(result.weightsAfter().get(6L));
    }
  }
}
