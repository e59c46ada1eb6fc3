// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.functional;

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
import dev.trainer4j.state.TrainerState;
import dev.trainer4j.testing.Natives;
import dev.trainer4j.testing.PhaseWatcher;
import dev.trainer4j.testing.TinyData;
import dev.trainer4j.testing.TinyModel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A process that trains, and prints how the C library's heap rose from one measurement to the next. */
final class HeapLeakChild {

  /** Updates from one measurement to the next; the first come after as many. */
  static final int EVERY = 200;

  private static final int MEASUREMENTS = 7;

  private HeapLeakChild() {}

  private static final class Meter implements TrainerCallback {
    private final List<Long> bytes = new ArrayList<>();

    @Override
    public void onStepBegin(CallbackContext ctx, TrainerState state, TrainerControl control) {
      if (state.globalStep() > 0 && state.globalStep() % EVERY == 0) {
        System.gc(); // Buffers of batches wait for the collector.
        long least = Long.MAX_VALUE;
        for (int i = 0; i < 5; i++) {
          sleep();
          least = Math.min(least, Natives.heapBytes().orElseThrow());
        }
        bytes.add(least);
      }
    }

    private static void sleep() {
      try {
        Thread.sleep(10);
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  /** Trains one after another: a function, watched by a callback, and layers. Takes a folder. */
  public static void main(String[] args) {
    for (String run : List.of("function", "watched", "layers")) {
      System.out.println("rises " + run + rises(run, Path.of(args[0])));
    }
  }

  private static String rises(String run, Path folder) {
    Meter meter = new Meter();
    TrainingArguments arguments =
        TrainingArguments.builder()
            .outputDir(folder)
            .useCpu(true)
            .maxSteps(EVERY * MEASUREMENTS + 1)
            .perDeviceTrainBatchSize(8)
            .dataloaderNumWorkers(0)
            .loggingSteps(EVERY * MEASUREMENTS)
            .saveStrategy(IntervalStrategy.NO)
            .build();
    Block block =
        new SequentialBlock()
            .add(Linear.builder().setUnits(12).build())
            .add(Activation.reluBlock())
            .add(Linear.builder().setUnits(TinyData.CLASSES).build());
    try (TinyModel model = new TinyModel(1, 0.3f)) {
      Trainer.Builder builder =
          run.equals("layers")
              ? Trainer.builder(block, arguments)
              : Trainer.builder(model.model(), arguments);
      builder.trainDataset(TinyData.points(256, 1)).callback(meter);
      if (run.equals("watched")) {
        builder.callback(new PhaseWatcher());
      }
      try (Trainer trainer = builder.build()) {
        trainer.train();
      }
    }
    StringBuilder line = new StringBuilder();
    for (int i = 1; i < meter.bytes.size(); i++) {
      line.append(' ').append(meter.bytes.get(i) - meter.bytes.get(i - 1));
    }
    return line.toString();
  }
}
