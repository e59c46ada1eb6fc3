// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.trainer4j.ResumeFrom;
import dev.trainer4j.Trainer;
import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.callbacks.FaultInjectionCallback.Event;
import dev.trainer4j.state.TrainerState;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** What becomes of a run whose server is silent, absent, in trouble or hostile. */
class MlflowTroubleTest extends MlflowFixture {

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
  void aRefusalIsNotTriedAgain() throws IOException {
    server.failNext(1000, 403);
    assertThatThrownBy(
            () -> run(args().build(), ResumeFrom.never(), mlflow().failOnError(true).build()))
        .hasMessageContaining("403");
    // Once when training begins and once to say that it failed.
    assertThat(server.requests()).isEqualTo(2);
  }
}
