// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.functional;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.model.FunctionModel;
import dev.trainer4j.model.LossOutput;
import dev.trainer4j.model.ModelOutput;
import dev.trainer4j.state.TrainerState;
import dev.trainer4j.testing.Natives;
import dev.trainer4j.testing.TinyData;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** Trains with some 64 MiB of arrays an update, in a process whose memory it tells about. */
final class HeapChild {

  private static final int UPDATES = 20;

  private HeapChild() {}

  /** Prints page faults an update, and KiB resident before and after the trainer closes. */
  public static void main(String[] arguments) throws Exception {
    long[] faults = new long[2];
    TrainerCallback meter =
        new TrainerCallback() {
          @Override
          public void onStepEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
            if (state.globalStep() == UPDATES / 2) {
              faults[0] = pageFaults();
            } else if (state.globalStep() == UPDATES) {
              faults[1] = pageFaults();
            }
          }
        };
    try (NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch")) {
      NDArray weights = manager.ones(new Shape(1 << 20));
      FunctionModel model =
          new FunctionModel(Map.of("w", weights), manager, (inputs, training) -> output(weights));
      TrainingArguments args =
          TrainingArguments.builder()
              .outputDir(Path.of(arguments[0]))
              .maxSteps(UPDATES)
              .saveStrategy(IntervalStrategy.NO)
              .useCpu(true)
              .build();
      long before;
      try (Trainer trainer =
          Trainer.builder(model, args)
              .trainDataset(TinyData.points(64, 1))
              .callback(meter)
              .build()) {
        trainer.train();
        before = Natives.residentKib().orElseThrow();
      }
      System.out.printf(
          "heap %d %d %d%n",
          (faults[1] - faults[0]) / (UPDATES / 2), before, Natives.residentKib().orElseThrow());
    }
  }

  /** A chain of arrays of 4 MiB, each of which backward needs. */
  private static ModelOutput output(NDArray weights) {
    NDArray x = weights;
    for (int i = 0; i < 12; i++) {
      x = x.mul(weights);
    }
    return ModelOutput.of(Map.of()).withLoss(LossOutput.of(x.sum(), weights.size()));
  }

  /** Those that the system served without reading a file: the tenth field of stat, proc(5). */
  private static long pageFaults() {
    try {
      String stat = Files.readString(Path.of("/proc/self/stat"));
      return Long.parseLong(stat.substring(stat.lastIndexOf(')') + 2).split(" ")[7]);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
