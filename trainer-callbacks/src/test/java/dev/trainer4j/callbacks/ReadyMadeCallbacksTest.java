// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.trainer4j.Trainer;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.CallbackProvider;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReadyMadeCallbacksTest {

  private final Path dir;

  ReadyMadeCallbacksTest(@TempDir Path dir) {
    this.dir = dir;
  }

  private TrainingArguments yaml(String reportTo) throws IOException {
    Path file = dir.resolve("training.yaml");
    Files.writeString(
        file,
        "output_dir: %s%nmax_steps: 1%nlogging_steps: 1%nreport_to: %s%n".formatted(dir, reportTo));
    return TrainingArguments.fromYaml(file);
  }

  @Test
  void areFoundAsAService() {
    assertThat(ServiceLoader.load(CallbackProvider.class))
        .hasExactlyElementsOfTypes(ReadyMadeCallbacks.class)
        .first()
        .satisfies(
            provider -> assertThat(provider.names()).contains("tensorboard", "csv", "jsonl"));
  }

  @Test
  void reportToOfAFileAddsThem() throws IOException {
    try (GoldenTask task = new GoldenTask();
        Trainer trainer = task.trainer(yaml("[csv, jsonl]")).build()) {
      trainer.train();

      assertThat(trainer.removeCallbacks(CsvCallback.class)).isTrue();
      assertThat(trainer.removeCallbacks(JsonLinesCallback.class)).isTrue();
      assertThat(trainer.removeCallbacks(TensorBoardCallback.class)).isFalse();
    }
    assertThat(dir.resolve("log.csv")).isNotEmptyFile();
    assertThat(dir.resolve("log.jsonl")).isNotEmptyFile();
  }

  @Test
  void unknownNamesListTheKnownOnes() throws IOException {
    try (GoldenTask task = new GoldenTask()) {
      Trainer.Builder builder = task.trainer(yaml("wandb"));

      assertThatThrownBy(builder::build)
          .hasMessageContaining("reportTo: 'wandb' is not known; choose of tensorboard, csv, jsonl")
          .hasMessageContaining(", all, none");
    }
  }

  @Test
  void whatLacksALibraryTellsItsCoordinates() {
    ReadyMade absent =
        ReadyMade.of("x", args -> new PrinterCallback())
            .needs(new OptionalLibrary("org.example:x", "org.example.X"));
    ReadyMade present =
        ReadyMade.of("x", args -> new PrinterCallback())
            .needs(
                new OptionalLibrary("org.assertj:assertj-core", "org.assertj.core.api.Assertions"));

    assertThat(absent.missing()).contains("org.example:x");
    assertThat(present.missing()).isEmpty();
  }

  @Test
  void everyNameMakesANewCallbackOfItsOwn() {
    ReadyMadeCallbacks provider = new ReadyMadeCallbacks();
    TrainingArguments args = TrainingArguments.fromMap(Map.of("output_dir", dir.toString()));
    for (String name : provider.names()) {
      if (provider.missing(name).isEmpty()) {
        assertThat(provider.create(name, args)).isNotSameAs(provider.create(name, args));
      }
    }
  }
}
