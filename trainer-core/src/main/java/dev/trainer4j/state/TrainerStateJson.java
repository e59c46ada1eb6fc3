// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.state;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.core.util.Separators;
import com.fasterxml.jackson.core.util.Separators.Spacing;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.trainer4j.json.JsonFile;
import dev.trainer4j.json.JsonPlace;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * {@code trainer_state.json}: Hugging Face's keys and meaning, sorted, indented by two, with a final
 * newline, so that its tools read our runs and ours read theirs.
 *
 * <p>Values that are not finite are written as strings ({@code "NaN"}), because JSON has no others.
 */
public final class TrainerStateJson {

  private static final JsonMapper MAPPER =
      JsonMapper.builder().enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS).build();

  private TrainerStateJson() {}

  /** Returns the file's text. */
  public static String write(TrainerState state) {
    Map<String, @Nullable Object> json = new TreeMap<>();
    json.put("epoch", state.epoch());
    json.put("global_step", state.globalStep());
    json.put("max_steps", state.maxSteps());
    json.put("logging_steps", state.loggingSteps());
    json.put("eval_steps", state.evalSteps());
    json.put("save_steps", state.saveSteps());
    json.put("train_batch_size", state.trainBatchSize());
    json.put("num_train_epochs", state.numTrainEpochs());
    json.put("num_input_tokens_seen", state.numInputTokensSeen());
    json.put("total_flos", state.totalFlos());
    json.put("log_history", state.logHistory().stream().map(TrainerStateJson::line).toList());
    json.put("best_metric", state.bestMetric());
    json.put("best_global_step", state.bestGlobalStep());
    json.put("best_model_checkpoint", state.bestModelCheckpoint());
    json.put("is_local_process_zero", state.isLocalProcessZero());
    json.put("is_world_process_zero", state.isWorldProcessZero());
    json.put("is_hyper_param_search", false);
    json.put("trial_name", null);
    json.put("trial_params", null);
    json.put("stateful_callbacks", new TreeMap<>(state.statefulCallbacks()));
    DefaultIndenter indenter = new DefaultIndenter("  ", "\n");
    Separators separators =
        Separators.createDefaultInstance().withObjectFieldValueSpacing(Spacing.AFTER);
    DefaultPrettyPrinter printer =
        new DefaultPrettyPrinter(separators)
            .withObjectIndenter(indenter)
            .withArrayIndenter(indenter);
    try {
      return MAPPER.writer(printer).writeValueAsString(json) + "\n";
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a callback's state holds a value that is not JSON", e);
    }
  }

  private static Map<String, Object> line(LogEntry entry) {
    Map<String, Object> line = new LinkedHashMap<>(entry.values());
    line.put("step", entry.step());
    return line;
  }

  /**
   * Reads a file's text; unknown keys are ignored, so newer files load.
   *
   * @param source the file's name, for the message
   * @throws dev.trainer4j.json.JsonException if the text is no trainer state
   */
  public static TrainerState read(String text, String source) {
    return read(JsonFile.parse(source, text));
  }

  /**
   * Reads a file; unknown keys are ignored, so newer files load.
   *
   * @throws dev.trainer4j.json.JsonException if it is no trainer state
   */
  public static TrainerState read(JsonPlace file) {
    return new TrainerState(
        notNegative(file.at("epoch"), 0),
        file.at("global_step").count(),
        file.at("max_steps").exists() ? file.at("max_steps").integer() : 0,
        steps(file.at("logging_steps")),
        steps(file.at("eval_steps")),
        steps(file.at("save_steps")),
        (int) Math.min(file.at("train_batch_size").count(0), Integer.MAX_VALUE),
        file.at("num_train_epochs").count(0),
        file.at("num_input_tokens_seen").count(0),
        notNegative(file.at("total_flos"), 0),
        logHistory(file.at("log_history")),
        file.has("best_metric") ? (Double) file.at("best_metric").number() : null,
        file.has("best_global_step") ? (Long) file.at("best_global_step").count() : null,
        file.has("best_model_checkpoint") ? file.at("best_model_checkpoint").text() : null,
        file.at("is_local_process_zero").flag(true),
        file.at("is_world_process_zero").flag(true),
        callbacks(file.at("stateful_callbacks")));
  }

  private static double notNegative(JsonPlace place, double otherwise) {
    double number = place.exists() ? place.number() : otherwise;
    if (!(number >= 0 && number <= Double.MAX_VALUE)) {
      throw place.wrong("a finite number from 0 on");
    }
    return number;
  }

  /** Python's files may have a share of all steps, or none. */
  private static long steps(JsonPlace place) {
    return (long) notNegative(place, 500);
  }

  private static List<LogEntry> logHistory(JsonPlace lines) {
    List<LogEntry> entries = new ArrayList<>();
    for (JsonPlace line : lines.elements()) {
      Map<String, Double> values = new LinkedHashMap<>();
      line.entries()
          .forEach(
              (key, value) -> {
                if (!key.equals("step") && (value.node().isNumber() || value.node().isTextual())) {
                  values.put(key, value.node().asDouble(Double.NaN));
                }
              });
      entries.add(new LogEntry(line.at("step").count(0), values));
    }
    return entries;
  }

  private static Map<String, CallbackState> callbacks(JsonPlace states) {
    Map<String, CallbackState> result = new TreeMap<>();
    states
        .entries()
        .forEach(
            (key, state) -> {
              // Hugging Face makes a list of several callbacks of one class; ours have own keys.
              if (state.node().isObject()) {
                result.put(
                    key, new CallbackState(map(state.at("args")), map(state.at("attributes"))));
              } else if (!state.node().isArray()) {
                throw state.wrong("an object");
              }
            });
    return result;
  }

  private static Map<String, Object> map(JsonPlace place) {
    Map<String, Object> present = new LinkedHashMap<>();
    place
        .map()
        .forEach(
            (key, value) -> {
              if (value != null) {
                present.put(key, value);
              }
            });
    return present;
  }
}
