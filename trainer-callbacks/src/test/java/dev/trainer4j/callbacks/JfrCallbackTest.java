// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import static org.assertj.core.api.Assertions.assertThat;

import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.TrainingArguments;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JfrCallbackTest {

  private final Path dir;

  JfrCallbackTest(@TempDir Path dir) {
    this.dir = dir;
  }

  @Test
  void aRecordingHasEachUpdateWithItsPhasesAndWhatFollowedIt() throws IOException {
    Path file = dir.resolve("run.jfr");
    TrainingArguments args =
        GoldenTask.args(dir)
            .maxSteps(4)
            .gradientAccumulationSteps(2)
            .loggingSteps(2)
            .evalStrategy(IntervalStrategy.STEPS)
            .evalSteps(4)
            .build();
    try (Recording recording = new Recording();
        GoldenTask task = new GoldenTask();
        Trainer trainer = task.trainer(args).callback(new JfrCallback()).build()) {
      recording.enable("dev.trainer4j.Update").withoutThreshold();
      recording.enable("dev.trainer4j.Reaction").withoutThreshold();
      recording.start();
      trainer.train();
      recording.stop();
      recording.dump(file);
    }

    List<RecordedEvent> updates = events(file, "dev.trainer4j.Update");
    assertThat(updates).extracting(event -> event.getLong("step")).containsExactly(1L, 2L, 3L, 4L);
    for (RecordedEvent update : updates) {
      assertThat(update.getLong("microBatches")).isEqualTo(2);
      assertThat(update.getLong("samples")).isEqualTo(16);
      long data = update.getDuration("dataWait").toNanos();
      long compute = update.getDuration("forwardBackward").toNanos();
      long optimizer = update.getDuration("optimizer").toNanos();
      assertThat(List.of(data, compute, optimizer)).allMatch(nanos -> nanos > 0);
      // The recorder's clock is another one, with ticks of its own.
      assertThat(data + compute + optimizer)
          .isLessThanOrEqualTo(update.getDuration().toNanos() + 50_000);
    }
    List<RecordedEvent> reactions = events(file, "dev.trainer4j.Reaction");
    assertThat(reactions).extracting(event -> event.getLong("step")).contains(2L, 4L);
    RecordedEvent last =
        reactions.stream().filter(event -> event.getLong("step") == 4).findFirst().orElseThrow();
    assertThat(last.getDuration("evaluation")).isPositive();
    assertThat(last.getDuration("logging")).isPositive();
  }

  private static List<RecordedEvent> events(Path file, String name) throws IOException {
    return RecordingFile.readAllEvents(file).stream()
        .filter(event -> event.getEventType().getName().equals(name))
        .sorted(java.util.Comparator.comparing(RecordedEvent::getStartTime))
        .toList();
  }

  @Test
  void withoutARecordingARunIsAsItWas() throws IOException {
    try (GoldenTask task = new GoldenTask();
        Trainer trainer =
            task.trainer(GoldenTask.args(dir).maxSteps(2).build())
                .callback(new JfrCallback())
                .build()) {
      assertThat(trainer.train().globalStep()).isEqualTo(2);
    }
  }
}
