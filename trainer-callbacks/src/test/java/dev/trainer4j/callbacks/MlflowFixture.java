// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import dev.trainer4j.ResumeFrom;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.TrainingArguments;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A server that tests of MLflow log to, and a run of six updates. */
abstract class MlflowFixture {

  @TempDir Path dir;

  TrackingServer server;

  @BeforeEach
  void start() throws IOException {
    server = new TrackingServer();
  }

  @AfterEach
  void stop() {
    server.close();
  }

  TrainingArguments.Builder args() {
    return GoldenTask.args(dir).maxSteps(6).saveStrategy(IntervalStrategy.STEPS).saveSteps(2);
  }

  MlflowCallback.Builder mlflow() {
    return MlflowCallback.builder(server.uri())
        .experiment("quarters")
        .retryPause(Duration.ofMillis(1));
  }

  static void run(
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

  MlflowRun unopened() {
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
}
