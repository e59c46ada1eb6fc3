// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.checkpoint.Checkpoint;
import dev.trainer4j.checkpoint.CheckpointStore;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.model.ModelOutput;
import dev.trainer4j.model.NamedParameter;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.state.TrainerState;
import dev.trainer4j.testing.TinyData;
import dev.trainer4j.testing.TinyModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.DoubleStream;
import org.jspecify.annotations.Nullable;

/**
 * A run of nine updates, three an epoch, with dropout and accumulation, and with what tests of saving
 * and stopping want to touch. It does not save unless told to.
 */
final class SmallRun {

  /** What a model writes beside its tensors. */
  @FunctionalInterface
  interface Extras {
    void saveTo(Path folder) throws IOException;
  }

  /** What a run left behind. */
  record Result(
      TrainOutput output,
      TrainerState state,
      Map<String, List<Double>> weights,
      Map<Long, Map<String, List<Double>>> weightsAfter,
      List<Long> saves) {}

  private final Path outputDir;
  private final List<Consumer<TrainingArguments.Builder>> changes = new ArrayList<>();
  private final List<TrainerCallback> callbacks = new ArrayList<>();
  private @Nullable Iterator<Double> scores;
  private Extras extras = folder -> {};

  private SmallRun(Path outputDir) {
    this.outputDir = outputDir;
  }

  static SmallRun into(Path outputDir) {
    return new SmallRun(outputDir);
  }

  SmallRun args(Consumer<TrainingArguments.Builder> change) {
    changes.add(change);
    return this;
  }

  SmallRun callback(TrainerCallback callback) {
    callbacks.add(callback);
    return this;
  }

  /** What each evaluation gives as {@code eval_score}; more is better. */
  SmallRun scores(double... values) {
    scores = DoubleStream.of(values).iterator();
    return this;
  }

  SmallRun extras(Extras files) {
    extras = files;
    return this;
  }

  Result train() {
    return train(ResumeFrom.never(), trainer -> {});
  }

  Result train(ResumeFrom from) {
    return train(from, trainer -> {});
  }

  /** Trains with {@code eachStep} called after each update. */
  Result train(ResumeFrom from, Consumer<Trainer> eachStep) {
    Map<Long, Map<String, List<Double>>> weightsAfter = new TreeMap<>();
    List<Long> saves = new ArrayList<>();
    try (TinyModel tiny = new TinyModel(1, 0.3f);
        Trainer trainer = build(new WithExtras(tiny.model(), extras))) {
      trainer.addCallback(
          new TrainerCallback() {
            @Override
            public void onStepEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
              weightsAfter.put(state.globalStep(), tiny.weights());
              eachStep.accept(trainer);
            }

            @Override
            public void onSave(CallbackContext ctx, TrainerState state, TrainerControl control) {
              saves.add(state.globalStep());
            }
          });
      TrainOutput output = trainer.train(from);
      return new Result(output, trainer.state(), tiny.weights(), weightsAfter, saves);
    }
  }

  Trainer build(TrainableModel model) {
    TrainingArguments.Builder args =
        TrainingArguments.builder()
            .outputDir(outputDir)
            .numTrainEpochs(3)
            .perDeviceTrainBatchSize(4)
            .gradientAccumulationSteps(2)
            .learningRate(0.05)
            .loggingSteps(2)
            .saveStrategy(IntervalStrategy.NO);
    changes.forEach(change -> change.accept(args));
    Trainer.Builder builder =
        Trainer.builder(model, args.build())
            .trainDataset(TinyData.points(22, 1))
            .evalDataset(TinyData.points(10, 2));
    Iterator<Double> given = scores;
    if (given != null) {
      builder.computeMetrics(prediction -> Map.of("score", given.next()));
    }
    callbacks.forEach(builder::callback);
    return builder.build();
  }

  /** The steps of the checkpoints in a folder; all of them must be whole. */
  static List<Long> steps(Path outputDir) throws IOException {
    CheckpointStore store = new CheckpointStore(outputDir);
    List<Long> steps = new ArrayList<>();
    for (Checkpoint checkpoint : store.list()) {
      if (!store.verify(checkpoint.path()).isValid()) {
        throw new AssertionError(store.verify(checkpoint.path()).summary());
      }
      steps.add(checkpoint.step());
    }
    return steps;
  }

  private record WithExtras(TrainableModel inner, Extras extras) implements TrainableModel {
    @Override
    public ModelOutput forward(ModelInputs inputs, boolean training) {
      return inner.forward(inputs, training);
    }

    @Override
    public List<NamedParameter> parameters() {
      return inner.parameters();
    }

    @Override
    public Map<String, NDArray> state() {
      return inner.state();
    }

    @Override
    public NDManager manager() {
      return inner.manager();
    }

    @Override
    public void saveExtras(Path folder) throws IOException {
      extras.saveTo(folder);
    }

    @Override
    public void close() {}
  }
}
