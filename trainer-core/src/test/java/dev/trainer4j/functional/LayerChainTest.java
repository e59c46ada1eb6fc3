// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.functional;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.Blocks;
import ai.djl.nn.Parameter;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.Dropout;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.NanPolicy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.NonFiniteUpdate;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.model.LossOutput;
import dev.trainer4j.model.Losses;
import dev.trainer4j.model.ModelOutput;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.state.TrainerState;
import dev.trainer4j.testing.TinyData;
import dev.trainer4j.torch.Autograd;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Layers of vectors and their cross entropy run as kernels, forward and backward. A callback that watches
 * updates makes autograd run the same layers one by one: weights must be the same to the bit. So must they
 * with losses of one's own, which autograd always records.
 */
class LayerChainTest {

  @TempDir Path folder;

  /** Makes updates run in phases, and autograd record every layer. */
  private static final class Watcher implements TrainerCallback {
    @Override
    public void onPreOptimizerStep(
        CallbackContext ctx, TrainerState state, TrainerControl control) {}
  }

  /** A loss of one's own. */
  @FunctionalInterface
  private interface Loss {
    LossOutput compute(TrainableModel model, ModelInputs inputs);
  }

  private static final class LossTrainer extends Trainer {
    private final Loss loss;

    LossTrainer(Builder builder, Loss loss) {
      super(builder);
      this.loss = loss;
    }

    @Override
    protected LossOutput computeLoss(TrainableModel model, ModelInputs inputs) {
      return loss.compute(model, inputs);
    }
  }

  private TrainingArguments.Builder args() {
    return TrainingArguments.builder()
        .outputDir(folder)
        .maxSteps(12)
        .perDeviceTrainBatchSize(4)
        .learningRate(0.05)
        .weightDecay(0.1)
        .saveStrategy(IntervalStrategy.NO)
        .useCpu(true);
  }

  private static Trainer.Builder builder(
      Block block, TrainingArguments args, TrainerCallback... callbacks) {
    // 22 samples: the last batch of an epoch is smaller.
    Trainer.Builder builder = Trainer.builder(block, args).trainDataset(TinyData.points(22, 1));
    List.of(callbacks).forEach(builder::callback);
    return builder;
  }

  private static Map<String, float[]> weights(Block block) {
    Map<String, float[]> weights = new LinkedHashMap<>();
    block
        .getParameters()
        .forEach(p -> weights.put(p.getKey(), p.getValue().getArray().toFloatArray()));
    return weights;
  }

  private Map<String, float[]> train(Supplier<Block> blocks, TrainerCallback... callbacks) {
    Block block = blocks.get();
    Engine.getEngine("PyTorch").setRandomSeed(5);
    try (Trainer trainer = builder(block, args().build(), callbacks).build()) {
      trainer.train();
      return weights(block);
    } finally {
      block.clear();
    }
  }

  private Map<String, float[]> train(
      Supplier<Block> blocks, Loss loss, TrainerCallback... callbacks) {
    Block block = blocks.get();
    Engine.getEngine("PyTorch").setRandomSeed(5);
    try (Trainer trainer = new LossTrainer(builder(block, args().build(), callbacks), loss)) {
      trainer.train();
      return weights(block);
    } finally {
      block.clear();
    }
  }

  private static Linear linear(int units) {
    return Linear.builder().setUnits(units).build();
  }

  private static SequentialBlock mlp() {
    return new SequentialBlock().add(linear(7)).add(Activation.reluBlock()).add(linear(3));
  }

