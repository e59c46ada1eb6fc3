// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.trainer4j.ResumeFrom;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.checkpoint.CheckpointStore;
import dev.trainer4j.state.TrainerState;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** In an output folder that others can write to, a link may be anybody's and lead anywhere. */
class PlantedLinksTest {

  private final Path dir;
  private final Path output;
  private final Path precious;

  PlantedLinksTest(@TempDir Path dir) {
    this.dir = dir;
    output = dir.resolve("output");
    precious = dir.resolve("precious");
  }

  @BeforeEach
  void makeWhatIsPrecious() throws IOException {
    Files.createDirectory(output);
    Files.writeString(precious, "precious");
  }

  @AfterEach
  void whatIsPreciousIsLeftAlone() {
    assertThat(precious).hasContent("precious");
    boolean unused = Thread.interrupted();
  }

  private static TrainingArguments.Builder args(Path output, String... reports) {
    return GoldenTask.args(output)
        .maxSteps(4)
        .saveStrategy(IntervalStrategy.STEPS)
        .saveSteps(2)
        .reportTo(reports);
  }

  private static void train(TrainingArguments args, TrainerCallback... callbacks)
      throws IOException {
    try (GoldenTask task = new GoldenTask()) {
      Trainer.Builder builder = task.trainer(args);
      List.of(callbacks).forEach(builder::callback);
      try (Trainer trainer = builder.build()) {
        trainer.train(ResumeFrom.never());
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"csv, log.csv", "jsonl, log.jsonl", "tensorboard, runs"})
  void whatARunAddsToIsRefusedAsALinkBeforeTheFirstUpdate(String report, String name)
      throws IOException {
    Path link = output.resolve(name);
    Path elsewhere = Files.createDirectory(dir.resolve("elsewhere"));
    Files.createSymbolicLink(link, name.equals("runs") ? elsewhere : precious);

    assertThatThrownBy(() -> train(args(output, report).build()))
        .hasMessageContaining(", in onTrainBegin)")
        .hasMessageContaining(link + " cannot be written: it is a symbolic link")
        .hasMessageContaining("delete it");

    assertThat(elsewhere).isEmptyDirectory();
    assertThat(output.resolve("checkpoint-2")).doesNotExist();
  }

  @ParameterizedTest
  @CsvSource({"html, report.html", "plot, plot.png"})
  void whatARunReplacesReplacesTheLink(String report, String name) throws IOException {
    Files.createSymbolicLink(output.resolve(name), precious);
    train(args(output, report).build());
    assertThat(Files.isSymbolicLink(output.resolve(name))).isFalse();
    assertThat(output.resolve(name)).isNotEmptyFile();
  }

  @ParameterizedTest
  @CsvSource({
    "csv, log.csv",
    "jsonl, log.jsonl",
    "html, report.html",
    "plot, plot.png",
  })
  void draftsAreNotWrittenThroughALinkThatWaitsForThem(String report, String name)
      throws IOException {
    Path draft = Files.createSymbolicLink(output.resolve("." + name + ".tmp"), precious);
    train(args(output, report).build());
    assertThat(output.resolve(name)).isNotEmptyFile();
    assertThat(Files.isSymbolicLink(draft)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"log.csv", "log.jsonl"})
  void aLinkThatTakesTheFilesPlaceDuringTheRunIsNotFollowed(String name) {
    Path file = output.resolve(name);
    TrainerCallback swaps =
        new TrainerCallback() {
          @Override
          public void onStepEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
            if (state.globalStep() == 2) {
              try {
                Files.delete(file);
                Files.createSymbolicLink(file, precious);
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            }
          }
        };
    assertThatThrownBy(() -> train(args(output, name.substring(4)).build(), swaps))
        .hasMessageContaining(file + " cannot be written: it is a symbolic link");
  }

  @Test
  void theLockOfTheFolderIsNotTakenThroughALink() throws IOException {
    Files.createSymbolicLink(output.resolve(".trainer4j.lock"), precious);
    assertThatThrownBy(() -> train(args(output).build()))
        .hasMessageContaining("outputDir " + output)
        .hasMessageContaining(".trainer4j.lock: is a symbolic link");
  }

  @Test
  void aLinkThatTheUserNamesAsTheFolderIsFollowed() throws IOException {
    Path link = Files.createSymbolicLink(dir.resolve("link"), output);
    train(args(link, "csv", "jsonl", "tensorboard", "html", "plot").build());
    for (String name : List.of("log.csv", "log.jsonl", "report.html", "plot.png")) {
      assertThat(output.resolve(name)).isNotEmptyFile();
    }
    assertThat(output.resolve("runs")).isDirectory();
    assertThat(output.resolve("checkpoint-4")).isDirectory();
  }

  /** It is kept for whoever waits next: here that is the caller of {@code train()}. */
  @Test
  void anInterruptCostsNoRecordAndNoCheckpointAndIsKept() throws IOException {
    TrainerCallback interrupts =
        new TrainerCallback() {
          @Override
          public void onStepEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
            if (state.globalStep() == 2) {
              Thread.currentThread().interrupt();
            }
          }
        };
    train(args(output, "csv", "jsonl", "tensorboard", "html", "plot").build(), interrupts);

    assertThat(Thread.interrupted()).isTrue();
    assertThat(output.resolve("log.jsonl")).content().contains("\"step\":2", "\"step\":4");
    assertThat(output.resolve("log.csv")).content().contains("\n2,", "\n4,");
    assertThat(new CheckpointStore(output).verify(output.resolve("checkpoint-2")).isValid())
        .isTrue();
    assertThat(new CheckpointStore(output).verify(output.resolve("checkpoint-4")).isValid())
        .isTrue();
    assertThat(output.resolve("plot.png")).isNotEmptyFile();
  }
}
