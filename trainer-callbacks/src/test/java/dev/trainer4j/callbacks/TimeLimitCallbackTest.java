// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.trainer4j.ResumeFrom;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.TrainingArguments;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TimeLimitCallbackTest {

  private final Path dir;

  TimeLimitCallbackTest(@TempDir Path dir) {
    this.dir = dir;
  }

  /** Each look at it is one second later: two looks an update. */
  private static final class Ticking extends Clock {
    private long second;

    @Override
    public Instant instant() {
      return Instant.EPOCH.plusSeconds(second++);
    }

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }
  }

  @Test
  void stopsWithACheckpointWhileThereIsTimeForAnotherUpdateAndTheReserve() throws IOException {
    // Begin at 0; update n ends at 2n; it takes 1 s, so 2n + 1 + 5 >= 20 first holds for n = 7.
    TimeLimitCallback callback =
        new TimeLimitCallback(Duration.ofSeconds(20), null, Duration.ofSeconds(5), new Ticking());
    TrainingArguments args =
        GoldenTask.args(dir).maxSteps(30).saveStrategy(IntervalStrategy.NO).build();
    try (GoldenTask task = new GoldenTask();
        Trainer trainer = task.trainer(args).callback(callback).build()) {
      assertThat(trainer.train().globalStep()).isEqualTo(7);
    }
    assertThat(dir.resolve("checkpoint-7")).isDirectory();

    try (GoldenTask task = new GoldenTask();
        Trainer trainer = task.trainer(args).build()) {
      assertThat(trainer.train(ResumeFrom.latest()).globalStep()).isEqualTo(30);
    }
  }

  @Test
  void aDeadlineInThePastEndsTheRunAfterOneUpdate() throws IOException {
    try (GoldenTask task = new GoldenTask();
        Trainer trainer =
            task.trainer(GoldenTask.args(dir).maxSteps(9).build())
                .callback(TimeLimitCallback.until(Instant.EPOCH).reserve(Duration.ofSeconds(1)))
                .build()) {
      assertThat(trainer.train().globalStep()).isEqualTo(1);
    }
  }

  @Test
  void refusesTimesThatAreNone() {
    assertThatThrownBy(() -> new TimeLimitCallback(Duration.ZERO)).hasMessageContaining("limit");
    assertThatThrownBy(() -> TimeLimitCallback.until(Instant.MAX).reserve(Duration.ofSeconds(-1)))
        .hasMessageContaining("reserve");
  }
}
