// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.functional;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.types.Shape;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.model.Inference;
import dev.trainer4j.testing.TinyData;
import dev.trainer4j.testing.TinyModel;
import java.nio.file.Path;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is asked of something that is closed is refused in words, not in the engine's. */
class ClosedTest {

  @TempDir Path folder;

  private Trainer.Builder builder(TinyModel model) {
    TrainingArguments args =
        TrainingArguments.builder()
            .outputDir(folder)
            .useCpu(true)
            .maxSteps(1)
            .saveStrategy(IntervalStrategy.NO)
            .build();
    return Trainer.builder(model.model(), args)
        .trainDataset(TinyData.points(8, 1))
        .evalDataset(TinyData.points(8, 2));
  }

  private static void assertAllSay(String words, List<ThrowingCallable> calls) {
    for (ThrowingCallable call : calls) {
      assertThatThrownBy(call)
          .isInstanceOf(IllegalStateException.class)
          .hasMessageStartingWith(words)
          .hasNoCause();
    }
  }

  @Test
  void aTrainerSaysThatItIsClosed() {
    try (TinyModel model = new TinyModel(1, 0)) {
      Trainer trainer = builder(model).build();
      assertThat(trainer.train().globalStep()).isEqualTo(1);
      trainer.close();

      assertAllSay(
          "the trainer is closed",
          List.of(
              trainer::train,
              trainer::evaluate,
              () -> trainer.predict(TinyData.points(8, 1)),
              () -> trainer.evaluate(TinyData.points(8, 1), "more")));
    }
  }

  @Test
  void aModelThatWasClosedBeforeItsTrainerIsNamed() {
    TinyModel model = new TinyModel(1, 0);
    try (Trainer trainer = builder(model).build()) {
      model.close();

      assertAllSay(
          "the model is closed",
          List.of(
              trainer::train,
              trainer::evaluate,
              () -> trainer.predict(TinyData.points(8, 1)),
              () -> builder(model).build().close(),
              () ->
                  Inference.run(
                      model.model(),
                      manager -> ModelInputs.of("x", manager.ones(new Shape(1, 6))),
                      output -> 1)));
    }
  }
}
