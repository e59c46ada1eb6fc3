// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.benchmarks;

import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.state.TrainerState;
import dev.trainer4j.transformers.PretrainedModel;
import dev.trainer4j.transformers.sft.SftTrainer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Fine-tunes with the public {@code SftTrainer} and prints a line of JSON: the counterpart of {@code
 * reference_sft_bench.py}, which does the same work with TRL and has written model and conversations.
 *
 * <pre>SftBench CASE FOLDER STEPS</pre>
 *
 * <p>Environment: {@code THREADS} and {@code STARTED_MILLIS}, as {@link Bench} has them.
 */
public final class SftBench {

  private SftBench() {}

  /** Runs the benchmark. */
  public static void main(String[] arguments) throws IOException {
    Threads.set(System.getenv());
    try {
      if (arguments.length != 3) {
        throw new IllegalArgumentException("expected CASE FOLDER STEPS");
      }
      SftCase found = SftCase.of(arguments[0]);
      int steps = Integer.parseInt(arguments[2]);
      System.out.println(JsonLine.of(run(found, Path.of(arguments[1]), steps)));
    } catch (IllegalArgumentException e) {
      System.err.println("SftBench: " + e.getMessage());
      System.exit(2);
    }
  }

  private static Map<String, Object> run(SftCase found, Path folder, int steps) throws IOException {
    int warmUp = Math.max(2, steps / 10);
    Clock clock = new Clock(warmUp, steps);
    TokenCount tokens = new TokenCount(warmUp);
    Path out = Files.createTempDirectory("bench");
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("case", found.key());
    line.put("mode", "trainer4j");
    line.put("steps", steps);
    line.put("bf16", false);
    try (PretrainedModel model = found.load(folder)) {
      SftTrainer.Builder builder =
          SftTrainer.builder(
                  model,
                  found
                      .arguments()
                      .training(
                          t ->
                              t.outputDir(out)
                                  .maxSteps(warmUp + steps)
                                  .perDeviceTrainBatchSize(found.batchSize())
                                  .loggingSteps(10)
                                  .learningRate(2e-4)
                                  .saveStrategy(IntervalStrategy.NO)
                                  .gradientCheckpointing(false)
                                  .useCpu(true))
                      .build())
              .trainDataset(found.data(folder))
              .callback(clock)
              .callback(tokens);
      found.adapters().ifPresent(builder::peft);
      long start = System.nanoTime();
      try (SftTrainer trainer = builder.build()) {
        double prepared = (System.nanoTime() - start) / 1e9;
        if (found == SftCase.PREPARE) {
          line.put("seconds", JsonLine.rounded(prepared, 3));
        } else {
          trainer.train();
          put(line, clock, tokens, steps);
        }
      }
    } finally {
      Files.deleteIfExists(out);
    }
    line.put("peak_rss_mb", ResidentMemory.peakKilobytes() / 1024);
    return line;
  }

  private static void put(Map<String, Object> line, Clock clock, TokenCount tokens, int steps) {
    double seconds = clock.seconds();
    line.put("threads", clock.threads());
    line.put("seconds", JsonLine.rounded(seconds, 3));
    line.put("steps_per_s", JsonLine.rounded(steps / seconds, 3));
    line.put("tokens_per_s", JsonLine.rounded(tokens.behindWarmUp / seconds, 1));
    line.put("first_loss", clock.firstLoss());
    line.put("last_loss", clock.lastLoss());
    clock
        .microsPerUpdate()
        .forEach((phase, micros) -> line.put(phase, JsonLine.rounded(micros, 1)));
  }

  /** The tokens behind the warm-up, padding not among them. */
  private static final class TokenCount implements TrainerCallback {

    private final int warmUp;
    private long atStart;
    private long behindWarmUp;

    TokenCount(int warmUp) {
      this.warmUp = warmUp;
    }

    @Override
    public void onStepEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
      if (state.globalStep() == warmUp) {
        atStart = state.numInputTokensSeen();
      }
      behindWarmUp = state.numInputTokensSeen() - atStart;
    }
  }
}
