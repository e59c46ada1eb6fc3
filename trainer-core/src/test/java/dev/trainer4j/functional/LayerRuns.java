// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.functional;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.engine.Engine;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.model.LossOutput;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.testing.TinyData;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;

/** Short trainings of blocks on points, and what becomes of their weights. */
final class LayerRuns {

  /** A loss of one's own. */
  @FunctionalInterface
  interface Loss {
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

  private final Path folder;

  LayerRuns(Path folder) {
    this.folder = folder;
  }

  TrainingArguments.Builder args() {
    return TrainingArguments.builder()
        .outputDir(folder)
        .maxSteps(12)
        .perDeviceTrainBatchSize(4)
        .learningRate(0.05)
        .weightDecay(0.1)
        .saveStrategy(IntervalStrategy.NO)
        .useCpu(true);
  }

  /** The weights after training with the trainer's own loss. */
  Map<String, float[]> train(Supplier<Block> blocks, TrainerCallback... callbacks) {
    return train(blocks, Trainer.Builder::build, callbacks);
  }

  /** The weights after training with a loss of one's own. */
  Map<String, float[]> trainWith(Loss loss, Supplier<Block> blocks, TrainerCallback... callbacks) {
    return train(blocks, builder -> new LossTrainer(builder, loss), callbacks);
  }

  private Map<String, float[]> train(
      Supplier<Block> blocks,
      Function<Trainer.Builder, Trainer> trainers,
      TrainerCallback... callbacks) {
    Block block = blocks.get();
    Engine.getEngine("PyTorch").setRandomSeed(5);
    // 22 samples: the last batch of an epoch is smaller.
    Trainer.Builder builder =
        Trainer.builder(block, args().build()).trainDataset(TinyData.points(22, 1));
    List.of(callbacks).forEach(builder::callback);
    try (Trainer trainer = trainers.apply(builder)) {
      trainer.train();
      return weights(block);
    } finally {
      block.clear();
    }
  }

  private static Map<String, float[]> weights(Block block) {
    Map<String, float[]> weights = new LinkedHashMap<>();
    block
        .getParameters()
        .forEach(p -> weights.put(p.getKey(), p.getValue().getArray().toFloatArray()));
    return weights;
  }

  static Linear linear(int units) {
    return Linear.builder().setUnits(units).build();
  }

  static SequentialBlock mlp() {
    return new SequentialBlock().add(linear(7)).add(Activation.reluBlock()).add(linear(3));
  }

  static void assertSame(Map<String, float[]> actual, Map<String, float[]> expected) {
    assertThat(actual.keySet()).isEqualTo(expected.keySet()).isNotEmpty();
    actual.forEach((name, values) -> assertThat(values).as(name).isEqualTo(expected.get(name)));
  }
}
