// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j;

import static dev.trainer4j.args.IntervalStrategy.STEPS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.trainer4j.testing.TinyModel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SaveFaultsTest {

  private final Path folder;

  SaveFaultsTest(@TempDir Path folder) {
    this.folder = folder;
  }

  private SmallRun run(String name) {
    return SmallRun.into(folder.resolve(name)).args(args -> args.saveStrategy(STEPS).saveSteps(2));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aFullDiskEndsTheRunWithAClearErrorAndTheEarlierCheckpointStands(boolean async)
      throws IOException {
    AtomicInteger saves = new AtomicInteger();
    SmallRun full =
        run("out")
            .args(args -> args.asyncSave(async).saveTotalLimit(1))
            .extras(
                extras -> {
                  Files.writeString(extras.resolve("config.json"), "{}");
                  if (saves.incrementAndGet() == 2) {
                    throw new IOException("No space left on device");
                  }
                });

    assertThatThrownBy(full::train)
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("checkpoint-4")
        .hasMessageContaining("config.json")
        .hasMessageContaining("No space left on device")
        .hasMessageContaining("Free disk space")
        .hasMessageContaining("earlier ones stand");
    assertThat(SmallRun.steps(folder.resolve("out"))).containsExactly(2L);

    // The folder is free again, and the run goes on from there.
    assertThat(run("out").train(ResumeFrom.latest()).weights())
        .isEqualTo(run("whole").train().weights());
  }

  @Test
  void anOutputFolderThatCannotBeCreatedIsAnErrorBeforeTraining() throws IOException {
    Files.writeString(folder.resolve("file"), "mine");

    assertThatThrownBy(() -> run("file/out").train())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("outputDir " + folder.resolve("file/out"))
        .hasMessageContaining("cannot be created")
        .hasMessageContaining("Choose another outputDir");
    assertThatThrownBy(() -> run("file").train())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("is not a folder");
    assertThat(folder.resolve("file")).hasContent("mine");
  }

  @Test
  void theSecondOfTwoTrainersWithOneFolderIsToldOfTheFirst() {
    SmallRun.Result first =
        run("out")
            .train(
                ResumeFrom.never(),
                trainer -> {
                  if (trainer.state().globalStep() == 4) {
                    try (TinyModel model = new TinyModel(2, 0);
                        Trainer second = run("out").build(model.model())) {
                      assertThatThrownBy(second::train)
                          .isInstanceOf(UncheckedIOException.class)
                          .hasMessageContaining(folder.resolve("out").toString())
                          .hasMessageContaining("is in use by another run in this JVM")
                          .hasMessageContaining("process " + ProcessHandle.current().pid());
                    }
                  }
                });
    assertThat(first.output().stopReason()).isEqualTo(StopReason.COMPLETED);
  }
}
