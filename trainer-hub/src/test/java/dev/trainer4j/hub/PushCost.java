// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.hub;

import ai.djl.nn.Activation;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import com.sun.management.OperatingSystemMXBean;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.HubStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.data.Dataset;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.file.FolderTree;
import dev.trainer4j.state.TrainerState;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import org.slf4j.LoggerFactory;

/**
 * Measures how much pushing in the background slows updates: rounds of the same training with the same saves, once with and once without
 * pushes, in turns, against {@link HubServer} in a process of its own. The time is that of the updates alone, saves included, without
 * the wait for the last push.
 *
 * <pre>
 *     ./mvnw -q -pl trainer-hub -am test-compile
 *     ./mvnw -q -pl trainer-hub dependency:build-classpath -Dmdep.outputFile=target/classpath.txt -Dmdep.includeScope=test
 *     java -cp trainer-hub/target/test-classes:trainer-hub/target/classes:$(cat trainer-hub/target/classpath.txt) \
 *         dev.trainer4j.hub.PushCost [ROUNDS [UPDATES [STRATEGY]]]
 * </pre>
 *
 * <p>9 rounds of 300 updates with three saves of 36 MB of weights each, and the strategy {@code every_save}, unless told otherwise; {@code
 * checkpoint} pushes the optimizer's 72 MB, too. The server takes its share of the same computer: where there are no idle cores, part of
 * the slowdown is the server's.
 */
final class PushCost {
  private static final int WIDTH = 1500;
  private static final int BATCH = 64;

  private PushCost() {}

  /** When the updates of a run began and ended, and how much processor time this process had taken then. */
  private static final class Stopwatch implements TrainerCallback {
    private final OperatingSystemMXBean system =
        (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    private final long updates;
    private long begin;
    private long beginCpu;
    private double seconds;
    private double cpu;

    Stopwatch(long updates) {
      this.updates = updates;
    }

    @Override
    public void onStepEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
      // The first update makes what all others use.
      if (state.globalStep() == 1) {
        begin = System.nanoTime();
        beginCpu = system.getProcessCpuTime();
      }
      if (state.globalStep() == updates) {
        seconds = (System.nanoTime() - begin) / 1e9;
        cpu = (system.getProcessCpuTime() - beginCpu) / 1e9;
      }
    }
  }

  public static void main(String[] words) throws IOException {
    ((Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME)).setLevel(Level.WARN);
    int rounds = words.length > 0 ? Integer.parseInt(words[0]) : 9;
    int updates = words.length > 1 ? Integer.parseInt(words[1]) : 300;
    HubStrategy strategy =
        words.length > 2
            ? HubStrategy.valueOf(words[2].toUpperCase(Locale.ROOT))
            : HubStrategy.EVERY_SAVE;
    Path work = Files.createTempDirectory("push-cost-");
    Process server =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                HubServer.class.getName(),
                work.resolve("store").toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (BufferedReader said =
        new BufferedReader(
            new InputStreamReader(server.getInputStream(), StandardCharsets.UTF_8))) {
      measure(rounds, updates, strategy, work, URI.create(said.readLine()));
    } finally {
      server.destroy();
      FolderTree.delete(work);
    }
  }

  private static void measure(
      int rounds, int updates, HubStrategy strategy, Path work, URI endpoint) throws IOException {
    double[] time = new double[rounds];
    double[] cpu = new double[rounds];
    run(Math.min(updates, 60), null, work, endpoint, "warm"); // Compiles what both use.
    for (int i = 0; i < rounds; i++) {
      Stopwatch[] both = new Stopwatch[2];
      for (int k = 0; k < 2; k++) {
        int arm = (i + k) % 2;
        both[arm] =
            run(updates, arm == 0 ? null : strategy, work, endpoint, "round-" + i + "-" + arm);
      }
      time[i] = both[1].seconds / both[0].seconds;
      cpu[i] = both[1].cpu / both[0].cpu;
      System.out.printf(
          Locale.ROOT,
          "round %d: %.1f ms an update without, %.1f with pushes: %+.1f %%; processor time %+.1f %%%n",
          i + 1,
          1000 * both[0].seconds / (updates - 1),
          1000 * both[1].seconds / (updates - 1),
          100 * (time[i] - 1),
          100 * (cpu[i] - 1));
    }
    System.out.printf(
        Locale.ROOT,
        "median of %d rounds: %+.1f %% of time, %+.1f %% of processor time%n",
        rounds,
        100 * (median(time) - 1),
        100 * (median(cpu) - 1));
  }

  /** Trains; with a strategy it pushes, too. */
  private static Stopwatch run(
      int updates, HubStrategy strategy, Path work, URI endpoint, String name) throws IOException {
    Path folder = work.resolve(name);
    TrainingArguments.Builder args =
        TrainingArguments.builder()
            .outputDir(folder)
            .useCpu(true)
            .maxSteps(updates)
            .saveSteps(Math.max(1, updates / 3))
            .perDeviceTrainBatchSize(BATCH)
            .learningRate(1e-3);
    if (strategy != null) {
      args.pushToHub(true).hubModelId("tester/" + name).hubStrategy(strategy).hubAlwaysPush(true);
    }
    Stopwatch watch = new Stopwatch(updates);
    Trainer.Builder builder =
        Trainer.builder(model(), args.build()).trainDataset(data()).callback(watch);
    if (strategy != null) {
      HubClient client = TinyRun.client(endpoint, work.resolve("cache")).build();
      builder.callback(new HubPushCallback(client, ModelCardDetails.none()));
    }
    try (Trainer trainer = builder.build()) {
      trainer.train();
    }
    FolderTree.delete(folder);
    return watch;
  }

  private static SequentialBlock model() {
    SequentialBlock model = new SequentialBlock();
    for (int i = 0; i < 4; i++) {
      model.add(Linear.builder().setUnits(WIDTH).build()).add(Activation::relu);
    }
    return model.add(Linear.builder().setUnits(2).build());
  }

  private static Dataset<Map<String, Object>> data() {
    Random random = new Random(1);
    List<Map<String, Object>> samples = new ArrayList<>();
    for (int i = 0; i < 8 * BATCH; i++) {
      float[] x = new float[WIDTH];
      for (int j = 0; j < x.length; j++) {
        x[j] = (float) random.nextGaussian();
      }
      samples.add(Map.of("x", x, "labels", x[0] > 0 ? 1L : 0L));
    }
    return Datasets.of(samples);
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }
}
