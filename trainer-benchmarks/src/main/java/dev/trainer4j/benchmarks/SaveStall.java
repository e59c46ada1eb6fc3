// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.benchmarks;

import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.state.TrainerState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * Measures for how long a checkpoint keeps the training loop waiting, with and without {@code
 * asyncSave}, and prints a line of JSON.
 *
 * <p>The model is an MLP of 20 million parameters, which makes checkpoints of 240 MB; of the saves
 * the median counts.
 */
public final class SaveStall {

  private static final int SAVES = 6;
  private static final int UPDATES_PER_SAVE = 30;

  private SaveStall() {}

  /** Runs the measurement. */
  public static void main(String[] arguments) throws IOException {
    Threads.set(System.getenv());
    double synchronous = stall(false);
    double asynchronous = stall(true);
    System.out.printf(
        "{\"case\":\"save-stall\",\"sync_ms\":%.1f,\"async_ms\":%.1f,\"async_share\":%.3f}%n",
        synchronous, asynchronous, asynchronous / synchronous);
  }

  private static double stall(boolean async) throws IOException {
    Path folder = Files.createTempDirectory("save-stall");
    TrainingArguments args =
        TrainingArguments.builder()
            .outputDir(folder)
            .maxSteps(SAVES * UPDATES_PER_SAVE + 1)
            .perDeviceTrainBatchSize(32)
            .saveStrategy(IntervalStrategy.STEPS)
            .saveSteps(UPDATES_PER_SAVE)
            .saveTotalLimit(1)
            .asyncSave(async)
            .useCpu(true)
            .build();
    Stopwatch stopwatch = new Stopwatch();
    try (Trainer trainer =
        Trainer.builder(MlpCase.block(4096, 4096), args)
            .trainDataset(new MlpCase().data())
            .callback(stopwatch)
            .build()) {
      trainer.train();
    } finally {
      delete(folder);
    }
    return stopwatch.stall();
  }

  private static double median(List<Double> values) {
    return values.stream().sorted().skip(values.size() / 2).findFirst().orElseThrow();
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> paths = Files.walk(folder)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }

  /**
   * Takes the time from the end of one update to the end of the next, with and without a save between
   * them. What a save adds is its stall, also what the next update waits for it.
   */
  private static final class Stopwatch implements TrainerCallback {

    private final List<Double> plain = new ArrayList<>();
    private final List<Double> withSave = new ArrayList<>();
    private long start;
    private boolean saved;

    @Override
    public void onStepEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
      long now = System.nanoTime();
      if (state.globalStep() > UPDATES_PER_SAVE / 2) { // Behind the warm-up.
        (saved ? withSave : plain).add((now - start) / 1e6);
      }
      start = now;
      saved = false;
    }

    @Override
    public void onSave(CallbackContext ctx, TrainerState state, TrainerControl control) {
      saved = true;
    }

    double stall() {
      return Math.max(0, median(withSave) - median(plain));
    }
  }
}
