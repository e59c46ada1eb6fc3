// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.data.Dataset;
import dev.trainer4j.data.Datasets;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.opentelemetry.api.OpenTelemetry;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What each callback adds to an update of a small MLP (784-128-64-10, batches of 32), with a log line
 * every ten updates.
 *
 * <p>The figure is processor time of the thread that trains, which other programs disturb less
 * than the clock. Runs with and without each callback take turns, and the least of all rounds counts:
 * what disturbs only ever adds. As a test it only looks whether all of it works; to measure:
 *
 * <pre>{@code
 * ./mvnw -pl trainer-callbacks -am test -Dtest=CallbackOverheadTest \
 *     -Doverhead.updates=300 -Doverhead.rounds=15 -Dsurefire.failIfNoSpecifiedTests=false
 * }</pre>
 */
class CallbackOverheadTest {

  private static final int UPDATES = Integer.getInteger("overhead.updates", 20);
  private static final int ROUNDS = Integer.getInteger("overhead.rounds", 1);
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  private final Path dir;
  private final Dataset<Map<String, Object>> data = data();

  CallbackOverheadTest(@TempDir Path dir) {
    this.dir = dir;
  }

  /** A new callback belongs here. */
  private static Map<String, Supplier<TrainerCallback>> callbacks() {
    PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream(), true, UTF_8);
    Map<String, Supplier<TrainerCallback>> callbacks = new LinkedHashMap<>();
    callbacks.put("ThroughputCallback", () -> ThroughputCallback.builder().peakFlops(1e11).build());
    callbacks.put("MemoryCallback", MemoryCallback::new);
    callbacks.put("JfrCallback", JfrCallback::new);
    callbacks.put("NaNCallback", NaNCallback::new);
    callbacks.put("TimeLimitCallback", () -> new TimeLimitCallback(Duration.ofDays(1)));
    callbacks.put("EmaCallback", () -> new EmaCallback(0.999));
    callbacks.put(
        "LabelPreviewCallback", () -> new LabelPreviewCallback(2, ids -> "" + ids.length, nowhere));
    callbacks.put("PrinterCallback", () -> new PrinterCallback(nowhere));
    callbacks.put("TensorBoardCallback", TensorBoardCallback::new);
    callbacks.put("CsvCallback", CsvCallback::new);
    callbacks.put("JsonLinesCallback", JsonLinesCallback::new);
    callbacks.put("MicrometerCallback", () -> new MicrometerCallback(new SimpleMeterRegistry()));
    callbacks.put("OpenTelemetryCallback", () -> new OpenTelemetryCallback(OpenTelemetry.noop()));
    return callbacks;
  }

  @Test
  void eachCallbackRunsInTheMeasuredRun() throws IOException {
    Map<String, Supplier<TrainerCallback>> callbacks = callbacks();
    if (ROUNDS > 1) {
      measure(null); // compilers and caches
    }
    double update = Double.MAX_VALUE;
    Map<String, Double> with = new LinkedHashMap<>();
    for (int round = 0; round < ROUNDS; round++) {
      update = Math.min(update, measure(null));
      for (Map.Entry<String, Supplier<TrainerCallback>> callback : callbacks.entrySet()) {
        with.merge(callback.getKey(), measure(callback.getValue().get()), Math::min);
      }
    }
    System.out.printf(Locale.ROOT, "an update without callbacks takes %.0f microseconds%n", update);
    System.out.println("| callback | microseconds an update | share |");
    System.out.println("|---|---|---|");
    for (Map.Entry<String, Double> row : with.entrySet()) {
      double more = row.getValue() - update;
      System.out.printf(
          Locale.ROOT, "| `%s` | %.1f | %.1f%% |%n", row.getKey(), more, 100 * more / update);
    }
    assertThat(with.keySet()).isEqualTo(callbacks.keySet());
  }

  /** Microseconds of the thread that trains for each update. */
  private double measure(@org.jspecify.annotations.Nullable TrainerCallback callback)
      throws IOException {
    TrainingArguments args =
        TrainingArguments.builder()
            .outputDir(dir.resolve(Long.toString(System.nanoTime())))
            .perDeviceTrainBatchSize(32)
            .maxSteps(UPDATES)
            .loggingSteps(10)
            .saveStrategy(IntervalStrategy.NO)
            .useCpu(true)
            .build();
    Block block = block();
    Trainer.Builder builder = Trainer.builder(block, args).trainDataset(data);
    if (callback != null) {
      builder.callback(callback);
    }
    try (Trainer trainer = builder.build()) {
      long start = THREADS.getCurrentThreadCpuTime();
      long steps = trainer.train().globalStep();
      long nanos = THREADS.getCurrentThreadCpuTime() - start;
      assertThat(steps).isEqualTo(UPDATES);
      return nanos / 1e3 / UPDATES;
    } finally {
      block.clear();
    }
  }

  private static Block block() {
    return new SequentialBlock()
        .add(Linear.builder().setUnits(128).build())
        .add(Activation.reluBlock())
        .add(Linear.builder().setUnits(64).build())
        .add(Activation.reluBlock())
        .add(Linear.builder().setUnits(10).build());
  }

  private static Dataset<Map<String, Object>> data() {
    Random random = new Random(1);
    List<Map<String, Object>> samples = new ArrayList<>();
    for (int i = 0; i < 640; i++) {
      float[] x = new float[784];
      for (int j = 0; j < x.length; j++) {
        x[j] = random.nextFloat();
      }
      samples.add(Map.of("x", x, "labels", random.nextInt(10)));
    }
    return Datasets.of(samples);
  }
}
