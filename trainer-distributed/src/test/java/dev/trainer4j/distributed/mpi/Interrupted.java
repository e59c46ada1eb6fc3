// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.mpi;

import ai.djl.nn.Block;
import dev.trainer4j.ResumeFrom;
import dev.trainer4j.StopReason;
import dev.trainer4j.TrainOutput;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.process.ProcessGroup;
import dev.trainer4j.state.TrainerState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Ranks of which the last one is sent a SIGTERM while they train in shares, and what becomes of the run. */
final class Interrupted {

  /** So many that the signal comes before the last, however busy the machine is. */
  private static final int UPDATES = 60;

  private final ProcessGroup group;
  private final Path folder;
  private final TrainMain main;

  Interrupted(TrainMain main, ProcessGroup group, Path folder) {
    this.main = main;
    this.group = group;
    this.folder = folder;
  }

  /** Trains until the signal, goes on from what was saved, and trains once more without a signal. */
  void run(int stage) throws IOException {
    String what = "signal-" + stage;
    List<Float> resumed = new ArrayList<>();
    List<Float> whole = new ArrayList<>();
    TrainOutput first = train(what, stage, true, new ArrayList<>());
    TrainOutput second = train(what, stage, false, resumed);
    TrainOutput alone = train("no-" + what, stage, false, whole);
    boolean early = first.globalStep() < UPDATES && first.stopReason() == StopReason.SIGNAL;
    boolean saved =
        Files.isDirectory(
            folder.resolve("out-" + what).resolve("checkpoint-" + first.globalStep()));
    boolean ended = second.globalStep() == UPDATES && alone.globalStep() == UPDATES;
    Files.writeString(
        Troubles.file(folder, what, group.rank()),
        "early %s, saved %s, ended %s, same %s"
            .formatted(early, saved, ended, whole.size() == 163 && whole.equals(resumed)));
  }

  private TrainOutput train(String what, int stage, boolean signalled, List<Float> weights) {
    TrainingArguments args =
        main.args(what)
            .maxSteps(UPDATES)
            .loggingSteps(20)
            .enableJitCheckpoint(true)
            .deepspeed(Map.of("zero_optimization", Map.of("stage", stage)))
            .build();
    Block block = Models.block();
    try (Trainer trainer =
        Trainer.builder(TrainMain.block(block), args)
            .trainDataset(Models.points(29))
            .evalDataset(Models.points(20))
            .callback(new Signal(signalled && group.rank() == group.worldSize() - 1))
            .processGroup(group)
            .build()) {
      TrainOutput output = trainer.train(ResumeFrom.latestIfAny());
      trainer.close();
      block
          .getParameters()
          .forEach(
              parameter -> {
                for (float value : parameter.getValue().getArray().toFloatArray()) {
                  weights.add(value);
                }
              });
      return output;
    }
  }

  /** Sends the signal at the third update, and then takes time. */
  private record Signal(boolean sends) implements TrainerCallback {
    @Override
    public void onStepEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
      if (!sends || state.globalStep() < 3) {
        return;
      }
      try {
        if (state.globalStep() == 3) {
          new ProcessBuilder("kill", "-TERM", String.valueOf(ProcessHandle.current().pid()))
              .start()
              .waitFor();
        }
        TimeUnit.MILLISECONDS.sleep(50);
      } catch (IOException | InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
  }
}
