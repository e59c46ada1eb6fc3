// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.functional;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import dev.trainer4j.ResumeFrom;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.OptimizerName;
import dev.trainer4j.args.SamplingStrategy;
import dev.trainer4j.args.SchedulerType;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.checkpoint.SafetensorsFile;
import dev.trainer4j.optim.ParameterGroups;
import dev.trainer4j.state.TrainerState;
import dev.trainer4j.testing.PhaseWatcher;
import dev.trainer4j.testing.TestDevice;
import dev.trainer4j.testing.TinyData;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Parameters of a block that are frozen, before a run or in its middle, do not move. */
class FreezingTest {

  private static final int UPDATES = 8;

  @TempDir Path folder;

  private NDManager manager;

  @BeforeEach
  void open() {
    manager = NDManager.newBaseManager(TestDevice.get(), "PyTorch");
  }

  @AfterEach
  void close() {
    manager.close();
  }

  /** Optimizers that move a parameter without a gradient, if it is handed to them. */
  enum Moving {
    MOMENTUM,
    ADAMW,
    ADAMW_WATCHED,
    ADAMW_ACCUMULATED;

    void change(TrainingArguments.Builder args) {
      switch (this) {
        case MOMENTUM -> args.optim(OptimizerName.SGD).optimArgs("momentum=0.9");
        case ADAMW_ACCUMULATED -> args.perDeviceTrainBatchSize(2).gradientAccumulationSteps(2);
        case ADAMW, ADAMW_WATCHED -> {}
      }
    }

    TrainerCallback[] with(TrainerCallback callback) {
      return this == ADAMW_WATCHED
          ? new TrainerCallback[] {callback, new PhaseWatcher()}
          : new TrainerCallback[] {callback};
    }
  }

  /** Freezes and releases one parameter after updates, and notes all values then. */
  private static final class Freezer implements TrainerCallback {
    private final Block block;
    private final int freezeAfter;
    private final int releaseAfter;
    private final List<Map<String, float[]>> after = new ArrayList<>();

    Freezer(Block block, int freezeAfter, int releaseAfter) {
      this.block = block;
      this.freezeAfter = freezeAfter;
      this.releaseAfter = releaseAfter;
    }

