// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.mpi;

import ai.djl.ndarray.NDArray;
import dev.trainer4j.ResumeFrom;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.optim.ElementWiseStep;
import dev.trainer4j.optim.Optimizer;
import dev.trainer4j.optim.Optimizers;
import dev.trainer4j.optim.ParameterGroup;
import dev.trainer4j.process.ProcessGroup;
import dev.trainer4j.state.TrainerState;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Ranks that save one checkpoint together, the last of which has another disk than the others: it is in a namespace of
 * its own, where it mounts one. Argument: a folder.
 */
public final class OneDiskMain {

  private OneDiskMain() {}

  /** Runs in every rank. */
  public static void main(String[] args) throws IOException {
    try (ProcessGroup group = ProcessGroup.launched()) {
      for (String what : List.of("full", "unseen")) {
        Path out = Path.of(args[0]).resolve(what);
        String outcome;
        try {
          train(group, out, what);
          outcome = "saved";
        } catch (RuntimeException e) {
          outcome = String.valueOf(e.getMessage());
        }
        Files.writeString(Troubles.file(Path.of(args[0]), what, group.rank()), outcome);
      }
    }
  }

  private static void train(ProcessGroup group, Path out, String what) {
    boolean here = group.rank() == group.worldSize() - 1;
    TrainingArguments args =
        TrainingArguments.builder()
            .outputDir(out)
            .maxSteps(6)
            .perDeviceTrainBatchSize(4)
            .saveStrategy(IntervalStrategy.STEPS)
            .saveSteps(2)
            .fsdp(List.of("shard_grad_op"))
            .fsdpConfig(Map.of("state_dict_type", "SHARDED_STATE_DICT"))
            .useCpu(true)
            .build();
    try (Trainer trainer =
        Trainer.builder(TrainMain.block(Models.wide()), args)
            .trainDataset(Models.points(40))
            .optimizer(groups -> new Watched(groups, () -> fill(here && what.equals("full"), out)))
            .callback(new Unseen(here && what.equals("unseen"), out))
            .processGroup(group)
            .build()) {
      trainer.train(ResumeFrom.never());
    }
  }

  /** The disk of one page is there when this rank is about to write its part of the second checkpoint. */
  private static void fill(boolean here, Path out) {
    if (!here) {
      return;
    }
    try (Stream<Path> children = Files.list(out)) {
      children
          .filter(child -> child.getFileName().toString().matches("\\..*checkpoint-4.*"))
          .findFirst()
          .ifPresent(begun -> mount(begun, "size=4k"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void mount(Path folder, String options) {
    try {
      int code =
          new ProcessBuilder("mount", "-t", "tmpfs", "-o", options, "tmpfs", folder.toString())
              .inheritIO()
              .start()
              .waitFor();
      if (code != 0) {
        throw new IllegalStateException("cannot mount at " + folder);
      }
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Another disk from the third update on: what others begin is not to be seen there. */
  private record Unseen(boolean here, Path out) implements TrainerCallback {
    @Override
    public void onStepEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
      if (here && state.globalStep() == 3) {
        mount(out, "size=1m");
      }
    }
  }

  /** Tells when its state is asked for. */
  private static final class Watched implements Optimizer {
    private final Optimizer adam;
    private final Runnable asked;

    Watched(List<ParameterGroup> groups, Runnable asked) {
      adam = Optimizers.adamW(groups, 0.9, 0.999, 1e-8, false);
      this.asked = asked;
    }

    @Override
    public List<ParameterGroup> groups() {
      return adam.groups();
    }

    @Override
    public void step(double rateFactor) {
      adam.step(rateFactor);
    }

    @Override
    public ElementWiseStep elementWise() {
      return adam.elementWise();
    }

    @Override
    public Map<String, NDArray> state() {
      asked.run();
      return adam.state();
    }

    @Override
    public void close() {
      adam.close();
    }
  }
}
