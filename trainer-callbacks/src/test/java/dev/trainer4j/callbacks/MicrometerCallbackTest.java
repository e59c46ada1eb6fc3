// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import static org.assertj.core.api.Assertions.assertThat;

import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.TrainingArguments;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MicrometerCallbackTest {

  private final Path dir;
  private final MeterRegistry registry = new SimpleMeterRegistry();

  MicrometerCallbackTest(@TempDir Path dir) {
    this.dir = dir;
  }

  private Trainer run(GoldenTask task, int steps, MicrometerCallback callback) throws IOException {
    TrainingArguments args =
        GoldenTask.args(dir)
            .maxSteps(steps)
            .evalStrategy(IntervalStrategy.STEPS)
            .evalSteps(2)
            .build();
    Trainer trainer = task.trainer(args).callback(callback).build();
    trainer.train();
    return trainer;
  }

  @Test
  void aRegistryHasTheLoggedValuesAndTheTimesOfTheRun() throws IOException {
    try (GoldenTask task = new GoldenTask();
        Trainer trainer = run(task, 4, new MicrometerCallback(registry, Tags.of("run", "first")))) {
      assertThat(registry.get("trainer4j.loss").tag("run", "first").gauge().value())
          .isEqualTo(
              trainer.state().logHistory().stream()
                  .flatMapToDouble(line -> line.value("loss").stream())
                  .reduce(0, (a, b) -> b));
      assertThat(registry.get("trainer4j.step").gauge().value()).isEqualTo(4);
      assertThat(registry.get("trainer4j.eval_accuracy").gauge().value()).isBetween(0.0, 1.0);
      assertThat(registry.get("trainer4j.samples").counter().count()).isEqualTo(32);
      assertThat(registry.get("trainer4j.update").timer().count()).isEqualTo(4);
      assertThat(count("optimizer")).isEqualTo(4);
      assertThat(count("evaluation")).isEqualTo(2);
      assertThat(count("logging")).isEqualTo(4);
      assertThat(count("saving")).isEqualTo(1);
      double phases = 0;
      for (String phase : new String[] {"data_wait", "forward_backward", "optimizer"}) {
        phases += phase(phase).totalTime(TimeUnit.NANOSECONDS);
      }
      assertThat(phases).isPositive();
    }
  }

  private long count(String phase) {
    return phase(phase).count();
  }

  private io.micrometer.core.instrument.Timer phase(String name) {
    return registry.get("trainer4j.phase").tag("phase", name).timer();
  }

  @Test
  void aSecondRunInTheSameRegistryShowsItsOwnValues() throws IOException {
    try (GoldenTask task = new GoldenTask()) {
      run(task, 4, new MicrometerCallback(registry)).close();
      run(task, 2, new MicrometerCallback(registry)).close();
    }
    assertThat(registry.get("trainer4j.step").gauge().value()).isEqualTo(2);
    assertThat(registry.get("trainer4j.update").timer().count()).isEqualTo(6);
  }
}
