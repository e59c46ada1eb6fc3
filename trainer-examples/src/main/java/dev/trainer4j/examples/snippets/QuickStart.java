// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.examples.snippets;

import static dev.trainer4j.args.IntervalStrategy.EPOCH;

import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import dev.trainer4j.EvaluationOutput;
import dev.trainer4j.ResumeFrom;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.data.Dataset;
import dev.trainer4j.metrics.Metrics;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/** The shortest whole program, and how to go on with an interrupted one. */
public final class QuickStart {

  private QuickStart() {}

  /** Return a block, not yet initialized: features become one logit per class. */
  public static Block classifier(int classes) {
    return new SequentialBlock()
        .add(Linear.builder().setUnits(32).build())
        .add(Activation.reluBlock())
        .add(Linear.builder().setUnits(classes).build());
  }

  /** Train {@code model}, evaluate it and save it. */
  public static void train(
      Path folder,
      Block model,
      Dataset<Map<String, Object>> train,
      Dataset<Map<String, Object>> test)
      throws IOException {
    // docs: program
    TrainingArguments args =
        TrainingArguments.builder()
            .outputDir(folder)
            .numTrainEpochs(3)
            .learningRate(1e-2)
            .evalStrategy(EPOCH)
            .saveStrategy(EPOCH)
            .loadBestModelAtEnd(true)
            .metricForBestModel("accuracy")
            .build(); // immutable; all mistakes at once

    try (Trainer trainer =
        Trainer.builder(model, args) // a DJL Block or Model, or your own TrainableModel
            .trainDataset(train)
            .evalDataset(test) // size() and get(index): maps of numbers
            .computeMetrics(Metrics.accuracy())
            .build()) {
      trainer.train(); // or train(ResumeFrom.latestIfAny())
      EvaluationOutput eval = trainer.evaluate();
      System.out.println("accuracy " + eval.metric("accuracy"));
      trainer.saveModel(folder.resolve("final")); // model.safetensors
    }
    // end docs
  }

  /** Go on where the last run stopped, or start. */
  public static void goOn(Trainer trainer) {
    // docs: resume
    trainer.train(ResumeFrom.latestIfAny());
    // end docs
  }
}
