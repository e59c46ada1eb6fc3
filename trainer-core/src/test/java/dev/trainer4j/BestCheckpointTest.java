// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j;

import static dev.trainer4j.args.IntervalStrategy.STEPS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.trainer4j.SmallRun.Result;
import dev.trainer4j.testing.CapturedLog;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The best model that is loaded is the one that earned the metric that is reported. */
class BestCheckpointTest {

  private final Path folder;

  BestCheckpointTest(@TempDir Path folder) {
    this.folder = folder;
  }

  /** Evaluates after each update, saves at 4, 8 and 9, and is best after update 3. */
  private SmallRun run(Path outputDir, double... scores) {
    return SmallRun.into(outputDir)
        .args(args -> args.saveStrategy(STEPS).saveSteps(4))
        .args(args -> args.evalStrategy(STEPS).evalSteps(1))
        .args(args -> args.loadBestModelAtEnd(true).metricForBestModel("score"))
        .scores(scores);
  }

  private Result stoppedAfter(long step, Path outputDir, double... scores) {
    return run(outputDir, scores)
        .train(
            ResumeFrom.never(),
            trainer -> {
              if (trainer.state().globalStep() == step) {
                trainer.requestStop();
              }
            });
  }

  private static void delete(Path checkpoint) throws IOException {
    try (Stream<Path> files = Files.walk(checkpoint)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  @Test
  void whereTheBestEvaluationFallsBetweenTwoSaves() throws IOException {
    Path out = folder.resolve("out");
    Result result = run(out, 0.1, 0.2, 0.9, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3).train();

    assertThat(result.weights()).isEqualTo(result.weightsAfter().get(3L));
    assertThat(result.state().bestMetric()).isEqualTo(0.9);
    assertThat(result.state().bestGlobalStep()).isEqualTo(3);
    assertThat(result.state().bestModelCheckpoint())
        .isEqualTo(out.resolve("checkpoint-3").toString());
    assertThat(SmallRun.steps(out)).containsExactly(1L, 2L, 3L, 4L, 8L, 9L);
  }

  @Test
  void afterAResumeInAFolderThatWasMoved() throws IOException {
    Path first = folder.resolve("first");
    Result stopped = stoppedAfter(5, first, 0.1, 0.2, 0.9, 0.3, 0.3);
    Path moved = Files.move(first, folder.resolve("moved"));

    Result result = run(moved, 0.3, 0.3, 0.3, 0.3).train(ResumeFrom.latest());

    assertThat(result.weights()).isEqualTo(stopped.weightsAfter().get(3L));
    assertThat(result.state().bestModelCheckpoint())
        .isEqualTo(moved.resolve("checkpoint-3").toString());
  }

  @Test
  void afterAResumeIntoAnotherFolderWhichHasACheckpointOfThatNumber() {
    Path first = folder.resolve("first");
    Result stopped = stoppedAfter(5, first, 0.1, 0.2, 0.9, 0.3, 0.3);
    Path other = folder.resolve("other");
    SmallRun.into(other)
        .args(args -> args.saveStrategy(STEPS).saveSteps(3).learningRate(0.5))
        .train();

    Result result =
        run(other, 0.3, 0.3, 0.3, 0.3).train(ResumeFrom.path(first.resolve("checkpoint-5")));

    assertThat(result.weights()).isEqualTo(stopped.weightsAfter().get(3L));
    assertThat(result.state().bestModelCheckpoint())
        .isEqualTo(first.resolve("checkpoint-3").toString());
  }

  @Test
  void isSoughtAnewWhereItsCheckpointIsLost() throws IOException {
    Path out = folder.resolve("out");
    stoppedAfter(5, out, 0.1, 0.2, 0.9, 0.3, 0.3);
    delete(out.resolve("checkpoint-3"));

    try (CapturedLog log = new CapturedLog(Trainer.class)) {
      Result result = run(out, 0.3, 0.5, 0.4, 0.3).train(ResumeFrom.latest());

      assertThat(log.warnings())
          .filteredOn(line -> line.contains("best model"))
          .singleElement()
          .asString()
          .contains("of step 3", "checkpoint-5", "sought anew");
      assertThat(result.state().bestMetric()).isEqualTo(0.5);
      assertThat(result.weights()).isEqualTo(result.weightsAfter().get(7L));
    }
  }

  @Test
  void isAnErrorWhereItsCheckpointIsDeletedDuringTheRun() {
    Path out = folder.resolve("out");
    assertThatThrownBy(
            () ->
                run(out, 0.1, 0.2, 0.9, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3)
                    .train(
                        ResumeFrom.never(),
                        trainer -> {
                          if (trainer.state().globalStep() == 7) {
                            deleteUnchecked(out.resolve("checkpoint-3"));
                          }
                        }))
        .hasMessageContaining("loadBestModelAtEnd")
        .hasMessageContaining("checkpoint-3")
        .hasMessageContaining("was deleted during the run");
  }

  private static void deleteUnchecked(Path checkpoint) {
    try {
      delete(checkpoint);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
