// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.functional;

import static dev.trainer4j.functional.LayerRuns.assertSame;
import static dev.trainer4j.functional.LayerRuns.linear;
import static dev.trainer4j.functional.LayerRuns.mlp;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDList;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.Blocks;
import ai.djl.nn.Parameter;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.Dropout;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.NanPolicy;
import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.NonFiniteUpdate;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.state.TrainerState;
import dev.trainer4j.testing.PhaseWatcher;
import dev.trainer4j.testing.TinyData;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Layers of vectors and their cross entropy run as kernels, forward and backward. A callback that watches
 * updates makes autograd run the same layers one by one: weights must be the same to the bit.
 */
class LayerChainTest {

  @TempDir Path folder;

  private LayerRuns runs;

  @BeforeEach
  void prepare() {
    runs = new LayerRuns(folder);
  }

  private static SequentialBlock mlpWith(Block activation) {
    return new SequentialBlock()
        .add(linear(7))
        .add(activation)
        .add(linear(5))
        .add(activation)
        .add(linear(3));
  }

  /** Prints a name and makes a block. */
  private record Named(String name, Supplier<Block> blocks) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static Named named(String name, Supplier<Block> blocks) {
    return new Named(name, blocks);
  }

  static Stream<Named> blocks() {
    return Stream.of(
        named("one layer", () -> linear(3)),
        named("relu", () -> mlpWith(Activation.reluBlock())),
        named("tanh", () -> mlpWith(Activation.tanhBlock())),
        named("sigmoid", () -> mlpWith(Activation.sigmoidBlock())),
        named("gelu", () -> mlpWith(Activation.geluBlock())),
        named("dropout", () -> mlpWith(Dropout.builder().optRate(0.3f).build())),
        named("dropout of nothing", () -> mlpWith(Dropout.builder().optRate(0).build())),
        named(
            "dropout first",
            () -> new SequentialBlock().add(Dropout.builder().optRate(0.3f).build()).add(mlp())),
        named(
            "activations of activations",
            () ->
                mlpWith(
                    new SequentialBlock()
                        .add(Activation.geluBlock())
                        .add(Activation.reluBlock())
                        .add(Activation.tanhBlock()))),
        named("activation at the end", () -> mlp().add(Activation.reluBlock())),
        named(
            "without bias",
            () ->
                new SequentialBlock()
                    .add(Linear.builder().setUnits(6).optBias(false).build())
                    .add(Activation.reluBlock())
                    .add(Linear.builder().setUnits(3).optBias(false).build())),
        named(
            "one layer at two places",
            () -> {
              Linear twice = linear(6);
              return new SequentialBlock()
                  .add(twice)
                  .add(Activation.reluBlock())
                  .add(twice)
                  .add(linear(3));
            }),
        named(
            "nested", () -> new SequentialBlock().add(mlp()).add(new SequentialBlock().add(mlp()))),
        named(
            "flattened first",
            () -> new SequentialBlock().add(Blocks.batchFlattenBlock()).add(mlp())),
        named(
            "a function of one's own",
            () ->
                new SequentialBlock()
                    .add(linear(6))
                    .add(l -> new NDList(l.head().sin()))
                    .add(mlp())),
        named(
            "a function of one's own called ReLU",
            () ->
                new SequentialBlock()
                    .add(linear(6))
                    .add(l -> new NDList(l.head().sin()), "ReLU")
                    .add(mlp())),
        named(
            "a function that reads a weight of a layer behind it",
            () -> {
              Linear behind = linear(TinyData.FEATURES);
              Parameter weight = behind.getDirectParameters().valueAt(0);
              return new SequentialBlock()
                  .add(
                      l ->
                          weight.isInitialized()
                              ? new NDList(l.head().matMul(weight.getArray()))
                              : l)
                  .add(behind)
                  .add(linear(3));
            }),
        named(
            "matrices",
            () ->
                new SequentialBlock()
                    .add(l -> new NDList(l.head().reshape(-1, 2, 3)))
                    .add(mlp())
                    .add(l -> new NDList(l.head().sum(new int[] {1})))));
  }

