// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import static dev.trainer4j.args.IntervalStrategy.EPOCH;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.trainer4j.ResumeFrom;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.state.LogEntry;
import dev.trainer4j.state.TrainerState;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** JsonLinesCallback and CsvCallback keep a file equal to the history of the run. */
class LogFilesTest {

  private final Path dir;

  LogFilesTest(@TempDir Path dir) {
    this.dir = dir;
  }

  private TrainingArguments.Builder args() {
    return GoldenTask.args(dir)
        .evalStrategy(EPOCH)
        .saveSteps(6)
        .numTrainEpochs(2)
        .reportTo("csv", "jsonl");
  }

  private static List<LogEntry> train(
      TrainingArguments args, ResumeFrom from, TrainerCallback... callbacks) throws IOException {
    try (GoldenTask task = new GoldenTask()) {
      Trainer.Builder builder = task.trainer(args);
      List.of(callbacks).forEach(builder::callback);
      try (Trainer trainer = builder.build()) {
        trainer.train(from);
        return trainer.state().logHistory();
      }
    }
  }

  private static List<LogEntry> json(Path file) throws IOException {
    List<LogEntry> entries = new ArrayList<>();
    for (String line : Files.readAllLines(file)) {
      Map<String, Object> fields =
          new ObjectMapper().readValue(line, new TypeReference<LinkedHashMap<String, Object>>() {});
      long step = ((Number) fields.remove("step")).longValue();
      Map<String, Double> values = new LinkedHashMap<>();
      fields.forEach((name, value) -> values.put(name, Double.valueOf(value.toString())));
      entries.add(new LogEntry(step, values));
    }
    return entries;
  }

  private static List<LogEntry> csv(Path file) throws IOException {
    CSVFormat format = CSVFormat.DEFAULT.builder().setHeader().setSkipHeaderRecord(true).get();
    List<LogEntry> entries = new ArrayList<>();
    try (CSVParser parser = CSVParser.parse(file, StandardCharsets.UTF_8, format)) {
      for (CSVRecord row : parser) {
        assertThat(row.isConsistent()).isTrue();
        Map<String, Double> values = new LinkedHashMap<>();
        row.toMap()
            .forEach(
                (name, cell) -> {
                  if (!name.equals("step") && !cell.isEmpty()) {
                    values.put(name, Double.valueOf(cell));
                  }
                });
        entries.add(new LogEntry(Long.parseLong(row.get("step")), values));
      }
    }
    return entries;
  }

  private void assertFilesHold(List<LogEntry> history) throws IOException {
    assertThat(json(dir.resolve("log.jsonl"))).isEqualTo(history);
    assertThat(csv(dir.resolve("log.csv"))).isEqualTo(history);
  }

