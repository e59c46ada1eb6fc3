// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.faults;

import static dev.trainer4j.args.IntervalStrategy.NO;
import static dev.trainer4j.args.IntervalStrategy.STEPS;

import ai.djl.nn.Activation;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.Dropout;
import dev.trainer4j.ResumeFrom;
import dev.trainer4j.TrainOutput;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.state.TrainerState;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * The run that is killed: dropout, accumulation, an uneven last batch, a checkpoint every few
 * updates. Started again, it goes on from the newest intact checkpoint; at its end it writes {@code
 * final/model.safetensors}.
 */
final class CampaignChild {

  /** Printed when updates begin, so that the parent knows from when on a kill hits something. */
  static final String TRAINING = "training";

  private static final int ROWS = 203;
  private static final int WIDTH = 24;

  private CampaignChild() {}

  /** Arguments: output folder, updates, updates between checkpoints (0 for none). */
  public static void main(String[] args) throws IOException {
    Path outputDir = Path.of(args[0]);
    int saveSteps = Integer.parseInt(args[2]);
    TrainingArguments arguments =
        TrainingArguments.builder()
            .outputDir(outputDir)
            .maxSteps(Integer.parseInt(args[1]))
            .perDeviceTrainBatchSize(8)
            .gradientAccumulationSteps(3)
            .learningRate(1e-3)
            .loggingSteps(7)
            .saveStrategy(saveSteps == 0 ? NO : STEPS)
            .saveSteps(saveSteps == 0 ? 1 : saveSteps)
            .saveTotalLimit(3)
            .useCpu(true)
            .build();
    SequentialBlock block =
        new SequentialBlock()
            .add(Linear.builder().setUnits(64).build())
            .add(Activation::relu)
            .add(Dropout.builder().optRate(0.3f).build())
            .add(Linear.builder().setUnits(4).build());
    try (Trainer trainer =
        Trainer.builder(block, arguments)
            .trainDataset(Datasets.of(rows()))
            .callback(new SayWhenTraining())
            .build()) {
      TrainOutput output = trainer.train(ResumeFrom.latestIfAny());
      trainer.saveModel(outputDir.resolve("final"));
      System.out.println("done " + output.globalStep());
    }
  }

  private static List<Map<String, Object>> rows() {
    Random random = new Random(7);
    List<Map<String, Object>> rows = new ArrayList<>();
    for (int i = 0; i < ROWS; i++) {
      float[] x = new float[WIDTH];
      for (int j = 0; j < WIDTH; j++) {
        x[j] = (float) random.nextGaussian();
      }
      rows.add(Map.of("x", x, "labels", (long) random.nextInt(4)));
    }
    return rows;
  }

  private static final class SayWhenTraining implements TrainerCallback {
    private boolean said;

    @Override
    public void onStepEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
      if (!said) {
        said = true;
        System.out.println(TRAINING + " at " + state.globalStep());
        System.out.flush();
      }
    }
  }
}
