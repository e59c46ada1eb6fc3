// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.engine.Engine;
import ai.djl.ndarray.BaseNDManager;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.trainer4j.ResumeFrom;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.callbacks.FaultInjectionCallback.Event;
import dev.trainer4j.state.LogEntry;
import dev.trainer4j.state.TrainerState;
import io.micrometer.core.instrument.Metrics;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.reflect.Field;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import javax.imageio.ImageIO;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordingFile;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every ready-made callback in one run, with evaluations and checkpoints, that breaks and resumes. */
class AllCallbacksTest {

  private static final int UPDATES = 60;
  private static final long BREAKS_AT = 45;

  private final Path dir;
  private final ByteArrayOutputStream printed = new ByteArrayOutputStream();

  AllCallbacksTest(@TempDir Path dir) {
    this.dir = dir;
  }

  private TrainingArguments.Builder args(String folder) {
    return GoldenTask.args(dir.resolve(folder))
        .maxSteps(UPDATES)
        .evalStrategy(IntervalStrategy.STEPS)
        .evalSteps(10)
        .saveStrategy(IntervalStrategy.STEPS)
        .saveSteps(20)
        .dataloaderNumWorkers(0) // else batches made ahead of time are counted, now more, now fewer
        .metricForBestModel("eval_loss");
  }

  /** Counts arrays that are open at the end of each update. */
  private static final class ArrayCount implements TrainerCallback {
    private final List<Long> counts = new ArrayList<>();

    @Override
    public void onStepEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
      try (NDManager any = Engine.getEngine("PyTorch").newBaseManager()) {
        counts.add(count(any.getParentManager()));
      }
    }

