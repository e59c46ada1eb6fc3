// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import ai.djl.ndarray.types.Shape;
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
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.model.LossOutput;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.state.TrainerState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The runs that are killed: one for each golden model, in one of the {@link Mode modes}. Started again, the
 * process goes on where it was; each model's run ends in {@code <name>/final/model.safetensors}.
 */
final class FamilyRuns {

  /** Printed at the first update of a life. */
  static final String TRAINING = "training";

  /** How samples come into updates. */
  private enum Mode {
    ONE_MICRO_BATCH,
    ACCUMULATION,
    STREAM,
    /** Memory suffices for half of the batch: the size that was found comes back with a checkpoint. */
    AUTO_FIND_BATCH_SIZE
  }

  /** Marks an input that is too large for the memory. */
  private static final String TOO_LARGE = "too_large";

  private FamilyRuns() {}

  /**
   * Arguments: folder, updates of a run, updates between checkpoints (0 for none), the mode of the first
   * golden model (the others follow by turns), names of models.
   */
  public static void main(String[] args) throws IOException {
    SayWhenTraining speaker = new SayWhenTraining();
    for (int i = 4; i < args.length; i++) {
      Path outputDir = Path.of(args[0]).resolve(args[i]);
      // A kill may come in the middle of saveModel, which leaves the folder; the tensors come whole
      // or not.
      if (!Files.exists(outputDir.resolve("final").resolve("model.safetensors"))) {
        int turn = ParityModels.all().indexOf(args[i]) + Integer.parseInt(args[3]);
        Mode mode = Mode.values()[turn % Mode.values().length];
        run(
            args[i],
            mode,
            outputDir,
            Integer.parseInt(args[1]),
            Integer.parseInt(args[2]),
            speaker);
      }
    }
    System.out.println("done");
  }

  private static void run(
      String name, Mode mode, Path outputDir, int updates, int saveSteps, TrainerCallback callback)
      throws IOException {
    boolean find = mode == Mode.AUTO_FIND_BATCH_SIZE;
    TrainingArguments args =
        TrainingArguments.builder()
            .outputDir(outputDir)
            .useCpu(true)
            .maxSteps(updates)
            .perDeviceTrainBatchSize(find ? 2 : 1)
            .autoFindBatchSize(find)
            .gradientAccumulationSteps(mode == Mode.ACCUMULATION ? 2 : 1)
            .learningRate(1e-3)
            .saveStrategy(saveSteps == 0 ? IntervalStrategy.NO : IntervalStrategy.STEPS)
            .saveSteps(saveSteps == 0 ? 1 : saveSteps)
            .saveTotalLimit(2)
            .build();
    List<JsonNode> batches = ParityModels.trainBatches(name);
    IterableDataset<JsonNode> stream = epoch -> batches.iterator();
    // A sample of the data set is one batch of the figures.
    DataCollator<JsonNode> whole =
        (samples, manager) -> {
          ModelInputs inputs = ParityModels.inputs(samples.get(0), manager);
          return samples.size() == 1 ? inputs : inputs.with(TOO_LARGE, manager.ones(new Shape(1)));
        };
    try (PretrainedModel model = ParityModels.load(name);
        Trainer trainer =
            trainer(
                Trainer.builder(model, args)
                    .trainDataset(mode == Mode.STREAM ? stream : Datasets.of(batches))
                    .dataCollator(whole)
                    .callback(callback),
                find)) {
      trainer.train(ResumeFrom.latestIfAny());
      trainer.saveModel(outputDir.resolve("final"));
    }
  }

  private static Trainer trainer(Trainer.Builder builder, boolean cramped) {
    return cramped ? new Cramped(builder) : builder.build();
  }

  /** A trainer on a machine whose memory suffices for one batch of the figures. */
  private static final class Cramped extends Trainer {
    Cramped(Builder builder) {
      super(builder);
    }

    @Override
    protected LossOutput trainingStep(TrainableModel model, ModelInputs inputs) {
      if (inputs.names().contains(TOO_LARGE)) {
        // No machine has that much; libtorch's allocator says so at once.
        model.manager().zeros(new Shape(1L << 46));
        throw new AssertionError("256 TiB were allocated");
      }
      return super.trainingStep(model, inputs);
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
