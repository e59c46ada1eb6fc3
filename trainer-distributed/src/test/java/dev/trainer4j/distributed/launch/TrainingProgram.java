// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.launch;

import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.data.Dataset;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.state.TrainerState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/** A training of a tiny network on two rings of points, which ranks can leave in the middle of. */
public final class TrainingProgram {

  private TrainingProgram() {}

  /** Gets an output folder, the number of updates, and what is to happen: {@code none}, {@code die} or {@code wait}. */
  public static void main(String[] args) throws Exception {
    TrainingArguments arguments =
        TrainingArguments.builder()
            .outputDir(Path.of(args[0]))
            .maxSteps(Integer.parseInt(args[1]))
            .perDeviceTrainBatchSize(8)
            .learningRate(1e-2)
            .loggingSteps(5)
            .saveStrategy(IntervalStrategy.STEPS)
            .saveSteps(5)
            .enableJitCheckpoint(args[2].equals("wait"))
            .build();
    Block block = network();
    try (Trainer trainer =
        Trainer.builder(block, arguments)
            .trainDataset(points())
            .callback(new Interruption(args[2], Path.of(args[0])))
            .build()) {
      var output = trainer.train();
      System.out.println("step=" + output.globalStep() + " bf16=" + trainer.args().bf16());
      System.out.println("weights=" + weights(block));
      System.out.println("stopped=" + output.stopReason());
    }
  }

  /** Dies on rank 1 at update 12 of the first attempt, or takes its time at every update and tells that it runs. */
  private record Interruption(String what, Path folder) implements TrainerCallback {
    @Override
    public void onStepEnd(CallbackContext context, TrainerState state, TrainerControl control) {
      boolean first = System.getenv("TRAINER4J_RESTART_COUNT").equals("0");
      boolean mine = System.getenv("RANK").equals("1");
      if (what.equals("die") && first && mine && state.globalStep() == 12) {
        Runtime.getRuntime().halt(99);
      }
      if (what.equals("wait")) {
        pause(state.globalStep());
      }
    }

    private void pause(long step) {
      try {
        if (step == 3) {
          tellPid(folder);
        }
        TimeUnit.MILLISECONDS.sleep(step < 3 ? 0 : 100);
      } catch (IOException | InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  private static void tellPid(Path folder) throws IOException {
    Path draft = folder.resolve("draft-" + System.getenv("RANK"));
    Files.writeString(draft, String.valueOf(ProcessHandle.current().pid()));
    Files.move(draft, folder.resolve("running-" + System.getenv("RANK")));
  }

  private static Block network() {
    return new SequentialBlock()
        .add(Linear.builder().setUnits(8).build())
        .add(Activation.reluBlock())
        .add(Linear.builder().setUnits(2).build());
  }

  private static Dataset<Map<String, Object>> points() {
    Random random = new Random(1);
    List<Map<String, Object>> points = new ArrayList<>();
    for (int i = 0; i < 256; i++) {
      int label = i % 2;
      double angle = 2 * Math.PI * random.nextDouble();
      float[] x = {
        (float) ((1 + label) * Math.cos(angle)), (float) ((1 + label) * Math.sin(angle))
      };
      points.add(Map.of("x", x, "labels", label));
    }
    return Datasets.of(points);
  }

  private static String weights(Block block) {
    List<String> values = new ArrayList<>();
    block
        .getParameters()
        .forEach(pair -> values.add(Arrays.toString(pair.getValue().getArray().toFloatArray())));
    return String.join("", values);
  }
}
