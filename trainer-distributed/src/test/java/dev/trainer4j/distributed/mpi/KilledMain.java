// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.mpi;

import dev.trainer4j.ResumeFrom;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.state.TrainerState;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A rank of the run that is killed: little computing, and many collectives, evaluations and checkpoints. Started again,
 * it goes on from the newest checkpoint. Arguments: output folder, updates.
 */
public final class KilledMain {

  private KilledMain() {}

  /** Runs in every rank. */
  public static void main(String[] args) throws IOException {
    Path folder = Path.of(args[0]);
    TrainingArguments arguments =
        TrainingArguments.builder()
            .outputDir(folder)
            .maxSteps(Integer.parseInt(args[1]))
            .perDeviceTrainBatchSize(4)
            .gradientAccumulationSteps(2)
            .learningRate(1e-2)
            .loggingSteps(5)
            .evalStrategy(IntervalStrategy.STEPS)
            .evalSteps(7)
            .saveStrategy(IntervalStrategy.STEPS)
            .saveSteps(5)
            .saveTotalLimit(2)
            .ddpTimeout(60)
            .useCpu(true)
            .build();
    try (Trainer trainer =
        Trainer.builder(Models.block(), arguments)
            .trainDataset(Models.points(53))
            .evalDataset(Models.points(21))
            .callback(new SayPid(folder))
            .build()) {
      trainer.train(ResumeFrom.latestIfAny());
      trainer.saveModel(folder.resolve("final"));
    }
  }

  /** Tells whom to kill, when updates begin. */
  private record SayPid(Path folder) implements TrainerCallback {
    @Override
    public void onTrainBegin(CallbackContext ctx, TrainerState state, TrainerControl control) {
      String rank = System.getenv("OMPI_COMM_WORLD_RANK");
      try {
        Files.writeString(
            folder.resolve("pid-" + rank), String.valueOf(ProcessHandle.current().pid()));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public void onStepBegin(CallbackContext ctx, TrainerState state, TrainerControl control) {
      say("updates begin");
    }

    @SuppressWarnings("SystemOut")
    private static void say(String what) {
      System.out.println(what);
    }
  }
}
