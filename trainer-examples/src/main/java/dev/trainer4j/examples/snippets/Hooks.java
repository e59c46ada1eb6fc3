// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.examples.snippets;

import ai.djl.ndarray.NDArray;
import dev.trainer4j.Trainer;
import dev.trainer4j.data.DataLoader;
import dev.trainer4j.data.DataLoaderOptions;
import dev.trainer4j.data.DataSource;
import dev.trainer4j.data.Dataset;
import dev.trainer4j.data.DefaultDataCollator;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.data.SampleOrder;
import dev.trainer4j.evaluation.PredictionStep;
import dev.trainer4j.model.LossOutput;
import dev.trainer4j.model.ModelOutput;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.optim.Optimizer;
import dev.trainer4j.optim.ParameterGroup;
import dev.trainer4j.schedule.LearningRateScheduler;
import dev.trainer4j.state.LogEntry;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** One trainer per hook, in the order in which a run calls the hooks. */
public final class Hooks {

  private Hooks() {}

  /** Shows {@code getTrainDataLoader}. */
  public static final class EasyFirstTrainer extends Trainer {
    private final Dataset<Map<String, Object>> sortedByDifficulty;

    public EasyFirstTrainer(
        Trainer.Builder builder, Dataset<Map<String, Object>> sortedByDifficulty) {
      super(builder);
      this.sortedByDifficulty = sortedByDifficulty;
    }

    // docs: getTrainDataLoader
    @Override
    protected DataLoader getTrainDataLoader() {
      DataLoaderOptions options =
          DataLoaderOptions.builder()
              .batchSize(args().perDeviceTrainBatchSize())
              .workers(args().dataloaderNumWorkers())
              .order(
                  (size, epoch) ->
                      epoch == 0
                          ? SampleOrder.sequential(size)
                          : SampleOrder.shuffled(size, args().seed(), epoch))
              .build();
      return DataLoader.of(sortedByDifficulty, new DefaultDataCollator(), options);
    }
    // end docs
  }

  /** Shows {@code createOptimizer}. */
  public static final class SignTrainer extends Trainer {
    public SignTrainer(Trainer.Builder builder) {
      super(builder);
    }

    // docs: createOptimizer
    @Override
    protected Optimizer createOptimizer(List<ParameterGroup> groups) {
      return new SignMomentum(groups, 0.9f);
    }
    // end docs
  }

  /** Shows {@code createScheduler}. */
  public static final class DroppingTrainer extends Trainer {
    public DroppingTrainer(Trainer.Builder builder) {
      super(builder);
    }

    // docs: createScheduler
    @Override
    protected LearningRateScheduler createScheduler(int totalSteps) {
      return step -> step < totalSteps / 2 ? 1 : 0.1;
    }
    // end docs
  }

  /** Shows {@code trainingStep}. */
  public static final class NoisyTrainer extends Trainer {
    public NoisyTrainer(Trainer.Builder builder) {
      super(builder);
    }

    // docs: trainingStep
    @Override
    protected LossOutput trainingStep(TrainableModel model, ModelInputs inputs) {
      NDArray clean = inputs.get("features");
      NDArray noise = clean.getManager().randomNormal(clean.getShape()).mul(0.01);
      return super.trainingStep(model, inputs.with("features", clean.add(noise)));
    }
    // end docs
  }

  // docs: computeLoss
  /** Cross entropy in which every sample has a weight of its own. */
  public static final class WeightedTrainer extends Trainer {
    public WeightedTrainer(Trainer.Builder builder) {
      super(builder);
    }

    @Override
    protected LossOutput computeLoss(TrainableModel model, ModelInputs inputs) {
      ModelOutput outputs = model.forward(inputs, isTraining());
      NDArray labels = inputs.get("labels").expandDims(1);
      NDArray likelihood = outputs.logits().logSoftmax(-1).gather(labels, 1).squeeze(1);
      NDArray weights = inputs.get("weights");
      return LossOutput.of(likelihood.mul(weights).sum().neg(), weights.sum()).withOutputs(outputs);
    }
  }

  // end docs

  /** Shows named parts. */
  public static final class RegularizedTrainer extends Trainer {
    public RegularizedTrainer(Trainer.Builder builder) {
      super(builder);
    }

    // docs: parts
    @Override
    protected LossOutput computeLoss(TrainableModel model, ModelInputs inputs) {
      LossOutput loss = super.computeLoss(model, inputs);
      ModelOutput outputs = model.forward(inputs, isTraining());
      NDArray size = outputs.logits().square().sum();
      return LossOutput.of(loss.value().add(size.mul(1e-3)), loss.weight())
          .part("logit_size", size)
          .withOutputs(outputs);
    }
    // end docs
  }

  /** Shows {@code getEvalDataLoader}. */
  public static final class LargeEvaluationTrainer extends Trainer {
    public LargeEvaluationTrainer(Trainer.Builder builder) {
      super(builder);
    }

    // docs: getEvalDataLoader
    @Override
    protected DataLoader getEvalDataLoader(DataSource<?> dataset) {
      if (dataset instanceof Samples samples) {
        DataLoaderOptions options = DataLoaderOptions.builder().batchSize(1024).build();
        return DataLoader.of(samples, new Samples.Collator(), options);
      }
      return super.getEvalDataLoader(dataset);
    }
    // end docs
  }

  /** Shows {@code predictionStep}. */
  public static final class ProbabilityTrainer extends Trainer {
    public ProbabilityTrainer(Trainer.Builder builder) {
      super(builder);
    }

    // docs: predictionStep
    @Override
    protected PredictionStep predictionStep(
        TrainableModel model, ModelInputs inputs, boolean lossOnly) {
      PredictionStep step = super.predictionStep(model, inputs, lossOnly);
      Map<String, NDArray> predictions = new LinkedHashMap<>(step.predictions());
      predictions.replaceAll((name, logits) -> logits.softmax(-1));
      return new PredictionStep(step.loss(), predictions, step.labels());
    }
    // end docs
  }

  /** Shows {@code log}. */
  public static final class PerplexityTrainer extends Trainer {
    public PerplexityTrainer(Trainer.Builder builder) {
      super(builder);
    }

    // docs: log
    @Override
    protected void log(LogEntry entry) {
      Map<String, Double> values = new LinkedHashMap<>(entry.values());
      entry.value("eval_loss").ifPresent(loss -> values.put("eval_perplexity", Math.exp(loss)));
      super.log(new LogEntry(entry.step(), values));
    }
    // end docs
  }
}
