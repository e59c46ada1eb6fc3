// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.benchmarks;

import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.TrainingArguments;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;

/**
 * Trains one case with the public {@code Trainer} and prints a line of JSON: the counterpart of
 * {@code reference_bench.py}, which does the same work in PyTorch.
 *
 * <pre>Bench CASE STEPS [bf16] [checkpointing]</pre>
 *
 * <p>Environment: {@code THREADS}, libtorch's threads within an operation, by default the trainer's
 * choice; {@code RANKS}, the processes that {@code mpirun} has started, which share out each batch; {@code STARTED_MILLIS}, when the process was started in milliseconds since 1970, adds {@code
 * first_update_s}.
 */
public final class Bench {

  private Bench() {}

  /** Runs the benchmark. */
  public static void main(String[] arguments) throws IOException {
    Threads.set(System.getenv());
    try {
      BenchOptions options = BenchOptions.parse(arguments);
      Map<String, Object> line = run(options, System.getenv()::get);
      if (System.getenv().getOrDefault("OMPI_COMM_WORLD_RANK", "0").equals("0")) {
        System.out.println(JsonLine.of(line));
      }
    } catch (IllegalArgumentException e) {
      System.err.println("Bench: " + e.getMessage());
      System.exit(2);
    }
  }

  static Map<String, Object> run(BenchOptions options, Function<String, String> environment)
      throws IOException {
    BenchCase benchCase = options.benchCase();
    Clock clock = new Clock(options.warmUp(), options.steps());
    String given = environment.apply("RANKS");
    int ranks = given == null ? 1 : Integer.parseInt(given);
    // Ranks want the same one; nothing is saved in it.
    Path folder =
        ranks == 1
            ? Files.createTempDirectory("bench")
            : Path.of(System.getProperty("java.io.tmpdir"), "bench-of-ranks");
    try (Trainer trainer =
        benchCase
            .trainer(arguments(options, ranks, folder))
            .trainDataset(benchCase.data())
            .callback(clock)
            .build()) {
      trainer.train();
    } finally {
      Files.deleteIfExists(folder);
    }
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("case", options.name());
    line.put("mode", "trainer4j");
    line.put("steps", options.steps());
    line.put("bf16", options.bf16());
    line.put("checkpointing", options.checkpointing());
    line.put("torch", ai.djl.engine.Engine.getEngine("PyTorch").getVersion());
    line.put("threads", clock.threads());
    line.put("ranks", ranks);
    double seconds = clock.seconds();
    line.put("seconds", JsonLine.rounded(seconds, 3));
    line.put("steps_per_s", JsonLine.rounded(options.steps() / seconds, 2));
    line.put(
        "samples_per_s", JsonLine.rounded(options.steps() * benchCase.batchSize() / seconds, 1));
    line.put("peak_rss_mb", ResidentMemory.peakKilobytes() / 1024);
    line.put("first_loss", clock.firstLoss());
    line.put("last_loss", clock.lastLoss());
    clock
        .microsPerUpdate()
        .forEach((phase, micros) -> line.put(phase, JsonLine.rounded(micros, 1)));
    String started = environment.apply("STARTED_MILLIS");
    if (started != null) {
      double millis = clock.firstUpdateMillis() - Double.parseDouble(started);
      line.put("first_update_s", JsonLine.rounded(millis / 1000, 2));
    }
    clock
        .residentAt()
        .forEach((step, kb) -> line.put("rss_mb_at_" + step, JsonLine.rounded(kb / 1024.0, 1)));
    return line;
  }

  private static TrainingArguments arguments(BenchOptions options, int ranks, Path folder) {
    return TrainingArguments.builder()
        .outputDir(folder)
        .maxSteps(options.warmUp() + options.steps())
        .perDeviceTrainBatchSize(options.benchCase().batchSize() / ranks)
        .loggingSteps(100)
        .saveStrategy(IntervalStrategy.NO)
        .bf16(options.bf16())
        .gradientCheckpointing(options.checkpointing())
        .useCpu(true)
        .build();
  }
}
