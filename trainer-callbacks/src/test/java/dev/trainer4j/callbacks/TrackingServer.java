// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The part of an MLflow tracking server that a run needs, by the contract of its REST API 2.0: paths,
 * required fields, limits of a batch, parameters that cannot change, error codes.
 */
final class TrackingServer implements AutoCloseable {

  static final class Run {
    String experiment = "";
    String name = "";
    String status = "RUNNING";
    long startTime;
    long endTime;
    final Map<String, String> tags = new TreeMap<>();
    final Map<String, String> params = new TreeMap<>();
    final Map<String, Map<Long, List<Double>>> metrics = new TreeMap<>();
  }

  private static final class Refusal extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final int status;
    private final String code;

    Refusal(int status, String code, String message) {
      super(message);
      this.status = status;
      this.code = code;
    }
  }

  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final Set<String> STATUSES =
      Set.of("RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED");

  final Map<String, String> experiments = new TreeMap<>();
  final Map<String, Run> runs = new TreeMap<>();
  final Set<String> authorizations = new TreeSet<>();
  private final HttpServer http;
  private int failures;
  private int failureStatus;
  private int requests;

  TrackingServer() throws IOException {
    http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    http.createContext("/", this::serve);
    http.start();
  }

  URI uri() {
    return URI.create("http://localhost:" + http.getAddress().getPort());
  }

  synchronized void failNext(int count, int status) {
    failures = count;
    failureStatus = status;
  }

  synchronized int requests() {
    return requests;
  }

  synchronized Run onlyRun() {
    if (runs.size() != 1) {
      throw new AssertionError("expected one run, but there are " + runs.keySet());
    }
    return runs.values().iterator().next();
  }

  private synchronized void serve(HttpExchange exchange) throws IOException {
    requests++;
    String authorization = exchange.getRequestHeaders().getFirst("Authorization");
    if (authorization != null) {
      authorizations.add(authorization);
    }
    try {
      if (failures > 0) {
        failures--;
        throw new Refusal(failureStatus, "INTERNAL_ERROR", "as the test wants it");
      }
      answer(exchange, 200, route(exchange));
    } catch (Refusal e) {
      answer(exchange, e.status, Map.of("error_code", e.code, "message", "" + e.getMessage()));
    }
  }

  private static void answer(HttpExchange exchange, int status, Object body) throws IOException {
    byte[] bytes = MAPPER.writeValueAsBytes(body);
    exchange.getResponseHeaders().add("Content-Type", "application/json");
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  private Object route(HttpExchange exchange) throws IOException {
    String call = exchange.getRequestMethod() + " " + exchange.getRequestURI().getPath();
    String query = exchange.getRequestURI().getRawQuery();
    JsonNode body = MAPPER.readTree(exchange.getRequestBody().readAllBytes());
    return switch (call.replace("/api/2.0/mlflow", "")) {
      case "GET /experiments/get-by-name" -> experiment(parameter(query, "experiment_name"));
      case "POST /experiments/create" -> createExperiment(required(body, "name"));
      case "POST /runs/create" -> createRun(body);
      case "GET /runs/get" -> describe(parameter(query, "run_id"));
      case "POST /runs/log-batch" -> log(body);
      case "POST /runs/update" -> update(body);
      default -> throw new Refusal(404, "ENDPOINT_NOT_FOUND", call);
    };
  }

  private static String parameter(@Nullable String query, String name) {
    if (query == null || !query.startsWith(name + "=")) {
      throw new Refusal(400, "INVALID_PARAMETER_VALUE", "missing " + name);
    }
    return URLDecoder.decode(query.substring(name.length() + 1), StandardCharsets.UTF_8);
  }

  private static String required(JsonNode body, String name) {
    if (!body.path(name).isTextual() || body.path(name).asText().isEmpty()) {
      throw new Refusal(400, "INVALID_PARAMETER_VALUE", "missing " + name);
    }
    return body.path(name).asText();
  }

  private Object experiment(String name) {
    String id = experiments.get(name);
    if (id == null) {
      throw new Refusal(404, "RESOURCE_DOES_NOT_EXIST", "no experiment " + name);
    }
    return Map.of("experiment", Map.of("experiment_id", id, "name", name));
  }

  private Object createExperiment(String name) {
    if (experiments.putIfAbsent(name, "" + (experiments.size() + 1)) != null) {
      throw new Refusal(400, "RESOURCE_ALREADY_EXISTS", name);
    }
    return Map.of("experiment_id", "" + experiments.get(name));
  }

  private Object createRun(JsonNode body) {
    Run run = new Run();
    run.experiment = required(body, "experiment_id");
    if (!experiments.containsValue(run.experiment)) {
      throw new Refusal(404, "RESOURCE_DOES_NOT_EXIST", run.experiment);
    }
    run.name = body.path("run_name").asText("made-up-name");
    run.startTime = body.path("start_time").asLong();
    body.path("tags").forEach(tag -> run.tags.put(required(tag, "key"), required(tag, "value")));
    String id = "run" + (runs.size() + 1);
    runs.put(id, run);
    return Map.of("run", Map.of("info", Map.of("run_id", id, "status", run.status)));
  }

  private Run find(String id) {
    Run run = runs.get(id);
    if (run == null) {
      throw new Refusal(404, "RESOURCE_DOES_NOT_EXIST", "no run " + id);
    }
    return run;
  }

  /** As the real one does, it gives the last value of each metric. */
  private Object describe(String id) {
    Run run = find(id);
    List<Object> last = new ArrayList<>();
    run.metrics.forEach(
        (key, steps) -> {
          long step = ((TreeMap<Long, List<Double>>) steps).lastKey();
          last.add(Map.of("key", key, "step", step, "value", "" + steps.get(step).get(0)));
        });
    return Map.of(
        "run",
        Map.of(
            "info", Map.of("run_id", id, "status", run.status), "data", Map.of("metrics", last)));
  }

  private Object log(JsonNode body) {
    Run run = find(required(body, "run_id"));
    if (body.path("metrics").size() > 1000
        || body.path("params").size() > 100
        || body.path("tags").size() > 100) {
      throw new Refusal(400, "INVALID_PARAMETER_VALUE", "the batch is too large");
    }
    for (JsonNode param : body.path("params")) {
      String key = required(param, "key");
      String value = param.path("value").asText();
      String before = run.params.putIfAbsent(key, value);
      if (value.length() > 500 || (before != null && !before.equals(value))) {
        throw new Refusal(400, "INVALID_PARAMETER_VALUE", "parameter " + key);
      }
    }
    for (JsonNode metric : body.path("metrics")) {
      if (!metric.path("timestamp").isIntegralNumber() || !metric.has("value")) {
        throw new Refusal(400, "INVALID_PARAMETER_VALUE", "metric " + metric);
      }
      run.metrics
          .computeIfAbsent(required(metric, "key"), key -> new TreeMap<>())
          .computeIfAbsent(metric.path("step").asLong(), step -> new ArrayList<>())
          .add(metric.path("value").asDouble(Double.NaN));
    }
    return Map.of();
  }

  private Object update(JsonNode body) {
    Run run = find(required(body, "run_id"));
    String status = required(body, "status");
    if (!STATUSES.contains(status)) {
      throw new Refusal(400, "INVALID_PARAMETER_VALUE", status);
    }
    run.status = status;
    run.endTime = body.path("end_time").asLong();
    return Map.of("run_info", Map.of("status", status));
  }

  @Override
  public void close() {
    http.stop(0);
  }
}
