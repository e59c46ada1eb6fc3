// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.trainer4j.ResumeFrom;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.callbacks.FaultInjectionCallback.Event;
import dev.trainer4j.state.TrainerState;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MlflowCallbackTest {

  private final Path dir;
  private TrackingServer server;

  MlflowCallbackTest(@TempDir Path dir) {
    this.dir = dir;
  }

  @BeforeEach
  void start() throws IOException {
    server = new TrackingServer();
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private TrainingArguments.Builder args() {
    return GoldenTask.args(dir).maxSteps(6).saveStrategy(IntervalStrategy.STEPS).saveSteps(2);
  }

  private MlflowCallback.Builder mlflow() {
    return MlflowCallback.builder(server.uri())
        .experiment("quarters")
        .retryPause(Duration.ofMillis(1));
  }

  private static void run(
      TrainingArguments args,
      ResumeFrom from,
      MlflowCallback mlflow,
      FaultInjectionCallback... faults)
      throws IOException {
    try (GoldenTask task = new GoldenTask()) {
      Trainer.Builder builder = task.trainer(args).callback(mlflow);
      for (FaultInjectionCallback fault : faults) {
        builder.callback(fault);
      }
      try (Trainer trainer = builder.build()) {
        trainer.train(from);
      }
    }
  }

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
  void aServerWithTroubleIsAskedAgain() throws IOException {
    server.failNext(2, 503);
    run(args().build(), ResumeFrom.never(), mlflow().build());

    assertThat(server.onlyRun().metrics.get("loss")).hasSize(6);
  }

  @Test
  void aServerThatComesBackGetsWhatWasLoggedMeanwhile() throws IOException {
    server.failNext(3, 500); // as often as the first call is tried
    run(args().maxSteps(30).build(), ResumeFrom.never(), mlflow().build());

    assertThat(server.onlyRun().metrics.get("loss")).hasSize(30);
  }

  @Test
  void trainingGoesOnWithoutAServerUnlessToldOtherwise() throws IOException {
    URI nobody = server.uri();
    server.close();

    run(args().build(), ResumeFrom.never(), mlflow().build());

    assertThat(dir.resolve("checkpoint-6")).isDirectory();
    assertThatThrownBy(
            () -> run(args().build(), ResumeFrom.never(), mlflow().failOnError(true).build()))
        .hasMessageContaining("MlflowCallback")
        .hasMessageContaining(nobody.toString());
  }

  @Test
  void whateverGoesWrongInTheBackgroundIsSeen() {
    AtomicReference<IOException> failure = new AtomicReference<>();
    MlflowRun broken =
        new MlflowRun(
            new MlflowClient(server.uri(), null, Duration.ofMillis(1)),
            "quarters",
            null,
            null,
            false,
            Map.of(),
            Collections.singletonMap("no value", null),
            "key",
            false);
    try (MlflowSender sender = new MlflowSender(broken, failure::set)) {
      sender.open();
      sender.drain(Duration.ofMinutes(1));
    }

    assertThat(failure.get()).hasMessageContaining("NullPointerException");
  }

  @Test
  void aCheckpointDoesNotWaitForASilentServerAndItsRunIsFoundAgain() throws IOException {
    server.hold();
    TrainerCallback releases =
        new TrainerCallback() {
          @Override
          public void onSave(CallbackContext ctx, TrainerState state, TrainerControl control) {
            server.release();
          }
        };
    try (GoldenTask task = new GoldenTask();
        Trainer trainer =
            task.trainer(args().build())
                .callback(mlflow().build())
                .callback(releases)
                .callback(
                    FaultInjectionCallback.at(5, Event.LOG)
                        .fail(() -> new IllegalStateException("injected")))
                .build()) {
      assertThatThrownBy(trainer::train).hasMessageContaining("injected");
    }
    assertThat(server.requests("get-by-name"))
        .as("the first question was answered, and not given up after a time")
        .isEqualTo(1);
    Path early = dir.resolve("checkpoint-2");
    assertThat(early.resolve("trainer_state.json"))
        .content()
        .contains("run_key")
        .doesNotContain("run_id");
    String key = server.onlyRun().tags.get("trainer4j.run");
    assertThat(early.resolve("trainer_state.json")).content().contains(key);

    run(args().build(), ResumeFrom.path(early), mlflow().build());

    TrackingServer.Run run = server.onlyRun();
    assertThat(run.status).isEqualTo("FINISHED");
    assertThat(run.metrics.get("loss")).containsOnlyKeys(1L, 2L, 3L, 4L, 5L, 6L);
    assertThat(run.metrics.get("loss").values()).allMatch(values -> values.size() == 1);
  }

  @Test
  void anAnswerWithoutEndIsCutOffAndTrainingGoesOn() throws IOException {
    server.answerEndlessly();
    run(args().build(), ResumeFrom.never(), mlflow().build());
    assertThat(dir.resolve("checkpoint-6")).isDirectory();
    assertThat(server.sent()).as("bytes").isBetween(4L << 20, 64L << 20);

    assertThatThrownBy(
            () -> run(args().build(), ResumeFrom.never(), mlflow().failOnError(true).build()))
        .hasMessageContaining("MlflowCallback")
        .hasMessageContaining("more than 4194304 bytes");
  }

  @Test
  void anAnswerOfMoreValuesThanAnyRunHasIsNoJson() {
    server.answerOddly("[" + "[],".repeat(200_000) + "1]");
    assertThatThrownBy(() -> unopened().open())
        .hasMessageContaining("did not answer with JSON: [[],[],");
  }

  @Test
  void aLoginInTheAddressIsUsedAndNeverPrinted() throws IOException {
    URI login = URI.create("http://us%40er:p%3A%2Bss@localhost:" + server.uri().getPort());
    run(args().build(), ResumeFrom.never(), MlflowCallback.builder(login).build());
    String header =
        "Basic "
            + Base64.getEncoder().encodeToString("us@er:p:+ss".getBytes(StandardCharsets.UTF_8));
    assertThat(server.authorizations).containsOnly(header);

    Map<String, String> environment =
        Map.of("MLFLOW_TRACKING_URI", login.toString(), "MLFLOW_TRACKING_TOKEN", "other");
    run(
        args().build(),
        ResumeFrom.never(),
        MlflowCallback.fromEnvironment(environment::get).build());
    assertThat(server.authorizations).as("the address wins").containsOnly(header);

    server.close();
    assertThatThrownBy(
            () ->
                run(
                    args().build(),
                    ResumeFrom.never(),
                    MlflowCallback.builder(login)
                        .retryPause(Duration.ofMillis(1))
                        .failOnError(true)
                        .build()))
        .hasMessageContaining("localhost")
        .message()
        .doesNotContain("us%40er", "us@er", "ss@");
    assertThatThrownBy(() -> MlflowCallback.builder(login).token("another"))
        .hasMessageContaining("token(...)");
    assertThatThrownBy(() -> MlflowCallback.builder(login).basicAuthentication("a", "b"))
        .hasMessageContaining("basicAuthentication(...)");
  }

  @Test
  void anAddressThatIsRefusedDoesNotShowItsPassword() {
    List<String> refused =
        List.of(
            "postgresql://user:sesame@db/mlflow",
            "file:user:sesame@x",
            "http://user:sesame@my_host:5000",
            "http://user:se^same@host",
            "http://user:sesame/x@host",
            "http://user:sesame@host:70000",
            "http://user:sesame@host/?a=b",
            "http://sesame@host");
    for (String address : refused) {
      assertThatThrownBy(
              () ->
                  MlflowCallback.fromEnvironment(
                      name -> name.equals("MLFLOW_TRACKING_URI") ? address : null))
          .as(address)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("tracking URI")
          .hasNoCause()
          .message()
          .doesNotContain("sesame", "se^same");
    }
  }

  @Test
  void aTokenFromAFileLosesItsLineEndAndOneThatIsNoneIsRefused() throws IOException {
    run(args().build(), ResumeFrom.never(), mlflow().token(" secret\n").build());

    assertThat(server.authorizations).containsOnly("Bearer secret");
    assertThatThrownBy(() -> mlflow().token("two words"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("MLFLOW_TRACKING_TOKEN");
    assertThatThrownBy(() -> mlflow().token(" ")).hasMessageContaining("token");
  }

  private MlflowRun unopened() {
    return new MlflowRun(
        new MlflowClient(server.uri(), null, Duration.ofMillis(1)),
        "quarters",
        "many",
        null,
        false,
        Map.of(),
        Map.of(),
        "key",
        false);
  }

  @Test
  void theOldestValuesGiveWayBeyondALimitAndTheOthersArriveInOrder() throws IOException {
    MlflowRun many = unopened();
    for (int step = 1; step <= 100_007; step++) {
      many.add(new MlflowRun.Metric("loss", step, 1, step));
    }
    assertThat(many.undelivered()).isEqualTo(100_007);
    server.failNext(3, 503);
    assertThatThrownBy(many::flush).isInstanceOf(IOException.class);
    assertThat(many.undelivered()).isEqualTo(100_007);

    many.flush();

    assertThat(many.undelivered()).isEqualTo(7);
    assertThat(server.onlyRun().metrics.get("loss")).hasSize(100_000).doesNotContainKey(7L);
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
  void aRefusalIsNotTriedAgain() throws IOException {
    server.failNext(1000, 403);
    assertThatThrownBy(
            () -> run(args().build(), ResumeFrom.never(), mlflow().failOnError(true).build()))
        .hasMessageContaining("403");
    // Once when training begins and once to say that it failed.
    assertThat(server.requests()).isEqualTo(2);
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

  @Test
  void readsTheVariablesOfMlflowsClients() {
    Map<String, String> environment = Map.of("MLFLOW_TRACKING_URI", server.uri().toString());
    assertThat(MlflowCallback.fromEnvironment(environment::get).build()).isNotNull();
    assertThat(MlflowCallback.fromEnvironment(name -> name.endsWith("URI") ? "http://a" : " "))
        .as("variables that are set to nothing are not set")
        .isNotNull();
    assertThatThrownBy(() -> MlflowCallback.fromEnvironment(name -> null))
        .hasMessageContaining("MLFLOW_TRACKING_URI");
    assertThatThrownBy(() -> MlflowCallback.builder(URI.create("file:///tmp/mlruns")))
        .hasMessageContaining("mlflow server");
  }
}