    private static long count(Object resource) {
      if (resource instanceof NDArray) {
        return 1;
      }
      if (!(resource instanceof BaseNDManager)) {
        return 0;
      }
      try {
        Field children = BaseNDManager.class.getDeclaredField("resources");
        children.setAccessible(true);
        return ((Map<?, ?>) children.get(resource))
            .values().stream().mapToLong(ArrayCount::count).sum();
      } catch (ReflectiveOperationException e) {
        throw new LinkageError("this DJL keeps its resources elsewhere", e);
      }
    }
  }

  private List<LogEntry> train(
      TrainingArguments args, ResumeFrom from, List<? extends TrainerCallback> callbacks)
      throws IOException {
    try (GoldenTask task = new GoldenTask()) {
      Trainer.Builder builder = task.trainer(args);
      callbacks.forEach(builder::callback);
      try (Trainer trainer = builder.build()) {
        trainer.train(from);
        return trainer.state().logHistory();
      }
    }
  }

  /** Those that {@code reportTo} does not add. */
  private List<TrainerCallback> others(TrackingServer mlflow) {
    PrintStream out = new PrintStream(printed, true, StandardCharsets.UTF_8);
    return List.of(
        MlflowCallback.builder(mlflow.uri()).build(),
        ProgressCallback.builder().force(true).out(out).build(),
        new PrinterCallback(out),
        new ThroughputCallback(),
        new MemoryCallback(),
        new JfrCallback(),
        new NaNCallback(3),
        new TimeLimitCallback(Duration.ofDays(1)),
        new EmaCallback(0.9),
        new EarlyStoppingCallback(100),
        new LabelPreviewCallback(1, ids -> "" + ids.length, out));
  }

  private static List<TrainerCallback> and(List<TrainerCallback> some, TrainerCallback other) {
    List<TrainerCallback> all = new ArrayList<>(some);
    all.add(other);
    return all;
  }

  @Test
  void aRunThatBreaksAndResumesHasEveryUpdateOnceInEveryRecordOfIt() throws Exception {
    TrainingArguments args = args("all").reportTo("all").build();
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    Metrics.addRegistry(registry);
    ArrayCount arrays = new ArrayCount();
    Path recorded = dir.resolve("run.jfr");
    try (TrackingServer mlflow = new TrackingServer();
        Recording recording = new Recording()) {
      recording.start();
      assertThatThrownBy(
              () ->
                  train(
                      args,
                      ResumeFrom.never(),
                      and(
                          others(mlflow),
                          FaultInjectionCallback.at(BREAKS_AT, Event.STEP_END)
                              .fail(() -> new IllegalStateException("injected")))))
          .hasMessageContaining("injected");
      List<LogEntry> history = train(args, ResumeFrom.latest(), and(others(mlflow), arrays));
      recording.dump(recorded);

      assertSteps(losses(history).keySet());
      assertSteps(mlflow.onlyRun().metrics.get("loss").keySet());
      assertThat(mlflow.onlyRun().metrics.get("loss").values()).allMatch(all -> all.size() == 1);
      assertThat(mlflow.onlyRun().status).isEqualTo("FINISHED");
      assertThat(registry.get("trainer4j.loss").gauge().value())
          .isEqualTo(losses(history).get((long) UPDATES));
    } finally {
      Metrics.removeRegistry(registry);
    }

    Path out = dir.resolve("all");
    assertSteps(stepsOfJsonLines(out.resolve("log.jsonl")));
    assertSteps(stepsOfCsv(out.resolve("log.csv")));
    Path events;
    try (var folders = Files.list(out.resolve("runs"))) {
      events = folders.toList().get(0);
    }
    assertSteps(EventFileReader.read(events).steps("train/loss"));
    assertThat(EventFileReader.read(events).steps("eval/loss"))
        .containsExactly(10L, 20L, 30L, 40L, 50L, 60L);
    assertThat(Files.readString(out.resolve("report.html"))).contains("finished", "60");
    assertThat(ImageIO.read(out.resolve("plot.png").toFile()).getWidth()).isPositive();
    assertThat(out.resolve("checkpoint-60/ema.safetensors")).isNotEmptyFile();
    assertThat(RecordingFile.readAllEvents(recorded))
        .filteredOn(event -> event.getEventType().getName().equals("dev.trainer4j.Update"))
        .hasSizeGreaterThanOrEqualTo(UPDATES);
    assertThat(printed.toString(StandardCharsets.UTF_8))
        .contains("memory_heap_mib", "samples_per_second", "labels");
    assertThat(arrays.counts).hasSize(20);
    assertThat(arrays.counts).containsOnly(arrays.counts.get(0));
  }

  @Test
  void trainingGivesWhatItGivesWithoutCallbacks() throws IOException {
    Map<Long, Double> alone = losses(train(args("alone").build(), ResumeFrom.never(), List.of()));
    try (TrackingServer mlflow = new TrackingServer()) {
      Map<Long, Double> watched =
          losses(
              train(args("watched").reportTo("all").build(), ResumeFrom.never(), others(mlflow)));

      assertThat(watched).isEqualTo(alone).hasSize(UPDATES);
    }
  }

  private static Map<Long, Double> losses(List<LogEntry> history) {
    Map<Long, Double> losses = new java.util.TreeMap<>();
    for (LogEntry line : history) {
      line.value("loss").ifPresent(loss -> assertThat(losses.put(line.step(), loss)).isNull());
    }
    return losses;
  }

  private static List<Long> stepsOfJsonLines(Path file) throws IOException {
    List<Long> steps = new ArrayList<>();
    for (String line : Files.readAllLines(file)) {
      JsonNode record = new ObjectMapper().readTree(line);
      if (record.has("loss")) {
        steps.add(record.get("step").asLong());
      }
    }
    return steps;
  }

  private static List<Long> stepsOfCsv(Path file) throws IOException {
    CSVFormat format = CSVFormat.DEFAULT.builder().setHeader().setSkipHeaderRecord(true).get();
    try (CSVParser rows = CSVParser.parse(file, StandardCharsets.UTF_8, format)) {
      return rows.stream()
          .filter(row -> !row.get("loss").isEmpty())
          .map(row -> Long.valueOf(row.get("step")))
          .toList();
    }
  }

  private static void assertSteps(Iterable<Long> steps) {
    assertThat(steps)
        .containsExactlyElementsOf(LongStream.rangeClosed(1, UPDATES).boxed().toList());
  }
}
