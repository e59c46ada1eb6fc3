// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One run on an MLflow server. Used by one thread at a time, not the one that trains, but for {@link
 * #add} and {@link #undelivered}, which any thread may call.
 *
 * <p>What fails stays to be done and is tried again with the next call.
 */
final class MlflowRun {

  /** Limits of one {@code log-batch}. */
  private static final int METRICS_IN_A_BATCH = 1000;

  private static final int PARAMS_IN_A_BATCH = 100;

  /** The least that a server of whatever version takes. */
  private static final int VALUE_LENGTH = 500;

  /** How many metrics wait for a server that does not answer. */
  private static final int KEPT_METRICS = 100_000;

  /** A value at a step. */
  record Metric(String key, double value, long timestamp, long step) {
    Map<String, Object> json() {
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("key", key);
      // As text where JSON has no number for it, which is how protocol buffers read it.
      json.put("value", Double.isFinite(value) ? (Object) value : Double.toString(value));
      json.put("timestamp", timestamp);
      json.put("step", step);
      return json;
    }
  }

  private final MlflowClient client;
  private final String experiment;
  private final @Nullable String name;
  private final Map<String, String> tags;
  private final Map<String, String> params;
  private final ArrayDeque<Metric> waiting = new ArrayDeque<>();
  private final Map<String, Long> known = new HashMap<>();
  private volatile @Nullable String id;
  private boolean open;
  private long dropped;

  MlflowRun(
      MlflowClient client,
      String experiment,
      @Nullable String name,
      @Nullable String id,
      Map<String, String> tags,
      Map<String, String> params) {
    this.client = client;
    this.experiment = experiment;
    this.name = name;
    this.id = id;
    this.tags = tags;
    this.params = params;
  }

  @Nullable String id() {
    return id;
  }

  /** Makes the run on the server, or goes on with the one whose id was saved. */
  void open() throws IOException {
    if (open) {
      return;
    }
    String runId = id;
    if (runId != null && goOn(runId)) {
      open = true;
      return;
    }
    Map<String, Object> request = new LinkedHashMap<>();
    request.put("experiment_id", experimentId());
    request.put("start_time", System.currentTimeMillis());
    if (name != null) {
      request.put("run_name", name);
    }
    request.put("tags", pairs(tags));
    String created = text(client.post("runs/create", request), "/run/info/run_id");
    id = created;
    List<Map<String, String>> all = pairs(params);
    for (int from = 0; from < all.size(); from += PARAMS_IN_A_BATCH) {
      List<?> some = all.subList(from, Math.min(all.size(), from + PARAMS_IN_A_BATCH));
      JsonNode unused = client.post("runs/log-batch", Map.of("run_id", created, "params", some));
    }
    open = true;
  }

  /** Parameters of a run cannot be changed; those of its first part stay. */
  private boolean goOn(String runId) throws IOException {
    JsonNode run;
    try {
      run = client.get("runs/get", "run_id", runId);
    } catch (MlflowClient.RefusedException e) {
      if (e.status() == 404) {
        return false; // It was deleted, or this is another server.
      }
      throw e;
    }
    // A run that crashed after its checkpoint has sent some steps already.
    for (JsonNode metric : run.at("/run/data/metrics")) {
      known.put(metric.path("key").asText(), metric.path("step").asLong());
    }
    JsonNode unused = client.post("runs/update", Map.of("run_id", runId, "status", "RUNNING"));
    return true;
  }

  private String experimentId() throws IOException {
    try {
      return text(
          client.get("experiments/get-by-name", "experiment_name", experiment),
          "/experiment/experiment_id");
    } catch (MlflowClient.RefusedException e) {
      if (e.status() != 404) {
        throw e;
      }
      return text(client.post("experiments/create", Map.of("name", experiment)), "/experiment_id");
    }
  }

  private static String text(JsonNode answer, String pointer) throws IOException {
    String text = answer.at(pointer).asText("");
    if (text.isEmpty()) {
      throw new IOException("the answer of the MLflow server has no " + pointer);
    }
    return text;
  }

  private static List<Map<String, String>> pairs(Map<String, String> values) {
    return values.entrySet().stream()
        .map(entry -> Map.of("key", entry.getKey(), "value", shortened(entry.getValue())))
        .toList();
  }

  private static String shortened(String value) {
    return value.length() <= VALUE_LENGTH ? value : value.substring(0, VALUE_LENGTH - 3) + "...";
  }

  /** Keeps a value for the next {@link #flush}; the oldest gives way if there are too many. */
  synchronized void add(Metric metric) {
    waiting.addLast(metric);
    dropOldest();
  }

  private void dropOldest() {
    while (waiting.size() > KEPT_METRICS) {
      waiting.removeFirst();
      dropped++;
    }
  }

  private synchronized List<Metric> take() {
    List<Metric> some = new ArrayList<>();
    while (some.size() < METRICS_IN_A_BATCH && !waiting.isEmpty()) {
      Metric metric = waiting.removeFirst();
      if (metric.step() > known.getOrDefault(metric.key(), -1L)) {
        some.add(metric);
      }
    }
    return some;
  }

  private synchronized void putBack(List<Metric> some) {
    for (int i = some.size() - 1; i >= 0; i--) {
      waiting.addFirst(some.get(i));
    }
    dropOldest();
  }

  /** Sends what waits. */
  void flush() throws IOException {
    open();
    String runId = id;
    for (List<Metric> some = take(); !some.isEmpty(); some = take()) {
      try {
        JsonNode unused =
            client.post(
                "runs/log-batch",
                Map.of(
                    "run_id",
                    runId == null ? "" : runId,
                    "metrics",
                    some.stream().map(Metric::json).toList()));
      } catch (IOException | RuntimeException e) {
        putBack(some);
        throw e;
      }
    }
  }

  /** Says how the run ended, after sending what waits. */
  void finish(String status) throws IOException {
    flush();
    String runId = id;
    JsonNode unused =
        client.post(
            "runs/update",
            Map.of(
                "run_id",
                runId == null ? "" : runId,
                "status",
                status,
                "end_time",
                System.currentTimeMillis()));
  }

  /** Returns how many metrics the server has not got. */
  synchronized long undelivered() {
    return waiting.size() + dropped;
  }
}
