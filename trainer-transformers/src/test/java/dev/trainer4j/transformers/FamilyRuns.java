// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import com.fasterxml.jackson.databind.JsonNode;
import dev.trainer4j.ResumeFrom;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.data.DataCollator;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.data.IterableDataset;
import dev.trainer4j.state.TrainerState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The runs that are killed: one for each golden model, by turns with one micro batch an update, with two
 * that add up, and from a stream. Started again, the process goes on where it was; each model's run ends in
 * {@code <name>/final/model.safetensors}.
 */
final class FamilyRuns {

  /** Printed at the first update of a life. */
  static final String TRAINING = "training";

  private FamilyRuns() {}

  /** Arguments: folder, updates of a run, updates between checkpoints (0 for none), names of models. */
  public static void main(String[] args) throws IOException {
    SayWhenTraining speaker = new SayWhenTraining();
    for (int i = 3; i < args.length; i++) {
      Path outputDir = Path.of(args[0]).resolve(args[i]);
      // A kill may come in the middle of saveModel, which leaves the folder; the tensors come whole
      // or not.
      if (!Files.exists(outputDir.resolve("final").resolve("model.safetensors"))) {
        run(args[i], outputDir, Integer.parseInt(args[1]), Integer.parseInt(args[2]), speaker);
      }
    }
    System.out.println("done");
  }

  private static void run(
      String name, Path outputDir, int updates, int saveSteps, TrainerCallback callback)
      throws IOException {
    int kind = ParityModels.all().indexOf(name) % 3;
    TrainingArguments args =
        TrainingArguments.builder()
            .outputDir(outputDir)
            .useCpu(true)
            .maxSteps(updates)
            .perDeviceTrainBatchSize(1)
            .gradientAccumulationSteps(kind == 1 ? 2 : 1)
            .learningRate(1e-3)
            .saveStrategy(saveSteps == 0 ? IntervalStrategy.NO : IntervalStrategy.STEPS)
            .saveSteps(saveSteps == 0 ? 1 : saveSteps)
            .saveTotalLimit(2)
            .build();
    List<JsonNode> batches = ParityModels.trainBatches(name);
    IterableDataset<JsonNode> stream = epoch -> batches.iterator();
    // A sample of the data set is one batch of the figures.
    DataCollator<JsonNode> whole =
        (samples, manager) -> ParityModels.inputs(samples.get(0), manager);
    try (PretrainedModel model = ParityModels.load(name);
        Trainer trainer =
            Trainer.builder(model, args)
                .trainDataset(kind == 2 ? stream : Datasets.of(batches))
                .dataCollator(whole)
                .callback(callback)
                .build()) {
      trainer.train(ResumeFrom.latestIfAny());
      trainer.saveModel(outputDir.resolve("final"));
    }
  }

  private static final class SayWhenTraining implements TrainerCallback {
    private boolean said;

    @Override
    public void onStepEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
      if (!said) {
        said = true;
        System.out.println(TRAINING);
        System.out.flush();
      }
    }
  }
}
