// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.functional;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.trainer4j.ResumeFrom;
import dev.trainer4j.TrainOutput;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.data.IterableDataset;
import dev.trainer4j.state.TrainerState;
import dev.trainer4j.testing.Crash;
import dev.trainer4j.testing.TinyData;
import dev.trainer4j.testing.TinyModel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Training on a stream, which is read again from its start when it ends. */
class StreamTrainingTest {

  @TempDir Path outputDir;

  private final List<Long> epochs = new CopyOnWriteArrayList<>();

  /** Eleven samples an epoch, other ones in each. */
  private IterableDataset<Map<String, Object>> stream() {
    return epoch -> {
      epochs.add(epoch);
      return TinyData.list(11, epoch).iterator();
    };
  }

  private TrainingArguments args(String name) {
    return TrainingArguments.builder()
        .outputDir(outputDir.resolve(name))
        .maxSteps(8)
        .perDeviceTrainBatchSize(2)
        .gradientAccumulationSteps(2)
        .learningRate(0.05)
        .loggingSteps(1)
        .saveStrategy(IntervalStrategy.STEPS)
        .saveSteps(1)
        .build();
  }

  @Test
  void readsTheStreamAgainUntilMaxSteps() {
    try (TinyModel model = new TinyModel(1, 0.3f);
        Trainer trainer =
            Trainer.builder(model.model(), args("run")).trainDataset(stream()).build()) {
      TrainOutput output = trainer.train();
      // Three updates an epoch, the last of which has three samples.
      assertThat(output.globalStep()).isEqualTo(8);
      assertThat(epochs).containsExactly(0L, 1L, 2L);
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {2, 3, 4, 7})
  void resumesToTheBit(long crash) {
    Map<String, List<Double>> whole;
    try (TinyModel model = new TinyModel(1, 0.3f);
        Trainer trainer =
            Trainer.builder(model.model(), args("whole")).trainDataset(stream()).build()) {
      trainer.train();
      whole = model.weights();
    }
    try (TinyModel model = new TinyModel(1, 0.3f);
        Trainer trainer =
            Trainer.builder(model.model(), args("crashed"))
                .trainDataset(stream())
                .callback(Crash.after(crash))
                .build()) {
      assertThatThrownBy(trainer::train).hasMessageContaining("crash");
    }
    try (TinyModel model = new TinyModel(1, 0.3f);
        Trainer trainer =
            Trainer.builder(model.model(), args("crashed")).trainDataset(stream()).build()) {
      trainer.train(ResumeFrom.latest());
      assertThat(model.weights()).isEqualTo(whole);
    }
  }

  @Test
  void callbacksMayComeAndGoDuringTraining() {
    List<String> steps = new ArrayList<>();
    try (TinyModel model = new TinyModel(1, 0.3f);
        Trainer trainer =
            Trainer.builder(model.model(), args("run")).trainDataset(stream()).build()) {
      TrainerCallback guest =
          new TrainerCallback() {
            @Override
            public void onStepEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
              steps.add("guest " + state.globalStep());
              if (state.globalStep() == 5) {
                trainer.removeCallback(this);
              }
            }
          };
      trainer.addCallback(
          new TrainerCallback() {
            @Override
            public void onStepEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
              if (state.globalStep() == 3) {
                trainer.addCallback(guest);
              }
            }
          });
      assertThat(trainer.train().globalStep()).isEqualTo(8);
      assertThat(steps).containsExactly("guest 4", "guest 5");
      assertThatThrownBy(
              () -> {
                trainer.addCallback(guest);
                trainer.addCallback(guest);
              })
          .hasMessageContaining("was added before");
    }
  }
}
