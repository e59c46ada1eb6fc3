// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.state;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.core.util.Separators;
import com.fasterxml.jackson.core.util.Separators.Spacing;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
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
      JsonMapper.builder()
          .enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(com.fasterxml.jackson.core.json.JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
          .build();

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
   * @throws IllegalArgumentException if the text is no trainer state
   */
  public static TrainerState read(String text, String source) {
    try {
      JsonNode json = MAPPER.readTree(text);
      if (json == null || !json.isObject() || !json.path("global_step").isNumber()) {
        throw new IllegalArgumentException(
            source + " is no trainer state: expected a JSON object with global_step");
      }
      return new TrainerState(
          json.path("epoch").asDouble(0),
          json.path("global_step").asLong(),
          json.path("max_steps").asLong(0),
          json.path("logging_steps").asLong(500),
          json.path("eval_steps").asLong(500),
          json.path("save_steps").asLong(500),
          json.path("train_batch_size").asInt(0),
          json.path("num_train_epochs").asLong(0),
          json.path("num_input_tokens_seen").asLong(0),
          json.path("total_flos").asDouble(0),
          logHistory(json.path("log_history")),
          json.hasNonNull("best_metric") ? json.get("best_metric").asDouble() : null,
          json.hasNonNull("best_global_step") ? json.get("best_global_step").asLong() : null,
          json.hasNonNull("best_model_checkpoint")
              ? json.get("best_model_checkpoint").asText()
              : null,
          json.path("is_local_process_zero").asBoolean(true),
          json.path("is_world_process_zero").asBoolean(true),
          callbacks(json.path("stateful_callbacks")));
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(source + " is not JSON: " + e.getOriginalMessage(), e);
    }
  }

  private static List<LogEntry> logHistory(JsonNode lines) {
    List<LogEntry> entries = new ArrayList<>();
    for (JsonNode line : lines) {
      Map<String, Double> values = new LinkedHashMap<>();
      line.properties()
          .forEach(
              field -> {
                JsonNode value = field.getValue();
                if (!field.getKey().equals("step") && (value.isNumber() || value.isTextual())) {
                  values.put(field.getKey(), value.asDouble(Double.NaN));
                }
              });
      entries.add(new LogEntry(line.path("step").asLong(), values));
    }
    return entries;
  }

  private static Map<String, CallbackState> callbacks(JsonNode states) {
    Map<String, CallbackState> result = new TreeMap<>();
    states
        .properties()
        .forEach(
            field -> {
              // Hugging Face makes a list of several callbacks of one class; ours have own keys.
              if (field.getValue().isObject()) {
                result.put(
                    field.getKey(),
                    new CallbackState(
                        map(field.getValue().path("args")),
                        map(field.getValue().path("attributes"))));
              }
            });
    return result;
  }

  private static Map<String, Object> map(JsonNode node) {
    Map<String, Object> values =
        node.isObject()
            ? MAPPER.convertValue(node, new TypeReference<Map<String, Object>>() {})
            : Map.of();
    Map<String, Object> present = new LinkedHashMap<>(values);
    present.values().removeIf(java.util.Objects::isNull);
    return present;
  }
}