  @ParameterizedTest
  @MethodSource("blocks")
  void weightsAreThoseOfAutograd(Named named) {
    assertSame(runs.train(named.blocks()), runs.train(named.blocks(), new PhaseWatcher()));
  }

  @Test
  void aLayerThatIsFrozenOrThawedBetweenUpdatesIsHeeded() {
    Supplier<Block> blocks = LayerRuns::mlp;
    TrainerCallback freezer =
        new TrainerCallback() {
          @Override
          public void onStepEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
            if (state.globalStep() == 3 || state.globalStep() == 7) {
              ctx.model().parameters().get(0).array().setRequiresGradient(state.globalStep() == 7);
            }
          }
        };
    assertSame(runs.train(blocks, freezer), runs.train(blocks, freezer, new PhaseWatcher()));
  }

  @Test
  void aWeightThatIsStoredColumnByColumnGetsItsOwnGradients() {
    Supplier<Block> blocks =
        () -> {
          Block block = mlp();
          block.setInitializer(
              (manager, shape, type) ->
                  manager
                      .arange((float) shape.size())
                      .mul(0.7f)
                      .sin()
                      .reshape(shape.get(1), shape.get(0))
                      .transpose(),
              Parameter.Type.WEIGHT);
          return block;
        };
    assertSame(runs.train(blocks), runs.train(blocks, new PhaseWatcher()));
  }

  @Test
  void whoeverLooksForTheCulpritFindsGradientsInTheParameters() {
    Map<String, float[]> gradients = new LinkedHashMap<>();
    TrainerCallback culprits =
        new TrainerCallback() {
          @Override
          public void onNonFinite(
              CallbackContext ctx,
              TrainerState state,
              TrainerControl control,
              NonFiniteUpdate update) {
            ctx.model()
                .parameters()
                .forEach(p -> gradients.put(p.name(), p.array().getGradient().toFloatArray()));
          }
        };
    float[] bad = new float[TinyData.FEATURES];
    bad[2] = Float.NaN;
    Block block = new SequentialBlock().add(linear(7)).add(Activation.tanhBlock()).add(linear(3));
    try (Trainer trainer =
        Trainer.builder(block, runs.args().nanPolicy(NanPolicy.SKIP).maxSteps(1).build())
            .trainDataset(Datasets.of(List.<Map<String, Object>>of(Map.of("x", bad, "labels", 1))))
            .callback(culprits)
            .build()) {
      trainer.train();
    } finally {
      block.clear();
    }
    assertThat(gradients).hasSize(4);
    assertThat(gradients.values()).allSatisfy(g -> assertThat(g).contains(Float.NaN));
  }

  @Test
  void samplesOfAnotherLengthAreRefusedAsAutogradRefusesThem() {
    Block block = mlp();
    List<Map<String, Object>> samples = new ArrayList<>(TinyData.list(8, 1));
    try (Trainer trainer =
        Trainer.builder(block, runs.args().perDeviceTrainBatchSize(2).build())
            .trainDataset(Datasets.of(samples))
            .build()) {
      trainer.train();
    }
    List<Map<String, Object>> longer =
        List.of(Map.of("x", new float[7], "labels", 0), Map.of("x", new float[7], "labels", 1));
    try (Trainer trainer =
        Trainer.builder(block, runs.args().build()).trainDataset(Datasets.of(longer)).build()) {
      assertThatThrownBy(trainer::train).hasMessageContaining("7");
    } finally {
      block.clear();
    }
  }

  @Test
  void labelsThatAreNoClassAreNamed() {
    Block block = mlp();
    try (Trainer trainer =
        Trainer.builder(block, runs.args().build())
            .trainDataset(
                Datasets.of(List.<Map<String, Object>>of(Map.of("x", new float[6], "labels", 3))))
            .build()) {
      assertThatThrownBy(trainer::train).hasMessageContaining("label 3 in row ");
    } finally {
      block.clear();
    }
  }
}
