// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j;

import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.OptimizerName;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.model.SegmentedModel;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.run.EmbeddingNoise;
import dev.trainer4j.run.Precision;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What is missing or contradictory in what a trainer is to be made of; told all at once. */
final class SetupProblems {

  private SetupProblems() {}

  /**
   * Looks at a builder.
   *
   * @param found what is wrong with it already
   * @throws IllegalArgumentException if there is anything
   */
  static void check(TrainerBuilder<?> builder, List<String> found) {
    List<String> problems = new ArrayList<>(found);
    TrainingArguments args = builder.args;
    if (builder.djlModel != null && builder.djlModel.getBlock() == null) {
      problems.add("model: the DJL model has no block; call setBlock or load it first");
    }
    if (builder.wholeMetrics != null && builder.streamingMetrics != null) {
      problems.add("computeMetrics: set to two kinds of metrics; set one of them");
    }
    if (builder.lossFunction != null && args.labelSmoothingFactor() > 0) {
      problems.add(
          "labelSmoothingFactor: "
              + args.labelSmoothingFactor()
              + " would do nothing beside computeLossFunc; smooth in that function or leave one"
              + " out");
    }
    if (builder.evalDatasets.isEmpty()
        && (args.evalStrategy() != IntervalStrategy.NO || args.evalOnStart())) {
      problems.add(
          "evalDataset: missing, but evalStrategy is "
              + args.evalStrategy()
              + " and evalOnStart is "
              + args.evalOnStart()
              + "; pass evalDataset, or set evalStrategy(NO)");
    }
    if (args.predictionLossOnly()
        && (builder.wholeMetrics != null || builder.streamingMetrics != null)) {
      problems.add(
          "predictionLossOnly: keeps no predictions, so computeMetrics would never run; leave one"
              + " out");
    }
    if (builder.preprocessLogits != null && builder.preprocessOutputs != null) {
      problems.add(
          "preprocessLogitsForMetrics: set beside preprocessOutputsForMetrics, which sees the logits,"
              + " too; set one of them");
    }
    if (builder.optimizer != null
        && (args.optim() != OptimizerName.ADAMW_TORCH_FUSED || !args.optimArgs().isEmpty())) {
      problems.add(
          "optim: "
              + args.optim().name().toLowerCase(Locale.ROOT)
              + (args.optimArgs().isEmpty() ? "" : " with optimArgs " + args.optimArgs())
              + " would do nothing beside optimizer(...); leave one out");
    }
    throwIfAny(problems);
  }

  /**
   * Looks at what the arguments ask of the model.
   *
   * @throws IllegalArgumentException if it cannot give something of it
   */
  static void check(TrainingArguments args, TrainableModel model) {
    List<String> problems = new ArrayList<>(Precision.problems(args, model));
    if (args.gradientCheckpointing() && !(model instanceof SegmentedModel)) {
      problems.add(
          "gradientCheckpointing: "
              + model.getClass().getSimpleName()
              + " offers no segments to compute again; use a pretrained model, let the model"
              + " implement SegmentedModel, or leave it out");
    }
    if (args.torchEmptyCacheSteps().isPresent() && !model.manager().getDevice().isGpu()) {
      problems.add(
          "torchEmptyCacheSteps: "
              + args.torchEmptyCacheSteps().getAsInt()
              + ", but the model is on the CPU, where libtorch holds no memory in reserve; leave it"
              + " out");
    }
    problems.addAll(EmbeddingNoise.problems(args, model));
    problems.addAll(WrappedLayers.problems(args, model));
    throwIfAny(problems);
  }

  private static void throwIfAny(List<String> problems) {
    if (!problems.isEmpty()) {
      throw new IllegalArgumentException(
          "the trainer cannot be built:\n  " + String.join("\n  ", problems));
    }
  }
}
