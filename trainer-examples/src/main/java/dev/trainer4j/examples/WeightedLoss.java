// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.examples;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import dev.trainer4j.PredictionOutput;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.model.LossOutput;
import dev.trainer4j.model.ModelOutput;
import dev.trainer4j.model.TrainableModel;
import java.nio.file.Path;

/**
 * A loss of one's own: subclass the trainer and override {@code computeLoss}.
 *
 * <p>One point in twenty is on the outer ring. Plain cross entropy misses many of them; here each
 * counts as much as ten of the others.
 *
 * <pre>./mvnw -q compile exec:java -pl trainer-examples -am -Dexec.mainClass=dev.trainer4j.examples.WeightedLoss</pre>
 */
public final class WeightedLoss extends Trainer {
  private static final double RARE_WEIGHT = 10;

  WeightedLoss(Builder builder) {
    super(builder);
  }

  /** A sum and its weight: the loop divides once, so that gradient accumulation stays exact. */
  @Override
  protected LossOutput computeLoss(TrainableModel model, ModelInputs inputs) {
    ModelOutput outputs = model.forward(inputs, isTraining());
    NDArray labels = inputs.get("labels");
    NDArray chances = outputs.logits().logSoftmax(-1);
    NDArray losses = chances.gather(labels.expandDims(1), 1).squeeze(1).neg();
    NDArray weights = labels.toType(DataType.FLOAT32, false).mul(RARE_WEIGHT - 1).add(1);
    return LossOutput.of(losses.mul(weights).sum(), weights.sum()).withOutputs(outputs);
  }

  /** Train with and without the weights, and print how much of the rare class each finds. */
  public static void main(String[] args) {
    Path out = Path.of("out/weighted-loss");
    try (Trainer plain = builder(out).build();
        Trainer weighted = new WeightedLoss(builder(out))) {
      System.out.printf("plain:    %.0f %% of the rare class found%n", 100 * trainAndRecall(plain));
      System.out.printf(
          "weighted: %.0f %% of the rare class found%n", 100 * trainAndRecall(weighted));
    }
  }

  static Trainer.Builder builder(Path outputDir) {
    TrainingArguments args =
        TrainingArguments.builder()
            .outputDir(outputDir)
            .numTrainEpochs(3)
            .perDeviceTrainBatchSize(32)
            .learningRate(1e-2)
            .build();
    return Trainer.builder(Rings.model(), args).trainDataset(Rings.points(2_000, 0.95, 1));
  }

  static double trainAndRecall(Trainer trainer) {
    trainer.train();
    try (PredictionOutput test = trainer.predict(Rings.points(500, 0, 2))) {
      return test.predictions().argMax(-1).toType(DataType.FLOAT32, false).mean().getFloat();
    }
  }
}
