// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j;

import static dev.trainer4j.args.IntervalStrategy.STEPS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.trainer4j.SmallRun.Result;
import dev.trainer4j.checkpoint.CheckpointStore;
import dev.trainer4j.testing.CapturedLog;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a resumed run says of itself. */
class ResumedMetricsTest {

  private final Path folder;

  ResumedMetricsTest(@TempDir Path folder) {
    this.folder = folder;
  }

  private SmallRun run(String name) {
    return SmallRun.into(folder.resolve(name)).args(args -> args.saveStrategy(STEPS).saveSteps(7));
  }

  @BeforeEach
  void sevenOfNineUpdates() {
    run("out")
        .train(
            ResumeFrom.never(),
            trainer -> {
              if (trainer.state().globalStep() == 7) {
                trainer.requestStop();
              }
            });
  }

  @Test
  void theLossIsOfTheWholeRunAndTheSpeedOfThisCall() {
    Result whole = run("whole").train();
    Result resumed = run("out").train(ResumeFrom.latest());
    Map<String, Double> metrics = resumed.output().metrics();

    assertThat(resumed.output().trainingLoss())
        .isEqualTo(whole.output().trainingLoss())
        .isEqualTo(metrics.get("train_loss"));
    // Two updates ran here: 8 of the 22 samples of the epoch, and the 6 that are left.
    double steps = metric(metrics, "train_steps_per_second");
    assertThat(metric(metrics, "train_samples_per_second") / steps)
        .isCloseTo(14 / 2.0, within(0.01));
    double seconds = metric(metrics, "train_runtime");
    // The seconds are rounded to four digits.
    assertThat(steps * seconds).isCloseTo(2, within(2 * 1e-4 / seconds + 0.01));
  }

  private static double metric(Map<String, Double> metrics, String name) {
    Double value = metrics.get(name);
    return value == null ? Double.NaN : value;
  }

  @Test
  void differencesOfTheArgumentsAreSaidOnce() {
    try (CapturedLog log = new CapturedLog(Trainer.class)) {
      run("out")
          .args(
              args ->
                  args.saveSteps(4)
                      .asyncSave(true)
                      .logLevelReplica(dev.trainer4j.args.LogLevel.ERROR))
          .train(ResumeFrom.latest());

      assertThat(log.warnings())
          .singleElement()
          .asString()
          .contains("save_steps: 7 -> 4", "async_save: false -> true", "those of this run are used")
          .contains("log_level_replica: warning -> error")
          .doesNotContain("learning_rate");
    }
  }

  /** It may be anybody's file, and of a name that nobody knows the value may be a secret. */
  @Test
  void ofAnArgumentThatIsNoneNowOnlyTheNameIsSaid() throws IOException {
    Path out = folder.resolve("out");
    CheckpointStore store = new CheckpointStore(out);
    Path saved = store.latestValid().orElseThrow();
    Path changed =
        store.commit(
            7,
            target -> {
              try (Stream<Path> files = Files.list(saved)) {
                for (Path file : files.toList()) {
                  if (!file.endsWith("manifest.json")) {
                    Files.copy(file, target.resolve(file.getFileName()));
                  }
                }
              }
              Path args = target.resolve("training_args.json");
              Files.writeString(
                  args, Files.readString(args).replaceFirst("\\{", "{\"hub_tokn\": \"s3same\","));
            });
    try (CapturedLog log = new CapturedLog(Trainer.class)) {
      run("out").train(ResumeFrom.path(changed));
      assertThat(log.warnings())
          .singleElement()
          .asString()
          .contains("hub_tokn, which is no argument now")
          .doesNotContain("s3same");
    }
  }

  @Test
  void withTheSameArgumentsNothingIsSaid() {
    try (CapturedLog log = new CapturedLog(Trainer.class)) {
      run("out").train(ResumeFrom.latest());
      assertThat(log.warnings()).isEmpty();
    }
  }
}
