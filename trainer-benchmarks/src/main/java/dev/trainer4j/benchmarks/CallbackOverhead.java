// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.benchmarks;

import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.benchmarks.EventCost.Kind;
import dev.trainer4j.callback.TrainerCallback;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Prints what each ready-made callback costs: the processor time of its events beside that of an
 * update of a small MLP (784-128-64-10, batches of 32), as a table in Markdown.
 *
 * <pre>CallbackOverhead [UPDATES]</pre>
 *
 * <p>A run has a log line every ten updates, and a fifth more updates at its start that do not count.
 * Of the time in events, that of a callback that does nothing is taken off: it is the reading of the
 * clock. Runs with and without a callback are not compared, for what they differ by on a machine
 * that does other things too is more than what most callbacks cost.
 */
public final class CallbackOverhead {

  private static final int LOGGING_STEPS = 10;
  private static final int DEFAULT_LOGGING_STEPS = 500;

  private final int warmUp;
  private final int steps;

  private CallbackOverhead(int steps) {
    this.steps = steps;
    warmUp = steps / 5;
  }

  /** Nanoseconds of a callback: of each update, of each log line, of the whole run. */
  private record Cost(double update, double line, double run) {

    Cost minus(Cost other) {
      return new Cost(
          Math.max(0, update - other.update),
          Math.max(0, line - other.line),
          Math.max(0, run - other.run));
    }

    /** Returns the nanoseconds of an update with its part of a log line. */
    double at(int loggingSteps) {
      return update + line / loggingSteps;
    }
  }

  /** Runs the measurement. */
  public static void main(String[] words) throws IOException {
    Threads.set(Map.of("THREADS", "1")); // else the time of other threads is missing in an update
    int steps = words.length == 0 ? 5000 : Integer.parseInt(words[0]);
    if (steps < 100) {
      System.err.println("CallbackOverhead: UPDATES must be at least 100, but is " + steps);
      System.exit(2);
    }
    new CallbackOverhead(steps).print();
  }

  private void print() throws IOException {
    double unused = update(); // compilers and caches
    double update = update();
    Cost nothing = measure(() -> new TrainerCallback() {});
    System.out.printf(
        Locale.ROOT,
        "An update takes %.0f microseconds.%n%n"
            + "| callback | µs an update | µs a log line | share, `loggingSteps` %d | %d | ms a run |%n"
            + "|---|---|---|---|---|---|%n",
        update / 1e3,
        DEFAULT_LOGGING_STEPS,
        LOGGING_STEPS);
    try (MeasuredCallbacks callbacks = new MeasuredCallbacks()) {
      for (Map.Entry<String, Supplier<TrainerCallback>> each : callbacks.byName().entrySet()) {
        Cost cost = measure(each.getValue()).minus(nothing);
        System.out.printf(
            Locale.ROOT,
            "| %s | %.1f | %.0f | %.2f%% | %.2f%% | %.0f |%n",
            each.getKey(),
            cost.update() / 1e3,
            cost.line() / 1e3,
            100 * cost.at(DEFAULT_LOGGING_STEPS) / update,
            100 * cost.at(LOGGING_STEPS) / update,
            cost.run() / 1e6);
      }
    }
  }

  /** Returns the nanoseconds of an update without callbacks. */
  private double update() throws IOException {
    ThreadCost threads = new ThreadCost(warmUp, steps);
    train(List.of(threads));
    return (double) threads.trainingNanos() / steps;
  }

  private Cost measure(Supplier<TrainerCallback> callback) throws IOException {
    EventCost events = new EventCost(warmUp, steps);
    ThreadCost threads = new ThreadCost(warmUp, steps);
    train(List.of(threads, events.before(), callback.get(), events.behind()));
    double lines = (double) steps / LOGGING_STEPS;
    return new Cost(
        (double) events.nanos(Kind.UPDATE) / steps,
        (events.nanos(Kind.LOG) + threads.ownNanos()) / lines,
        events.nanos(Kind.RUN));
  }

  private void train(List<? extends TrainerCallback> callbacks) throws IOException {
    Path folder = Files.createTempDirectory("callback-overhead");
    MlpCase mlp = new MlpCase();
    TrainingArguments args =
        TrainingArguments.builder()
            .outputDir(folder)
            .maxSteps(warmUp + steps + 1)
            .perDeviceTrainBatchSize(mlp.batchSize())
            .loggingSteps(LOGGING_STEPS)
            .saveStrategy(IntervalStrategy.NO)
            .useCpu(true)
            .build();
    Trainer.Builder builder = mlp.trainer(args).trainDataset(mlp.data());
    callbacks.forEach(builder::callback);
    try (Trainer trainer = builder.build()) {
      trainer.train();
    } finally {
      delete(folder);
    }
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> paths = Files.walk(folder)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }
}
