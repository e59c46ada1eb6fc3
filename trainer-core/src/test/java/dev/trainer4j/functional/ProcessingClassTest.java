// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.functional;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.data.ProcessingClass;
import dev.trainer4j.testing.TinyData;
import dev.trainer4j.testing.TinyModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProcessingClassTest {

  @TempDir Path folder;

  private Trainer trainer(TinyModel model, ProcessingClass processing) {
    TrainingArguments args =
        TrainingArguments.builder()
            .outputDir(folder.resolve("run"))
            .maxSteps(4)
            .saveStrategy(IntervalStrategy.STEPS)
            .saveSteps(2)
            .build();
    return Trainer.builder(model.model(), args)
        .trainDataset(TinyData.points(22, 1))
        .processingClass(processing)
        .build();
  }

  @Test
  void isWrittenIntoEveryCheckpointAndSavedModel() throws IOException {
    ProcessingClass words = to -> Files.writeString(to.resolve("words.txt"), "yes\nno\n");
    try (TinyModel model = new TinyModel(1, 0);
        Trainer trainer = trainer(model, words)) {
      trainer.train();
      trainer.saveModel(folder.resolve("model"));
      assertThat(trainer.processingClass()).containsSame(words);
    }
    for (String place : new String[] {"run/checkpoint-2", "run/checkpoint-4", "model"}) {
      assertThat(folder.resolve(place).resolve("words.txt")).hasContent("yes\nno\n");
    }
    assertThat(Files.readString(folder.resolve("run/checkpoint-2/manifest.json")))
        .contains("words.txt");
  }

  @Test
  void thatCannotBeWrittenLeavesNoCheckpoint() throws IOException {
    ProcessingClass broken =
        to -> {
          throw new IOException("no words today");
        };
    try (TinyModel model = new TinyModel(1, 0);
        Trainer trainer = trainer(model, broken)) {
      assertThatThrownBy(trainer::train).hasMessageContaining("no words today");
    }
    assertThat(folder.resolve("run/checkpoint-2")).doesNotExist();
  }
}
