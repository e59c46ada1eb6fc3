// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.trainer4j.ResumeFrom;
import dev.trainer4j.Trainer;
import dev.trainer4j.callbacks.FaultInjectionCallback.Event;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class MlflowCallbackTest extends MlflowFixture {

  @Test
  void aRunHasParametersMetricsWithTheirStepsAndAnEnd() throws IOException {
    run(
        args().build(),
        ResumeFrom.never(),
        mlflow().runName("first").tag("team", "a").token("secret").build());

    TrackingServer.Run run = server.onlyRun();
    assertThat(run.name).isEqualTo("first");
    assertThat(run.status).isEqualTo("FINISHED");
    assertThat(run.tags).containsEntry("team", "a");
    assertThat(run.params).containsEntry("learning_rate", "0.2").containsEntry("max_steps", "6");
    assertThat(run.metrics.get("loss")).containsOnlyKeys(1L, 2L, 3L, 4L, 5L, 6L);
    assertThat(run.metrics.get("loss").get(1L).get(0))
        .isCloseTo(1.151, org.assertj.core.data.Offset.offset(1e-3));
    assertThat(run.metrics.get("train_loss")).containsOnlyKeys(6L);
    assertThat(run.startTime).isPositive();
    assertThat(run.endTime).isGreaterThanOrEqualTo(run.startTime);
    assertThat(server.experiments).containsOnlyKeys("quarters");
    assertThat(server.authorizations).containsOnly("Bearer secret");
  }

  @Test
  void aRunThatFailsIsMarkedAndAResumedOneGoesOnWithItWithoutRepeatingAStep() throws IOException {
    assertThatThrownBy(
        () ->
            run(
                args().build(),
                ResumeFrom.never(),
                mlflow().build(),
                FaultInjectionCallback.at(5, Event.LOG)
                    .fail(() -> new IllegalStateException("injected"))));
    assertThat(server.onlyRun().status).isEqualTo("FAILED");
    assertThat(server.onlyRun().metrics.get("loss")).containsKey(5L);

    run(args().build(), ResumeFrom.latest(), mlflow().build());

    TrackingServer.Run run = server.onlyRun();
    assertThat(run.status).isEqualTo("FINISHED");
    assertThat(run.metrics.get("loss")).containsOnlyKeys(1L, 2L, 3L, 4L, 5L, 6L);
    assertThat(run.metrics.get("loss").values()).allMatch(values -> values.size() == 1);
  }

  @Test
  void aRunThatIsInterruptedIsKilledUntilItGoesOnAndFinishes() throws IOException {
    TimeLimitCallback noTime =
        TimeLimitCallback.until(Instant.now().plusSeconds(1)).reserve(Duration.ofDays(1));
    try (GoldenTask task = new GoldenTask();
        Trainer trainer =
            task.trainer(args().build()).callback(mlflow().build()).callback(noTime).build()) {
      assertThat(trainer.train().globalStep()).isLessThan(6);
    }
    assertThat(server.onlyRun().status).isEqualTo("KILLED");

    run(args().build(), ResumeFrom.latest(), mlflow().build());
    assertThat(server.onlyRun().status).isEqualTo("FINISHED");
  }

  @Test
  void anEvaluationAfterTheTrainingGoesToItsRunWhichStaysFinished() throws IOException {
    try (GoldenTask task = new GoldenTask();
        Trainer trainer = task.trainer(args().build()).callback(mlflow().build()).build()) {
      trainer.evaluate();
      assertThat(server.runs).as("nothing was trained").isEmpty();

      trainer.train();
      assertThat(server.onlyRun().metrics).doesNotContainKey("eval_loss");
      trainer.evaluate();
    }

    assertThat(server.onlyRun().metrics.get("eval_loss")).containsOnlyKeys(6L);
    assertThat(server.onlyRun().status).isEqualTo("FINISHED");
  }

  @Test
  void aRunWhoseParametersFailedToArriveGetsThemLater() throws IOException {
    server.failNext("log-batch", 3, 503);
    run(args().build(), ResumeFrom.never(), mlflow().build());

    assertThat(server.onlyRun().params).containsEntry("max_steps", "6").containsKey("weight_decay");
    assertThat(server.onlyRun().metrics.get("loss")).hasSize(6);
  }

  @Test
  void aRunThatSomebodyElseMadeGetsTheParametersThatItLacks() throws IOException {
    TrackingServer.Run made = new TrackingServer.Run();
    made.params.put("learning_rate", "another's");
    server.runs.put("made", made);

    run(args().build(), ResumeFrom.never(), mlflow().runId("made").build());

    assertThat(server.onlyRun().params)
        .containsEntry("learning_rate", "another's")
        .containsEntry("max_steps", "6");
    assertThat(server.onlyRun().status).isEqualTo("FINISHED");
  }

  @Test
  void aRunThatWasNamedAndIsNotThereIsAnError() throws IOException {
    assertThatThrownBy(
            () ->
                run(
                    args().build(),
                    ResumeFrom.never(),
                    mlflow().runId("nobody").failOnError(true).build()))
        .hasMessageContaining("there is no run nobody");
    assertThat(server.runs).isEmpty();
  }

  @Test
  void aRunThatWasDeletedMeanwhileIsReplacedByANewOne() throws IOException {
    run(args().build(), ResumeFrom.never(), mlflow().build());
    server.onlyRun().deleted = true;

    run(args().maxSteps(8).build(), ResumeFrom.latest(), mlflow().failOnError(true).build());

    assertThat(server.runs).hasSize(2);
    assertThat(server.runs.get("run2").metrics.get("loss")).containsOnlyKeys(7L, 8L);
  }

  @Test
  void anExperimentThatWasDeletedIsNamed() throws IOException {
    server.experiments.put("quarters", "1");
    server.deletedExperiments.add("quarters");

    assertThatThrownBy(
            () -> run(args().build(), ResumeFrom.never(), mlflow().failOnError(true).build()))
        .hasMessageContaining("the experiment quarters was deleted");
  }

  @Test
  void namesThatAServerRefusesAreMended() throws IOException {
    MlflowRun odd = unopened();
    List<String> names =
        List.of("recall@5", "a/b", "a//b", "/a", "..", "a/../b", "été", "a".repeat(300), "");
    names.forEach(name -> odd.add(new MlflowRun.Metric(name, 1, 1, 1)));

    odd.flush();

    assertThat(server.onlyRun().metrics)
        .containsOnlyKeys(
            "recall_5", "a/b", "_a__b", "__a", "_..", "_a_.._b", "été", "a".repeat(249), "_");
  }

  @Test
  void theEndOfTheJvmMayComeBeforeTheEndOfTraining() {
    AtomicReference<IOException> failure = new AtomicReference<>();
    MlflowSender sender = new MlflowSender(unopened(), failure::set);
    sender.close();

    sender.flush();
    sender.finish("FINISHED");
    sender.drain(Duration.ofSeconds(1));

    assertThat(failure).hasNullValue();
    assertThat(server.requests()).isZero();
  }

  @Test
  void valuesThatAreNoNumbersAreSentAsText() throws IOException {
    JsonNode json =
        new com.fasterxml.jackson.databind.ObjectMapper()
            .valueToTree(new MlflowRun.Metric("loss", Double.NaN, 1, 2).json());
    assertThat(json.toString())
        .isEqualTo("{\"key\":\"loss\",\"value\":\"NaN\",\"timestamp\":1,\"step\":2}");
  }

  @Test
  void aJvmThatIsToldToEndMarksTheRunAsKilled() throws Exception {
    Process process =
        new ProcessBuilder(
                ProcessHandle.current().info().command().orElse("java"),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                Exiting.class.getName(),
                dir.toString(),
                server.uri().toString())
            .redirectErrorStream(true)
            .redirectOutput(dir.resolve("output.txt").toFile())
            .start();
    assertThat(process.waitFor(10, TimeUnit.MINUTES)).isTrue();

    assertThat(server.onlyRun().status).isEqualTo("KILLED");
    assertThat(server.onlyRun().metrics.get("loss")).containsKey(2L);
  }

  /** What the child JVM runs: it is told to end in the middle of training. */
  static final class Exiting {
    public static void main(String[] words) throws IOException {
      run(
          GoldenTask.args(Path.of(words[0], "run")).maxSteps(6).build(),
          ResumeFrom.never(),
          MlflowCallback.builder(URI.create(words[1])).build(),
          FaultInjectionCallback.at(3, Event.STEP_END)
              .fail(
                  () -> {
                    Runtime.getRuntime().exit(1);
                    throw new IllegalStateException("unreachable");
                  }));
    }
  }
}
