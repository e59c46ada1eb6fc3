// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.functional;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.nn.Block;
import ai.djl.nn.core.Linear;
import dev.trainer4j.EvaluationOutput;
import dev.trainer4j.OptimizerAndScheduler;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.OptimizerName;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.data.DataSource;
import dev.trainer4j.optim.Optimizers;
import dev.trainer4j.optim.ParameterGroup;
import dev.trainer4j.state.TrainerState;
import dev.trainer4j.testing.Natives;
import dev.trainer4j.testing.TinyData;
import dev.trainer4j.testing.TinyModel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Optimizers and schedules given by functions, looked at before, during and after a run. */
class OptimizerAndSchedulerTest {

  @TempDir Path folder;

  private final TinyModel model = new TinyModel(1, 0);

  @AfterEach
  void close() {
    model.close();
  }

  private TrainingArguments.Builder args() {
    return TrainingArguments.builder()
        .outputDir(folder)
        .numTrainEpochs(2)
        .perDeviceTrainBatchSize(8)
        .learningRate(0.06)
        .weightDecay(0.1)
        .saveStrategy(IntervalStrategy.NO);
  }

  private Trainer.Builder builder(TrainingArguments args) {
    return Trainer.builder(model.model(), args).trainDataset(TinyData.points(22, 1));
  }

  @Test
  void areMadeAsARunWouldWithoutTraining() {
    Map<String, List<Double>> before = model.weights();
    long arrays = Natives.arrays();
    try (Trainer trainer = builder(args().build()).build();
        OptimizerAndScheduler made = trainer.createOptimizerAndScheduler()) {
      assertThat(made.numTrainingSteps()).isEqualTo(6); // 22 samples in batches of 8, twice
      assertThat(made.optimizer().groups())
          .extracting(ParameterGroup::weightDecay)
          .containsExactly(0.1, 0.0);
      assertThat(made.optimizer().state()).containsKey("fc1.weight.exp_avg");
      assertThat(made.learningRates(0)).containsExactly(0.06, 0.06);
      assertThat(made.learningRates(3))
          .allSatisfy(r -> assertThat(r).isCloseTo(0.03, within(1e-9)));
      try (OptimizerAndScheduler longer = trainer.createOptimizerAndScheduler(60)) {
        assertThat(longer.learningRates(3))
            .allSatisfy(rate -> assertThat(rate).isCloseTo(0.057, within(1e-9)));
      }
      assertThatThrownBy(() -> trainer.createOptimizerAndScheduler(0))
          .hasMessageContaining("numTrainingSteps is 0");
    }
    assertThat(model.weights()).isEqualTo(before);
    assertThat(Natives.arrays()).isEqualTo(arrays);
  }

  @Test
  void ratesNowAreThoseOfTheNextUpdateInEachGroup() {
    List<List<Double>> rates = new ArrayList<>();
    AtomicReference<Trainer> self = new AtomicReference<>();
    TrainerCallback reader =
        new TrainerCallback() {
          @Override
          public void onStepBegin(CallbackContext ctx, TrainerState state, TrainerControl control) {
            rates.add(self.get().getLearningRates());
          }
        };
    try (Trainer trainer =
        builder(args().build())
            .parameterGroups(
                groups ->
                    List.of(groups.get(0), new ParameterGroup(groups.get(1).parameters(), 0.6, 0)))
            .callback(reader)
            .build()) {
      self.set(trainer);
      assertThatThrownBy(trainer::getLearningRates)
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("createOptimizerAndScheduler()");

      trainer.train();

      assertThat(rates).hasSize(6);
      for (int step = 0; step < 6; step++) {
        assertThat(rates.get(step).get(0)).isCloseTo(0.06 * (6 - step) / 6, within(1e-9));
        assertThat(rates.get(step).get(1)).isCloseTo(0.6 * (6 - step) / 6, within(1e-9));
      }
      assertThat(trainer.getLearningRates()).containsExactly(0.0, 0.0);
    }
  }

  @Test
  void ofTheBuilderTakeThePlaceOfTheArguments() {
    List<List<ParameterGroup>> seen = new ArrayList<>();
    Map<String, List<Double>> given;
    try (TinyModel other = new TinyModel(1, 0);
        Trainer trainer =
            Trainer.builder(other.model(), args().build())
                .trainDataset(TinyData.points(22, 1))
                .optimizers(
                    groups -> {
                      seen.add(groups);
                      return Optimizers.sgd(groups, 0.9, 0, false);
                    },
                    total -> step -> 0.5)
                .build()) {
      trainer.train();
      given = other.weights();
      assertThat(trainer.getLearningRates()).containsExactly(0.03, 0.03);
    }
    assertThat(seen).hasSize(1);
    TrainingArguments named =
        args()
            .learningRate(0.03)
            .optim(OptimizerName.SGD)
            .putOptimArgs("momentum", "0.9")
            .lrSchedulerType(dev.trainer4j.args.SchedulerType.CONSTANT)
            .build();
    try (Trainer trainer = builder(named).build()) {
      trainer.train();
    }
    assertThat(given).isEqualTo(model.weights());
  }

  @Test
  void ofTheBuilderBesideAnotherOptimizerOfTheArgumentsAreRefused() {
    assertThatThrownBy(
            () ->
                builder(args().optim(OptimizerName.ADAGRAD).putOptimArgs("eps", "1e-8").build())
                    .optimizer(groups -> Optimizers.sgd(groups, 0, 0, false))
                    .build())
        .hasMessageContaining("optim: adagrad with optimArgs {eps=1e-8}")
        .hasMessageContaining("optimizer(...)");
  }

  @Test
  void trainableParametersAreCountedAsTheyAreNow() {
    try (Trainer trainer = builder(args().build()).build()) {
      assertThat(trainer.numberOfTrainableParameters()).isEqualTo(6 * 12 + 12 + 12 * 3 + 3);
      model.parameters().get("fc1.weight").setRequiresGradient(false);
      assertThat(trainer.numberOfTrainableParameters()).isEqualTo(12 + 12 * 3 + 3);
    }
  }

  @Test
  void aBlockWithoutShapesGetsThemWhereTheDataAreAtHand() {
    Block block = Linear.builder().setUnits(3).build();
    try (Trainer trainer =
        Trainer.builder(block, args().useCpu(true).build())
            .trainDataset(TinyData.points(22, 1))
            .build()) {
      assertThatThrownBy(trainer::numberOfTrainableParameters)
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("first batch");
      assertThatThrownBy(() -> trainer.createOptimizerAndScheduler(6))
          .hasMessageContaining("without a number of steps");
      trainer.createOptimizerAndScheduler().close();
      assertThat(trainer.numberOfTrainableParameters()).isEqualTo(6 * 3 + 3);
    }
    block.clear();
  }

  @Test
  void severalDataSetsAreEvaluatedByName() {
    Map<String, DataSource<?>> sets = new LinkedHashMap<>();
    sets.put("near", TinyData.points(10, 2));
    sets.put("far", TinyData.points(6, 9));
    try (Trainer trainer = builder(args().build()).build()) {
      EvaluationOutput output = trainer.evaluate(sets);

      assertThat(output.sampleCount()).isEqualTo(16);
      assertThat(output.metrics().get("eval_near_loss"))
          .isEqualTo(trainer.evaluate(TinyData.points(10, 2)).metric("loss"));
      assertThat(output.metrics().get("eval_far_loss"))
          .isEqualTo(trainer.evaluate(TinyData.points(6, 9)).metric("loss"));
      assertThatThrownBy(() -> trainer.evaluate(Map.of())).hasMessageContaining("is empty");
    }
  }
}
