// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.benchmarks.scaling;

import dev.trainer4j.distributed.launch.Launch;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/**
 * Measures 1, 2, 4 and 8 ranks on this machine, holds {@link CostModel} to them, and then says what it expects of thousands.
 *
 * <pre>./mvnw -q compile exec:java -pl trainer-benchmarks -am \
 *   -Dexec.mainClass=dev.trainer4j.benchmarks.scaling.ScalingPlan</pre>
 *
 * <p>The model's figures come from the measurements of one and two ranks. That the waiting grows with the ranks was
 * chosen after four and eight had been measured, so these two say how well it fits, and test little. With more ranks than processors
 * all take turns, in computing and in exchanging.
 */
public final class ScalingPlan {

  private static final int[] HERE = {1, 2, 4, 8};
  private static final int[] THERE = {8, 64, 512, 4096, 16384};

  private ScalingPlan() {}

  private record Measured(double update, double allReduce, double message) {}

  /** Measures, and prints two tables. */
  public static void main(String[] args) throws Exception {
    Measured[] measured = new Measured[HERE.length];
    for (int i = 0; i < HERE.length; i++) {
      measured[i] = measure(HERE[i]);
    }
    compare(fitted(measured[0], measured[1]), measured);
    plan();
  }

  private static Measured measure(int ranks) throws Exception {
    Path out = Files.createTempDirectory("scaling");
    String line =
        Launch.processes(ranks)
            .flag("cpu", "true")
            .flag("num_cpu_threads_per_process", "1")
            .silently()
            .run(ScalingRank.class, out.toString())
            .orThrow()
            .output()
            .get(0)
            .stream()
            .filter(text -> text.startsWith("measured "))
            .findFirst()
            .orElseThrow();
    String[] words = line.split(" ");
    return new Measured(
        Double.parseDouble(words[1]), Double.parseDouble(words[2]), Double.parseDouble(words[3]));
  }

  /** One rank gives the computing, and two what a message and a byte cost. An all-reduce of two is two messages. */
  private static CostModel fitted(Measured one, Measured two) {
    double bytes = 4.0 * ScalingRank.parameters();
    double latency = two.message() / 2;
    double perSecond = bytes / Math.max(1e-9, two.allReduce() - two.message());
    CostModel free =
        new CostModel(
            one.update(),
            bytes,
            1,
            latency,
            perSecond,
            0,
            0,
            Runtime.getRuntime().availableProcessors(),
            0);
    double waits = Math.max(0, two.update() - free.updateSeconds(2, true));
    return new CostModel(
        one.update(), bytes, 1, latency, perSecond, 0, 0, free.ranksPerMachine(), waits);
  }

  private static void compare(CostModel model, Measured[] measured) {
    System.out.printf(
        Locale.ROOT,
        "Here: %d processors, %.1f MB of gradients, %d samples a rank; ms an update%n%n"
            + "| ranks | measured | by the model | all-reduce alone |%n|---|---|---|---|%n",
        Runtime.getRuntime().availableProcessors(),
        model.gradientBytes() / 1e6,
        ScalingRank.BATCH);
    for (int i = 0; i < HERE.length; i++) {
      System.out.printf(
          Locale.ROOT,
          "| %d | %.2f | %.2f%s | %.2f |%n",
          HERE[i],
          1e3 * measured[i].update(),
          1e3 * model.updateSeconds(HERE[i], true),
          HERE[i] < 4 ? " (fitted)" : "",
          1e3 * measured[i].allReduce());
    }
  }

  /**
   * A model of 7 billion parameters whose gradients are float32, an update of 2 s a rank, 50 GB/s between ranks, 10 microseconds a message, nothing of
   * the communication hidden, 2 % of imbalance; a rank fails every three years, a checkpoint stops training for 20 s, a restart takes five minutes.
   */
  private static void plan() {
    CostModel model = new CostModel(2.0, 28e9, 1068, 10e-6, 50e9, 0, 0.02, 8, 0);
    double hours = 3 * 365 * 24;
    System.out.printf(
        Locale.ROOT,
        "%nThere: %.0f s of computing and %.0f GB of gradients an update%n%n| ranks | seconds an"
            + " update | efficiency | a failure every | checkpoint every | time kept | together"
            + " |%n|---|---|---|---|---|---|---|%n",
        model.computeSeconds(),
        model.gradientBytes() / 1e9);
    for (int ranks : THERE) {
      double efficiency = model.efficiency(ranks);
      double kept = CostModel.kept(ranks, hours, 20, 300);
      System.out.printf(
          Locale.ROOT,
          "| %d | %.2f | %.0f %% | %.1f h | %.0f min | %.1f %% | %.0f %% |%n",
          ranks,
          model.updateSeconds(ranks, false),
          100 * efficiency,
          hours / ranks,
          CostModel.bestInterval(ranks, hours, 20) / 60,
          100 * kept,
          100 * efficiency * kept);
    }
  }
}
