// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.data.ModelInputs;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LabelSmoothingTest {

  @TempDir Path folder;

  private Trainer trainer(PretrainedModel model, String name, double smoothing) {
    TrainingArguments args =
        TrainingArguments.builder()
            .outputDir(folder)
            .saveStrategy(IntervalStrategy.NO)
            .labelSmoothingFactor(smoothing)
            .build();
    return Trainer.builder(model, args)
        .evalDataset(Datasets.of(List.of(name)))
        .dataCollator((List<String> samples, NDManager manager) -> inputs(samples, manager))
        .build();
  }

  private static ModelInputs inputs(List<String> samples, NDManager manager) {
    try {
      return ParityModels.inputs(samples.get(0), manager);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private double loss(PretrainedModel model, String name, double smoothing) {
    try (Trainer trainer = trainer(model, name, smoothing)) {
      return trainer.evaluate().metric("loss");
    }
  }

  /** (1 - e) of the label and e of the mean over classes: a straight line from the model's own loss. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "bert-classify",
        "bert-token",
        "bert-mlm",
        "bert-choice",
        "gpt2",
        "llama",
        "t5",
        "bart",
        "bart-classify"
      })
  void smoothsTheLossThatTheModelComputesItself(String name) throws IOException {
    try (PretrainedModel model = ParityModels.load(name)) {
      double own = loss(model, name, 0);
      double little = loss(model, name, 1e-7);
      double some = loss(model, name, 0.1);
      double more = loss(model, name, 0.2);

      assertThat(little).isCloseTo(own, within(1e-5));
      assertThat(some).isNotCloseTo(own, within(1e-5));
      assertThat(more - own).isCloseTo(2 * (some - own), within(1e-5));
    }
  }

  @Test
  void questionsHaveTwoLabelsAndAreRefused() throws IOException {
    try (PretrainedModel model = ParityModels.load("bert-qa")) {
      assertThatThrownBy(() -> trainer(model, "bert-qa", 0.1))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("labelSmoothingFactor is 0.1")
          .hasMessageContaining("PretrainedModel");
    }
  }
}
