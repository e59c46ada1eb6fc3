// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One run on an MLflow server. Used by one thread at a time, not the one that trains, but for {@link
 * #add} and {@link #undelivered}, which any thread may call.
 *
 * <p>What fails stays to be done and is tried again with the next call.
 *
 * <p>The server makes up the id of a run, and may be slow to tell it. So a run has a key of our making in
 * a tag, by which it is found again, by a resumed run or where an answer was lost.
 */
final class MlflowRun {

  /** Limits of one {@code log-batch}. */
  private static final int METRICS_IN_A_BATCH = 1000;

  private static final int PARAMS_IN_A_BATCH = 100;

  /** What servers from 1.28 on take, in characters; those from 2.8 on take 6000. */
  private static final int PARAM_LENGTH = 500;

  private static final int TAG_LENGTH = 5000;

  /** The tag that holds the key. */
  static final String KEY_TAG = "trainer4j.run";

  /** How many metrics wait for a server that does not answer. */
  private static final int KEPT_METRICS = 100_000;

  /** A value at a step. */
  record Metric(String key, double value, long timestamp, long step) {
    Metric {
      key = MlflowName.of(key);
    }

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
  private final boolean mustExist;
  private final String key;
  private boolean mayExist;
  private final ArrayDeque<Metric> waiting = new ArrayDeque<>();
  private final Map<String, Long> known = new HashMap<>();
  private volatile @Nullable String id;
  private boolean open;
  private long dropped;

  /**
   * Names a run.
   *
   * @param name of a new run; null if the server shall make one up
   * @param id of a run to go on with, null for a new one
   * @param mustExist whether it is an error if there is no such run; else a new one takes its place
   * @param key of the run, which no other has: letters, digits and dashes
   * @param mayExist whether there may be a run of that key
   */
  MlflowRun(
      MlflowClient client,
      String experiment,
      @Nullable String name,
      @Nullable String id,
      boolean mustExist,
      Map<String, String> tags,
      Map<String, String> params,
      String key,
      boolean mayExist) {
    this.client = client;
    this.experiment = experiment;
    this.name = name;
    this.id = id;
    this.mustExist = mustExist;
    this.tags = new LinkedHashMap<>(tags);
    this.tags.put(KEY_TAG, key);
    this.params = params;
    this.key = key;
    this.mayExist = mayExist;
  }

  @Nullable String id() {
    return id;
  }

  /** Makes the run on the server, or goes on with the one whose id is known. */
  void open() throws IOException {
    if (open) {
      return;
    }
    String runId = id;
    JsonNode there = runId == null ? findByKey() : find(runId);
    if (there != null) {
      String found = runId == null ? text(there, "/info/run_id") : runId;
      id = found;
      goOn(found, there);
    } else if (mustExist) {
      throw new IOException(
          "there is no run " + runId + " on the MLflow server, or it was deleted");
    } else {
      // Known from here on: should what follows fail, the next try goes on with this run.
      String created = create();
      id = created;
      logParams(created, Set.of());
    }
    open = true;
  }

  /** Returns null for a run that is not there; the server also shows those that were deleted. */
  private @Nullable JsonNode find(String runId) throws IOException {
    try {
      JsonNode run = client.get("runs/get", "run_id", runId).path("run");
      return isDeleted(run.path("info")) ? null : run;
    } catch (MlflowClient.RefusedException e) {
      if (e.status() == 404) {
        return null;
      }
      throw e;
    }
  }

  /** Returns null unless there may be a run of the key, and there is one that was not deleted. */
  private @Nullable JsonNode findByKey() throws IOException {
    String there = mayExist ? findExperiment() : null;
    if (there == null) {
      return null;
    }
    Map<String, Object> request = new LinkedHashMap<>();
    request.put("experiment_ids", List.of(there));
    request.put("filter", "tags.`" + KEY_TAG + "` = '" + key + "'");
    request.put("max_results", 1);
    JsonNode run = client.post("runs/search", request).path("runs").path(0);
    return run.isMissingNode() ? null : run;
  }

  private static boolean isDeleted(JsonNode info) {
    return info.path("lifecycle_stage").asText().equals("deleted");
  }

  private String create() throws IOException {
    Map<String, Object> request = new LinkedHashMap<>();
    request.put("experiment_id", experimentId());
    request.put("start_time", System.currentTimeMillis());
    if (name != null) {
      request.put("run_name", name);
    }
    request.put("tags", pairs(tags, TAG_LENGTH));
    mayExist = true; // Also where the answer is lost.
    return text(client.post("runs/create", request), "/run/info/run_id");
  }

  private void goOn(String runId, JsonNode run) throws IOException {
    // A run that crashed after its checkpoint has sent some steps already.
    for (JsonNode metric : run.at("/data/metrics")) {
      known.put(metric.path("key").asText(), metric.path("step").asLong());
    }
    Set<String> there = new HashSet<>();
    run.at("/data/params").forEach(param -> there.add(param.path("key").asText()));
    JsonNode unused = client.post("runs/update", Map.of("run_id", runId, "status", "RUNNING"));
    logParams(runId, there);
  }

  /** Parameters of a run cannot be changed; those that are there stay. */
  private void logParams(String runId, Set<String> there) throws IOException {
    Map<String, String> missing = new LinkedHashMap<>(params);
    missing.keySet().removeAll(there);
    List<Map<String, String>> all = pairs(missing, PARAM_LENGTH);
    for (int from = 0; from < all.size(); from += PARAMS_IN_A_BATCH) {
      List<?> some = all.subList(from, Math.min(all.size(), from + PARAMS_IN_A_BATCH));
      JsonNode unused = client.post("runs/log-batch", Map.of("run_id", runId, "params", some));
    }
  }

  private String experimentId() throws IOException {
    String there = findExperiment();
    if (there != null) {
      return there;
    }
    try {
      return text(client.post("experiments/create", Map.of("name", experiment)), "/experiment_id");
    } catch (MlflowClient.RefusedException e) {
      // Runs that begin together all find none, and one of them makes it.
      String made = findExperiment();
      if (made == null) {
        throw e;
      }
      return made;
    }
  }

  private @Nullable String findExperiment() throws IOException {
    JsonNode answer;
    try {
      answer = client.get("experiments/get-by-name", "experiment_name", experiment);
    } catch (MlflowClient.RefusedException e) {
      if (e.status() == 404) {
        return null;
      }
      throw e;
    }
    if (isDeleted(answer.path("experiment"))) {
      throw new IOException(
          "the experiment "
              + experiment
              + " was deleted on the MLflow server; restore it or choose another name");
    }
    return text(answer, "/experiment/experiment_id");
  }

  private static String text(JsonNode answer, String pointer) throws IOException {
    String text = answer.at(pointer).asText("");
    if (text.isEmpty()) {
      throw new IOException("the answer of the MLflow server has no " + pointer);
    }
    return text;
  }

  private static List<Map<String, String>> pairs(Map<String, String> values, int longest) {
    return values.entrySet().stream()
        .map(
            entry ->
                Map.of(
                    "key",
                    MlflowName.of(entry.getKey()),
                    "value",
                    shortened(entry.getValue(), longest)))
        .toList();
  }

  private static String shortened(String value, int longest) {
    return value.length() <= longest ? value : value.substring(0, longest - 3) + "...";
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
