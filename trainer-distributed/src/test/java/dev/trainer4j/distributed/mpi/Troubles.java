// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.mpi;

import dev.trainer4j.ResumeFrom;
import dev.trainer4j.TrainOutput;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.NanPolicy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.callbacks.EarlyStoppingCallback;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.model.LossOutput;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.process.ProcessGroup;
import dev.trainer4j.state.TrainerState;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Something happens on one rank alone, and all ranks do the same about it. What came of it is a text. */
final class Troubles {

  private final TrainMain main;
  private final ProcessGroup group;
  private final Path folder;
  private final boolean last;

  Troubles(TrainMain main, ProcessGroup group, Path folder) {
    this.main = main;
    this.group = group;
    this.folder = folder;
    last = group.rank() == group.worldSize() - 1;
  }

  void run(String what) throws IOException {
    String outcome;
    try {
      outcome = attempt(what);
    } catch (RuntimeException e) {
      outcome = e.getClass().getSimpleName() + ": " + e.getMessage();
    }
    Files.writeString(file(folder, what, group.rank()), outcome);
  }

  static Path file(Path folder, String what, int rank) {
    return folder.resolve(what + "-rank-" + rank + ".txt");
  }

  private String attempt(String what) {
    TrainingArguments.Builder args = main.args(what);
    return switch (what) {
      case "request-stop" -> train(args, 29, Troubles::stopAtThree);
      case "early-stopping" ->
          train(
              args.numTrainEpochs(20)
                  .metricForBestModel("loss")
                  .learningRate(0)
                  .loadBestModelAtEnd(true),
              29,
              t -> t.addCallback(new EarlyStoppingCallback(2)));
      case "nan" -> train(args.nanPolicy(NanPolicy.SKIP), 29, t -> {});
      case "short-memory" ->
          train(
              args.gradientAccumulationSteps(1)
                  .perDeviceTrainBatchSize(6)
                  .autoFindBatchSize(true)
                  .perDeviceEvalBatchSize(3),
              29,
              t -> {});
      case "failed-save" ->
          train(
              args.saveStrategy(IntervalStrategy.STEPS).saveSteps(2),
              29,
              t -> t.addCallback(new Blocking()));
      case "other-arguments" -> train(args.learningRate(last ? 0.5 : 0.25), 29, t -> {});
      case "other-data" -> train(args, last ? 28 : 29, t -> {});
      case "main-first" -> mainFirst();
      default -> throw new IllegalArgumentException(what);
    };
  }

  /** Changes a trainer before it runs. */
  @FunctionalInterface
  private interface Change {
    void apply(Troubled trainer);
  }

  private String train(TrainingArguments.Builder args, int samples, Change change) {
    Trainer.Builder builder =
        Trainer.builder(TrainMain.block(Models.block()), args.build())
            .trainDataset(Models.points(samples))
            .evalDataset(Models.points(20))
            .processGroup(group);
    try (Troubled trainer = new Troubled(builder)) {
      change.apply(trainer);
      TrainOutput output = trainer.train(ResumeFrom.never());
      return output.globalStep() + " updates, " + output.stopReason() + ", " + trainer.notes();
    }
  }

  private static void stopAtThree(Troubled trainer) {
    trainer.addCallback(
        new TrainerCallback() {
          @Override
          public void onStepEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
            if (trainer.here && state.globalStep() == 3) {
              Thread other = new Thread(trainer::requestStop);
              other.start();
              try {
                other.join();
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
            }
          }
        });
  }

  private String mainFirst() {
    Path file = folder.resolve("prepared");
    return group.mainProcessFirst(
        () -> {
          try {
            if (!Files.exists(file)) {
              Files.writeString(file, "by rank " + group.rank());
            }
            return Files.readString(file);
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
  }

  /** Puts a file where the second checkpoint is to be. */
  private final class Blocking implements TrainerCallback {
    @Override
    public void onStepEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
      if (group.isMain() && state.globalStep() == 3) {
        try {
          Files.writeString(
              folder.resolve("out-failed-save").resolve("checkpoint-4"), "in the way");
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }
    }
  }

  /** On one rank a loss is not finite, or memory runs out, once. */
  private final class Troubled extends Trainer {
    private final boolean here = last;
    private boolean done;
    private int largest;

    Troubled(Builder builder) {
      super(builder);
    }

    @Override
    protected LossOutput computeLoss(TrainableModel model, ModelInputs inputs) {
      int size = (int) inputs.get("x").getShape().get(0);
      if (args().autoFindBatchSize() && last && size > 3) {
        throw new OutOfMemoryError("Java heap space");
      }
      largest = Math.max(largest, size);
      LossOutput loss = super.computeLoss(model, inputs);
      boolean spoil =
          args().nanPolicy() == NanPolicy.SKIP && last && state().globalStep() == 1 && !done;
      if (!spoil) {
        return loss;
      }
      done = true;
      return LossOutput.of(loss.value().mul(Float.NaN), size);
    }

    String notes() {
      return "micro batches of at most " + (args().autoFindBatchSize() ? largest : -1);
    }
  }
}