  private List<String> logs() throws IOException {
    try (Stream<Path> files = Files.list(dir)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.contains("log"))
          .sorted()
          .toList();
    }
  }

  @Test
  void holdTheHistoryOfTheRun() throws IOException {
    List<LogEntry> history = train(args().build(), ResumeFrom.never());

    assertFilesHold(history);
    assertThat(history).hasSize(18 + 2 + 1);
    assertThat(Files.readAllLines(dir.resolve("log.csv")).get(0))
        .startsWith("step,epoch,loss,grad_norm,learning_rate,eval_loss,eval_accuracy,")
        .contains(",train_loss,train_runtime,");
  }

  @Test
  void areWholeTablesAfterEachEntryAlsoWhenItBringsColumns() throws IOException {
    List<Integer> rows = new ArrayList<>();
    train(
        args().build(),
        ResumeFrom.never(),
        new TrainerCallback() {
          @Override
          public void onLog(
              CallbackContext ctx, TrainerState state, TrainerControl control, LogEntry logs) {
            try {
              assertFilesHold(state.logHistory());
              rows.add(state.logHistory().size());
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          }
        });

    assertThat(rows).hasSize(21);
  }

  @Test
  void goOnBehindTheCheckpoint() throws IOException {
    train(args().build(), ResumeFrom.never());

    List<LogEntry> resumed =
        train(args().numTrainEpochs(3).build(), ResumeFrom.path(dir.resolve("checkpoint-12")));

    assertFilesHold(resumed);
    assertThat(resumed.stream().filter(e -> e.value("loss").isPresent()).map(LogEntry::step))
        .hasSize(27)
        .doesNotHaveDuplicates();
    assertThat(logs()).containsExactly("log.csv", "log.jsonl");
  }

  @Test
  void areRestoredFromTheHistoryWhenTheyLostTheirTails() throws IOException {
    train(args().build(), ResumeFrom.never());
    for (String name : List.of("log.csv", "log.jsonl")) {
      List<String> lines = Files.readAllLines(dir.resolve(name));
      Files.writeString(dir.resolve(name), String.join("\n", lines.subList(0, 4)) + "\n5,0.");
      // The header of a table that had all its columns by then, and knows more than the checkpoint.
    }

    assertFilesHold(train(args().build(), ResumeFrom.path(dir.resolve("checkpoint-12"))));
    assertThat(logs()).containsExactly("log.csv", "log.jsonl");
  }

  @Test
  void areRestoredFromTheHistoryWhenTheyAreGone() throws IOException {
    train(args().build(), ResumeFrom.never());
    Files.delete(dir.resolve("log.csv"));
    Files.delete(dir.resolve("log.jsonl"));

    assertFilesHold(train(args().build(), ResumeFrom.path(dir.resolve("checkpoint-12"))));
  }

  @Test
  void ofAnotherRunAreMovedAside() throws IOException {
    List<LogEntry> first = train(args().build(), ResumeFrom.never());
    Files.writeString(dir.resolve("log.1.csv"), "mine");

    List<LogEntry> second = train(args().maxSteps(3).build(), ResumeFrom.never());

    assertFilesHold(second);
    assertThat(logs())
        .containsExactly("log.1.csv", "log.1.jsonl", "log.2.csv", "log.csv", "log.jsonl");
    assertThat(dir.resolve("log.1.csv")).hasContent("mine");
    assertThat(csv(dir.resolve("log.2.csv"))).isEqualTo(first);
    assertThat(json(dir.resolve("log.1.jsonl"))).isEqualTo(first);
  }

  @Test
  void takeUpTheHistoryWhenTheyAreAddedLate() throws IOException {
    Path late = dir.resolve("late.jsonl");
    try (GoldenTask task = new GoldenTask();
        Trainer trainer = task.trainer(args().build()).build()) {
      trainer.addCallback(
          new TrainerCallback() {
            @Override
            public void onStepEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
              if (state.globalStep() == 5) {
                trainer.addCallback(new JsonLinesCallback(late));
              }
            }
          });
      trainer.train();

      assertThat(json(late)).isEqualTo(trainer.state().logHistory());
    }
  }

  @Test
  void holdAnEvaluationWithoutTraining() throws IOException {
    try (GoldenTask task = new GoldenTask();
        Trainer trainer = task.trainer(args().build()).build()) {
      trainer.evaluate();

      assertFilesHold(trainer.state().logHistory());
    }
  }

  @Test
  void holdWhatIsNoNumber() throws IOException {
    CsvCallback csv = new CsvCallback(dir.resolve("odd.csv"));
    JsonLinesCallback json = new JsonLinesCallback(dir.resolve("odd.jsonl"));
    try (GoldenTask task = new GoldenTask();
        Trainer trainer =
            new OddTrainer(
                task.trainer(args().reportTo("none").maxSteps(3).build())
                    .callback(csv)
                    .callback(json))) {
      trainer.train();

      assertThat(csv(dir.resolve("odd.csv"))).isEqualTo(trainer.state().logHistory());
      assertThat(json(dir.resolve("odd.jsonl"))).isEqualTo(trainer.state().logHistory());
    }
  }

  /** Logs names and values that are hard on a format. */
  private static final class OddTrainer extends Trainer {
    OddTrainer(Builder builder) {
      super(builder);
    }

    @Override
    protected void log(LogEntry entry) {
      Map<String, Double> values = new LinkedHashMap<>(entry.values());
      values.put("not a number", Double.NaN);
      values.put("comma, \"quote\"", Double.NEGATIVE_INFINITY);
      values.put("tiny", Double.MIN_VALUE);
      super.log(new LogEntry(entry.step(), values));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"csv", "jsonl", "tensorboard", "html", "plot"})
  void sayBeforeTheFirstUpdateWhereTheyCannotBeWritten(String name) throws IOException {
    Files.writeString(dir.resolve("file"), "in the way");
    TrainingArguments args = args().reportTo(name).loggingDir(dir.resolve("file")).build();

    assertThatThrownBy(() -> train(args, ResumeFrom.never()))
        .hasMessageContaining(", in onTrainBegin)")
        .hasMessageContaining(dir.resolve("file").toString())
        .hasMessageContaining("cannot be written")
        .hasMessageContaining("name another folder in loggingDir");
  }

  @ParameterizedTest
  @ValueSource(strings = {"html", "plot"})
  void whatOnlyShowsTheRunDoesNotEndItWhenItCannotBeWrittenAnyMore(String name) throws IOException {
    Path logs = Files.createDirectory(dir.resolve("logs"));
    TrainingArguments args = args().reportTo(name).loggingDir(logs).build();

    List<LogEntry> history = train(args, ResumeFrom.never(), new PutFileInTheWay(logs));

    assertThat(logs).isRegularFile();
    assertThat(history).hasSize(21);
  }

  /** A folder that is gone for good, after the first update. */
  private record PutFileInTheWay(Path folder) implements TrainerCallback {
    @Override
    public void onStepEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
      if (state.globalStep() > 1) {
        return;
      }
      try {
        Files.deleteIfExists(folder.resolve("report.html"));
        Files.delete(folder);
        Files.createFile(folder);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