    @Override
    public void onStepEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
      after.add(values(block));
      if (state.globalStep() == freezeAfter) {
        first(block).setRequiresGradient(false);
      }
      if (state.globalStep() == releaseAfter) {
        first(block).setRequiresGradient(true);
      }
    }
  }

  private Block block() {
    Engine.getEngine("PyTorch").setRandomSeed(5);
    Block block = LayerRuns.mlp();
    block.initialize(manager, DataType.FLOAT32, new Shape(1, TinyData.FEATURES));
    return block;
  }

  private static NDArray first(Block block) {
    return block.getParameters().valueAt(0).getArray();
  }

  private static String firstName(Block block) {
    return block.getParameters().keyAt(0);
  }

  private static Map<String, float[]> values(Block block) {
    Map<String, float[]> values = new LinkedHashMap<>();
    block
        .getParameters()
        .forEach(p -> values.put(p.getKey(), p.getValue().getArray().toFloatArray()));
    return values;
  }

  private static List<String> moved(Map<String, float[]> before, Map<String, float[]> after) {
    return before.keySet().stream()
        .filter(name -> !Arrays.equals(before.get(name), after.get(name)))
        .toList();
  }

  private static List<String> allBut(String frozen, Block block) {
    return block.getParameters().keys().stream().filter(name -> !name.equals(frozen)).toList();
  }

  private TrainingArguments.Builder args(String name) {
    return TrainingArguments.builder()
        .outputDir(folder.resolve(name))
        .useCpu(true)
        .maxSteps(UPDATES)
        .perDeviceTrainBatchSize(4)
        .learningRate(0.05)
        .weightDecay(0.1)
        .saveStrategy(IntervalStrategy.NO);
  }

  private static Trainer trainer(
      Block block, TrainingArguments args, TrainerCallback... callbacks) {
    Trainer.Builder builder = Trainer.builder(block, args).trainDataset(TinyData.points(22, 1));
    List.of(callbacks).forEach(builder::callback);
    return builder.build();
  }

  private static void train(Block block, TrainingArguments args, TrainerCallback... callbacks) {
    try (Trainer trainer = trainer(block, args, callbacks)) {
      trainer.train();
    }
  }

  @Test
  void aFlagThatWasSetBeforeTheTrainerWasBuiltIsKept() {
    Block block = block();
    first(block).setRequiresGradient(false);
    Map<String, float[]> before = values(block);
    train(block, args("run").build());
    assertThat(moved(before, values(block)))
        .containsExactlyElementsOf(allBut(firstName(block), block));
    assertThat(first(block).hasGradient()).isFalse();
  }

  @Test
  void whatDjlFreezesIsFrozenAndWhatItReleasesIsTrained() {
    Block block = block();
    Block layer = block.getChildren().valueAt(0);
    layer.freezeParameters(true);
    Map<String, float[]> before = values(block);
    train(block, args("run").build());
    Map<String, float[]> between = values(block);
    assertThat(moved(before, between)).hasSize(2).noneMatch(name -> name.startsWith("01"));
    layer.freezeParameters(false);
    train(block, args("run2").build());
    assertThat(moved(between, values(block))).hasSize(4);
  }

  @Test
  void aBlockOfWhichAllIsFrozenIsNotTrained() {
    Block block = block();
    block.freezeParameters(true);
    try (Trainer trainer = trainer(block, args("run").build())) {
      assertThatThrownBy(trainer::train)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("no trainable parameters");
    }
  }

  @ParameterizedTest
  @EnumSource(Moving.class)
  void whatACallbackFreezesDoesNotMoveWhateverItsMomentum(Moving moving) {
    Block block = block();
    TrainingArguments.Builder args = args("run");
    moving.change(args);
    Freezer freezer = new Freezer(block, 3, -1);
    train(block, args.build(), moving.with(freezer));
    assertThat(freezer.after).hasSize(UPDATES);
    assertThat(moved(freezer.after.get(1), freezer.after.get(2))).contains(firstName(block));
    for (int update = 3; update < UPDATES; update++) {
      assertThat(moved(freezer.after.get(update - 1), freezer.after.get(update)))
          .as("update %d", update + 1)
          .containsExactlyElementsOf(allBut(firstName(block), block));
    }
  }

  @ParameterizedTest
  @EnumSource(Moving.class)
  void whatACallbackReleasesIsTrainedFromTheNextUpdateOn(Moving moving) {
    Block block = block();
    first(block).setRequiresGradient(false);
    TrainingArguments.Builder args = args("run");
    moving.change(args);
    Freezer freezer = new Freezer(block, -1, 4);
    train(block, args.build(), moving.with(freezer));
    String name = firstName(block);
    for (int update = 1; update < UPDATES; update++) {
      List<String> moved = moved(freezer.after.get(update - 1), freezer.after.get(update));
      assertThat(moved.contains(name)).as("update %d", update + 1).isEqualTo(update >= 4);
      assertThat(moved).containsAll(allBut(name, block));
    }
  }

  @Test
  void aCheckpointHoldsNoStateOfWhatIsFrozen() throws IOException {
    Block block = block();
    train(
        block,
        args("run").saveStrategy(IntervalStrategy.STEPS).saveSteps(2).build(),
        new Freezer(block, 2, 5));
    String name = firstName(block);
    // Step 2 is saved after the callback froze it, step 6 after it was trained again.
    for (int step : new int[] {2, 4, 6}) {
      Path file = folder.resolve("run/checkpoint-" + step).resolve("optimizer.safetensors");
      try (SafetensorsFile state = SafetensorsFile.open(file)) {
        if (step == 4) {
          assertThat(state.names()).noneMatch(slot -> slot.startsWith(name + "."));
        }
        if (step == 6) {
          assertThat(state.names()).contains(name + ".exp_avg");
        }
        allBut(name, block)
            .forEach(other -> assertThat(state.names()).contains(other + ".exp_avg"));
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Moving.class)
  void aRunThatResumesIsTheRunInOneGo(Moving moving) {
    Consumer<TrainingArguments.Builder> saving =
        args -> {
          moving.change(args);
          args.saveStrategy(IntervalStrategy.STEPS).saveSteps(1);
        };
    TrainingArguments.Builder args = args("run");
    saving.accept(args);
    Block whole = block();
    train(whole, args.build(), moving.with(new Freezer(whole, 2, 6)));
    Map<String, float[]> expected = values(whole);
    // Before it is frozen, while it is, and after it was released.
    for (int step : new int[] {1, 4, 7}) {
      Block block = block();
      TrainingArguments.Builder rest = args("rest-" + step);
      saving.accept(rest);
      try (Trainer trainer = trainer(block, rest.build(), moving.with(new Freezer(block, 2, 6)))) {
        trainer.train(ResumeFrom.path(folder.resolve("run/checkpoint-" + step)));
      }
      assertThat(moved(expected, values(block))).as("resumed at %d", step).isEmpty();
    }
  }

  @Test
  void parametersOfAPatternHaveARateOfTheirOwn() {
    Block plain = block();
    Block grouped = block();
    Map<String, float[]> before = values(plain);
    Consumer<TrainingArguments.Builder> sgd =
        args ->
            args.maxSteps(1)
                .optim(OptimizerName.SGD)
                .maxGradNorm(0)
                .weightDecay(0)
                .trainSamplingStrategy(SamplingStrategy.SEQUENTIAL)
                .lrSchedulerType(SchedulerType.CONSTANT);
    TrainingArguments.Builder args = args("plain");
    sgd.accept(args);
    train(plain, args.build());
    TrainingArguments.Builder own = args("grouped");
    sgd.accept(own);
    own.loggingSteps(1);
    try (Trainer trainer =
        Trainer.builder(grouped, own.build())
            .trainDataset(TinyData.points(22, 1))
            .parameterGroups(groups -> ParameterGroups.byPattern(groups, "01.*", 0.2))
            .build()) {
      trainer.train();
      // The first group's rate has Hugging Face's name; others are logged beside it.
      assertThat(trainer.state().logHistory().get(0).values())
          .containsEntry("learning_rate", 0.2)
          .containsEntry("learning_rate_1", 0.05)
          .doesNotContainKey("learning_rate_2");
    }
    Map<String, float[]> once = values(plain);
    Map<String, float[]> twice = values(grouped);
    // One step of SGD is the rate times the gradient: 0.2 is four times 0.05.
    before.forEach(
        (name, start) -> {
          double factor = name.startsWith("01") ? 4 : 1;
          for (int i = 0; i < start.length; i++) {
            double step = once.get(name)[i] - start[i];
            assertThat((double) twice.get(name)[i] - start[i])
                .as("%s[%d]", name, i)
                .isCloseTo(factor * step, within(1e-6));
          }
        });
    assertThat(moved(before, once)).hasSize(4);
  }

  @Test
  void aPatternThatMatchesNothingIsRefused() {
    Block block = block();
    try (Trainer trainer =
        Trainer.builder(block, args("run").build())
            .trainDataset(TinyData.points(22, 1))
            .parameterGroups(groups -> ParameterGroups.byPattern(groups, "classifier", 0.2))
            .build()) {
      assertThatThrownBy(trainer::train)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("'classifier'")
          .hasMessageContaining(firstName(block));
    }
  }
}
