// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.checkpoint.Checkpoint;
import dev.trainer4j.checkpoint.CheckpointStore;
import dev.trainer4j.state.LogEntry;
import dev.trainer4j.state.TrainerState;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The tables of the report, as values of its template. */
final class ReportTables {

  private static final int MOST_EVALUATIONS = 200;

  private ReportTables() {}

  /** One row for each update with evaluations, the newest first. */
  static Map<String, Object> evaluations(TrainerState state) {
    TreeMap<Long, Map<String, Double>> rows = new TreeMap<>();
    Set<String> metrics = new LinkedHashSet<>();
    for (LogEntry line : state.logHistory()) {
      if (CurveGroup.isEvaluation(line)) {
        rows.computeIfAbsent(line.step(), step -> new LinkedHashMap<>()).putAll(line.values());
        metrics.addAll(line.values().keySet());
      }
    }
    metrics.remove("epoch");
    List<Map<String, Object>> shown = new ArrayList<>();
    rows.descendingMap().entrySet().stream()
        .limit(MOST_EVALUATIONS)
        .forEach(
            row ->
                shown.add(
                    Map.of(
                        "step", row.getKey(),
                        "epoch", cell(row.getValue().get("epoch")),
                        "best", row.getKey().equals(state.bestGlobalStep()),
                        "values",
                            metrics.stream()
                                .map(row.getValue()::get)
                                .map(ReportTables::cell)
                                .toList())));
    return Map.of(
        "hasEvaluations",
        !rows.isEmpty(),
        "evaluationsNote",
        rows.size() > MOST_EVALUATIONS
            ? ReportNumbers.format("The newest %d of %,d.", MOST_EVALUATIONS, rows.size())
            : "",
        "metrics",
        List.copyOf(metrics),
        "evaluations",
        shown);
  }

  private static String cell(@Nullable Double value) {
    return value == null ? "" : ReportNumbers.shortest(value);
  }

  /** The checkpoints that are there now; what rotation has deleted is not. */
  static Map<String, Object> checkpoints(TrainingArguments args, TrainerState state)
      throws IOException {
    String best = state.bestModelCheckpoint();
    Path bestName = best == null ? null : Path.of(best).getFileName();
    List<Map<String, Object>> rows = new ArrayList<>();
    for (Checkpoint checkpoint : new CheckpointStore(args.outputDir()).list()) {
      Path folder = checkpoint.path();
      rows.add(
          Map.of(
              "folder", folder.getFileName().toString(),
              "step", checkpoint.step(),
              "best", folder.getFileName().equals(bestName),
              "size", size(folder),
              "saved", saved(folder)));
    }
    return Map.of("hasCheckpoints", !rows.isEmpty(), "checkpoints", rows);
  }

  /** A checkpoint may be deleted while we look at it. */
  private static String size(Path folder) {
    try (Stream<Path> files = Files.walk(folder)) {
      return ReportNumbers.bytes(
          files.filter(Files::isRegularFile).mapToLong(file -> file.toFile().length()).sum());
    } catch (IOException | UncheckedIOException e) {
      return "";
    }
  }

  private static String saved(Path folder) {
    try {
      return Files.getLastModifiedTime(folder)
          .toInstant()
          .truncatedTo(ChronoUnit.SECONDS)
          .toString();
    } catch (IOException e) {
      return "";
    }
  }

  /** The arguments by Hugging Face's names, those that are not at their defaults first. */
  static List<Map<String, Object>> arguments(TrainingArguments args) {
    Map<String, ?> defaults = TrainingArguments.builder().build().toMap();
    List<Map<String, Object>> changed = new ArrayList<>();
    List<Map<String, Object>> unchanged = new ArrayList<>();
    args.toMap()
        .forEach(
            (name, value) -> {
              boolean differs = !Objects.equals(value, defaults.get(name));
              (differs ? changed : unchanged)
                  .add(
                      Map.of(
                          "name", name,
                          "value", value == null ? "not set" : value.toString(),
                          "changed", differs));
            });
    changed.addAll(unchanged);
    return changed;
  }
}
