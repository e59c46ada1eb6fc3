// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.trainer4j.Trainer;
import dev.trainer4j.examples.LanguageData.Example;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class LanguageIdTest {
  @Test
  void learnsFarMoreThanChanceFromATenthOfTheDataInOneEpoch(@TempDir Path out) {
    LanguageData data = LanguageData.load();
    List<Example> few = new ArrayList<>(data.train());
    Collections.shuffle(few, new Random(1));

    try (Trainer trainer =
        LanguageId.trainer(
            LanguageId.arguments(out).numTrainEpochs(1).perDeviceTrainBatchSize(32).build(),
            few.subList(0, 3_000),
            data.test(),
            data.languages().size())) {
      trainer.train();

      // Chance is one in 56; the script alone tells about one language in three.
      assertThat(trainer.evaluate().metric("accuracy")).isGreaterThan(0.35);
      assertThat(out).isDirectoryContaining(file -> file.endsWith("checkpoint-94"));
    }
  }
}