  private static SequentialBlock mlp(Block activation) {
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
        named("relu", () -> mlp(Activation.reluBlock())),
        named("tanh", () -> mlp(Activation.tanhBlock())),
        named("sigmoid", () -> mlp(Activation.sigmoidBlock())),
        named("gelu", () -> mlp(Activation.geluBlock())),
        named("dropout", () -> mlp(Dropout.builder().optRate(0.3f).build())),
        named("dropout of nothing", () -> mlp(Dropout.builder().optRate(0).build())),
        named(
            "dropout first",
            () -> new SequentialBlock().add(Dropout.builder().optRate(0.3f).build()).add(mlp())),
        named(
            "activations of activations",
            () ->
                mlp(
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
    assertSame(train(named.blocks()), train(named.blocks(), new Watcher()));
  }

  private static void assertSame(Map<String, float[]> actual, Map<String, float[]> expected) {
    assertThat(actual.keySet()).isEqualTo(expected.keySet()).isNotEmpty();
    actual.forEach((name, values) -> assertThat(values).as(name).isEqualTo(expected.get(name)));
  }

  static Stream<Object[]> losses() {
    return Stream.<Map.Entry<String, Loss>>of(
            Map.entry(
                "squared error",
                (model, inputs) ->
                    Losses.meanSquaredError(
                        model.forward(inputs, true).logits(), inputs.get("x").get(":, :3"))),
            Map.entry(
                "cross entropy and a penalty on the logits",
                (model, inputs) -> {
                  NDArray logits = model.forward(inputs, true).logits();
                  LossOutput entropy = Losses.crossEntropy(logits, inputs.get("labels"));
                  return LossOutput.of(entropy.value().mul(0.5f).add(logits.mul(logits).sum()), 4);
                }),
            Map.entry(
                "a mean",
                (model, inputs) ->
                    Losses.crossEntropy(model.forward(inputs, true).logits(), inputs.get("labels"))
                        .asMean()),
            Map.entry(
                "smoothed",
                (model, inputs) ->
                    Losses.crossEntropy(
                        model.forward(inputs, true).logits(), inputs.get("labels"), 0.1)),
            Map.entry(
                "a penalty on a weight",
                (model, inputs) -> {
                  NDArray weight = model.parameters().get(0).array();
                  LossOutput entropy =
                      Losses.crossEntropy(
                          model.forward(inputs, true).logits(), inputs.get("labels"));
                  return LossOutput.of(entropy.value().add(weight.mul(weight).sum()), 4);
                }),
            Map.entry(
                "two passes of one batch",
                (model, inputs) -> {
                  NDArray first = model.forward(inputs, true).logits();
                  NDArray second =
                      model.forward(inputs.with("x", inputs.get("x").mul(0.5f)), true).logits();
                  LossOutput entropy = Losses.crossEntropy(first, inputs.get("labels"));
                  return LossOutput.of(entropy.value().add(second.sub(first).square().sum()), 4);
                }),
            Map.entry(
                "cross entropy of both of two passes",
                (model, inputs) -> {
                  NDArray first = model.forward(inputs, true).logits();
                  LossOutput one = Losses.crossEntropy(first, inputs.get("labels"));
                  NDArray second =
                      model.forward(inputs.with("x", inputs.get("x").mul(0.5f)), true).logits();
                  LossOutput two = Losses.crossEntropy(second, inputs.get("labels"));
                  return LossOutput.of(one.value().add(two.value()), 4);
                }),
            Map.entry(
                "only the first of two passes",
                (model, inputs) -> {
                  NDArray first = model.forward(inputs, true).logits();
                  model.forward(inputs, true);
                  return Losses.crossEntropy(first, inputs.get("labels"));
                }),
            Map.entry(
                "logits that are changed in place",
                (model, inputs) ->
                    Losses.crossEntropy(
                        model.forward(inputs, true).logits().divi(2), inputs.get("labels"))),
            Map.entry(
                "a pass that is not recorded",
                (model, inputs) -> {
                  NDArray target;
                  try (Autograd.Recording off = Autograd.record(false)) {
                    target = model.forward(inputs, true).logits().add(1);
                  }
                  return Losses.meanSquaredError(model.forward(inputs, true).logits(), target);
                }),
            Map.entry(
                "an input that depends on what came of another one",
                (model, inputs) -> {
                  NDArray first = model.forward(inputs, true).logits();
                  NDArray next = first.concat(first, 1);
                  NDArray second = model.forward(inputs.with("x", next), true).logits();
                  LossOutput entropy = Losses.crossEntropy(second, inputs.get("labels"));
                  return LossOutput.of(entropy.value().add(first.square().sum()), 4);
                }),
            Map.entry(
                "an input that depends on a parameter",
                (model, inputs) -> {
                  NDArray bias = model.parameters().get(1).array().get(":6");
                  return Losses.crossEntropy(
                      model.forward(inputs.with("x", inputs.get("x").add(bias)), true).logits(),
                      inputs.get("labels"));
                }))
        .map(entry -> new Object[] {entry.getKey(), entry.getValue()});
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("losses")
  void weightsWithALossOfOnesOwnAreThoseOfAutograd(String name, Loss loss) {
    assertSame(train(LayerChainTest::mlp, loss), train(LayerChainTest::mlp, loss, new Watcher()));
  }

  /** In every other update the layers take no part in the loss but by a penalty on one of them. */
  private static Loss everyOther(boolean first) {
    AtomicInteger calls = new AtomicInteger();
    return (model, inputs) -> {
      NDArray logits = model.forward(inputs, true).logits();
      boolean takesPart = (calls.getAndIncrement() % 2 == 0) == first;
      return takesPart
          ? Losses.crossEntropy(logits, inputs.get("labels"))
          : LossOutput.of(model.parameters().get(0).array().square().sum(), 4);
    };
  }

  @Test
  void aLossThatDoesNotDependOnTheLayersGivesThemZerosOnceTheyHadGradientsAndNothingBefore() {
    for (boolean first : new boolean[] {true, false}) {
      assertSame(
          train(LayerChainTest::mlp, everyOther(first)),
          train(LayerChainTest::mlp, everyOther(first), new Watcher()));
    }
  }

  @Test
  void aLayerThatIsFrozenOrThawedBetweenUpdatesIsHeeded() {
    Supplier<Block> blocks = LayerChainTest::mlp;
    TrainerCallback freezer =
        new TrainerCallback() {
          @Override
          public void onStepEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
            if (state.globalStep() == 3 || state.globalStep() == 7) {
              ctx.model().parameters().get(0).array().setRequiresGradient(state.globalStep() == 7);
            }
          }
        };
    assertSame(train(blocks, freezer), train(blocks, freezer, new Watcher()));
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
    assertSame(train(blocks), train(blocks, new Watcher()));
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
        Trainer.builder(block, args().nanPolicy(NanPolicy.SKIP).maxSteps(1).build())
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
        Trainer.builder(block, args().perDeviceTrainBatchSize(2).build())
            .trainDataset(Datasets.of(samples))
            .build()) {
      trainer.train();
    }
    List<Map<String, Object>> longer =
        List.of(Map.of("x", new float[7], "labels", 0), Map.of("x", new float[7], "labels", 1));
    try (Trainer trainer =
        Trainer.builder(block, args().build()).trainDataset(Datasets.of(longer)).build()) {
      assertThatThrownBy(trainer::train).hasMessageContaining("7");
    } finally {
      block.clear();
    }
  }

  @Test
  void labelsThatAreNoClassAreNamed() {
    Block block = mlp();
    try (Trainer trainer =
        Trainer.builder(block, args().build())
            .trainDataset(
                Datasets.of(List.<Map<String, Object>>of(Map.of("x", new float[6], "labels", 3))))
            .build()) {
      assertThatThrownBy(trainer::train).hasMessageContaining("label 3 is out of range");
    } finally {
      block.clear();
    }
  }

  @Test
  void theOutputsOfATrainingPassCanBeReadAndComputedWith() {
    List<Double> seen = new ArrayList<>();
    train(
        LayerChainTest::mlp,
        (model, inputs) -> {
          ModelOutput outputs = model.forward(inputs, true);
          LossOutput loss = Losses.crossEntropy(outputs.logits(), inputs.get("labels"));
          NDArray mean = loss.value().div(loss.weightArray().toType(DataType.FLOAT32, true));
          seen.add((double) mean.getFloat() - loss.value().getFloat() / loss.weight());
          return LossOutput.mean(mean);
        });
    assertThat(seen).hasSize(12).allSatisfy(d -> assertThat(Math.abs(d)).isLessThan(1e-6));
  }
}
