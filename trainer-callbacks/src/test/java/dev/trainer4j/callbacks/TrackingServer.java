// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The part of an MLflow tracking server that a run needs, by the contract of its REST API 2.0 and the
 * checks of its validation.py: paths, required fields, names, limits of a batch, parameters that cannot
 * change, what was deleted, error codes.
 */
final class TrackingServer implements AutoCloseable {

  static final class Run {
    String experiment = "";
    String name = "";
    String status = "RUNNING";
    long startTime;
    long endTime;
    boolean deleted;
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
  private static final int LARGEST_BATCH = 1_000_000;
  private static final Pattern NAME =
      Pattern.compile("[/\\w.\\- ]*", Pattern.UNICODE_CHARACTER_CLASS);
  private static final Pattern TAG_FILTER = Pattern.compile("tags\\.`([^`]+)` = '([^']*)'");
  private static final Set<String> STATUSES =
      Set.of("RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED");

  final Map<String, String> experiments = new TreeMap<>();
  final Set<String> deletedExperiments = new TreeSet<>();
  final Map<String, Run> runs = new TreeMap<>();
  final Set<String> authorizations = new TreeSet<>();
  private final HttpServer http;
  private String failing = "";
  private int failures;
  private int failureStatus;
  private final List<String> calls = new ArrayList<>();
  private volatile CountDownLatch gate = new CountDownLatch(0);
  private volatile @Nullable String odd;
  private volatile boolean endless;
  private volatile long sent;

  TrackingServer() throws IOException {
    http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    http.createContext("/", this::receive);
    http.start();
  }

  URI uri() {
    return URI.create("http://localhost:" + http.getAddress().getPort());
  }

  synchronized void failNext(int count, int status) {
    failNext("", count, status);
  }

  /** Answers the next calls whose path ends with {@code call} with an error. */
  synchronized void failNext(String call, int count, int status) {
    failing = call;
    failures = count;
    failureStatus = status;
  }

  /** Says nothing to anybody until {@link #release}. */
  void hold() {
    gate = new CountDownLatch(1);
  }

  void release() {
    gate.countDown();
  }

  /** Answers every call with this text from now on. */
  void answerOddly(String text) {
    odd = text;
  }

  /** Answers every call without end from now on. */
  void answerEndlessly() {
    endless = true;
  }

  /** The bytes of answers without end that somebody took. */
  long sent() {
    return sent;
  }

  synchronized int requests() {
    return calls.size();
  }

  /** How many calls there were whose path ends with this. */
  synchronized long requests(String call) {
    return calls.stream().filter(path -> path.endsWith(call)).count();
  }

  private void receive(HttpExchange exchange) throws IOException {
    try {
      gate.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (endless) {
      count(exchange);
      exchange.sendResponseHeaders(200, 0);
      byte[] some = new byte[1 << 16];
      Arrays.fill(some, (byte) '[');
      try (OutputStream out = exchange.getResponseBody()) {
        // More than any client should take, and an end should one take it all the same.
        for (sent = 0; sent < 1 << 28; sent += some.length) {
          out.write(some);
        }
      }
      return;
    }
    serve(exchange);
  }

  private synchronized void count(HttpExchange exchange) {
    calls.add(exchange.getRequestURI().getPath());
  }

  synchronized Run onlyRun() {
    if (runs.size() != 1) {
      throw new AssertionError("expected one run, but there are " + runs.keySet());
    }
    return runs.values().iterator().next();
  }

  private synchronized void serve(HttpExchange exchange) throws IOException {
    count(exchange);
    String authorization = exchange.getRequestHeaders().getFirst("Authorization");
    if (authorization != null) {
      authorizations.add(authorization);
    }
    String text = odd;
    if (text != null) {
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      exchange.sendResponseHeaders(200, bytes.length);
      exchange.getResponseBody().write(bytes);
      exchange.close();
      return;
    }
    try {
      if (failures > 0 && exchange.getRequestURI().getPath().endsWith(failing)) {
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
    byte[] bytes = exchange.getRequestBody().readAllBytes();
    if (call.endsWith("log-batch") && bytes.length > LARGEST_BATCH) {
      throw invalid("a request of " + bytes.length + " bytes");
    }
    JsonNode body = MAPPER.readTree(bytes);
    return switch (call.replace("/api/2.0/mlflow", "")) {
      case "GET /experiments/get-by-name" -> experiment(parameter(query, "experiment_name"));
      case "POST /experiments/create" -> createExperiment(required(body, "name"));
      case "POST /runs/create" -> createRun(body);
      case "POST /runs/search" -> search(body);
      case "GET /runs/get" -> describe(parameter(query, "run_id"));
      case "POST /runs/log-batch" -> log(body);
      case "POST /runs/update" -> update(body);
      default -> throw new Refusal(404, "ENDPOINT_NOT_FOUND", call);
    };
  }

  private static String parameter(@Nullable String query, String name) {
    if (query == null || !query.startsWith(name + "=")) {
      throw invalid("missing " + name);
    }
    return URLDecoder.decode(query.substring(name.length() + 1), StandardCharsets.UTF_8);
  }

  private static Refusal invalid(String message) {
    return new Refusal(400, "INVALID_PARAMETER_VALUE", message);
  }

  /** A name of a metric, parameter or tag. */
  private static String name(JsonNode entity) {
    String name = required(entity, "key");
    String norm = Path.of(name).normalize().toString();
    if (!NAME.matcher(name).matches()
        || !norm.equals(name)
        || norm.startsWith("..")
        || norm.startsWith("/")
        || name.length() > 250) {
      throw invalid("Invalid name: " + name);
    }
    return name;
  }

  private static String value(JsonNode entity, int longest) {
    String value = entity.path("value").asText();
    if (value.length() > longest) {
      throw invalid(entity.path("key") + " had length " + value.length());
    }
    return value;
  }

  private static String required(JsonNode body, String name) {
    if (!body.path(name).isTextual() || body.path(name).asText().isEmpty()) {
      throw invalid("missing " + name);
    }
    return body.path(name).asText();
  }

  private Object experiment(String name) {
    String id = experiments.get(name);
    if (id == null) {
      throw new Refusal(404, "RESOURCE_DOES_NOT_EXIST", "no experiment " + name);
    }
    return Map.of(
        "experiment",
        Map.of(
            "experiment_id",
            id,
            "name",
            name,
            "lifecycle_stage",
            deletedExperiments.contains(name) ? "deleted" : "active"));
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
    body.path("tags").forEach(tag -> run.tags.put(name(tag), value(tag, 5000)));
    String id = "run" + (runs.size() + 1);
    runs.put(id, run);
    return Map.of("run", Map.of("info", Map.of("run_id", id, "status", run.status)));
  }

  /** Knows one filter, an exact tag, as the grammar of filters has it. */
  private Object search(JsonNode body) {
    Matcher filter = TAG_FILTER.matcher(required(body, "filter"));
    if (!filter.matches() || !body.path("experiment_ids").isArray()) {
      throw invalid("filter " + body);
    }
    String experiment = body.path("experiment_ids").path(0).asText();
    return Map.of(
        "runs",
        runs.entrySet().stream()
            .filter(run -> run.getValue().experiment.equals(experiment) && !run.getValue().deleted)
            .filter(run -> filter.group(2).equals(run.getValue().tags.get(filter.group(1))))
            .limit(body.path("max_results").asInt(1000))
            .map(run -> ((Map<?, ?>) describe(run.getKey())).get("run"))
            .toList());
  }

  private Run find(String id) {
    Run run = runs.get(id);
    if (run == null) {
      throw new Refusal(404, "RESOURCE_DOES_NOT_EXIST", "no run " + id);
    }
    return run;
  }

  private Run active(String id) {
    Run run = find(id);
    if (run.deleted) {
      throw invalid("The run " + id + " must be in the 'active' state");
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
            "info",
            Map.of(
                "run_id",
                id,
                "status",
                run.status,
                "lifecycle_stage",
                run.deleted ? "deleted" : "active"),
            "data",
            Map.of(
                "metrics",
                last,
                "params",
                run.params.entrySet().stream()
                    .map(param -> Map.of("key", param.getKey(), "value", param.getValue()))
                    .toList())));
  }

  private Object log(JsonNode body) {
    Run run = active(required(body, "run_id"));
    int metrics = body.path("metrics").size();
    int params = body.path("params").size();
    int tags = body.path("tags").size();
    if (metrics > 1000 || params > 100 || tags > 100 || metrics + params + tags > 1000) {
      throw invalid("the batch is too large");
    }
    for (JsonNode param : body.path("params")) {
      String key = name(param);
      String value = value(param, 500);
      String before = run.params.putIfAbsent(key, value);
      if (before != null && !before.equals(value)) {
        throw invalid("parameter " + key);
      }
    }
    for (JsonNode metric : body.path("metrics")) {
      if (!metric.path("timestamp").isIntegralNumber() || !metric.has("value")) {
        throw invalid("metric " + metric);
      }
      run.metrics
          .computeIfAbsent(name(metric), key -> new TreeMap<>())
          .computeIfAbsent(metric.path("step").asLong(), step -> new ArrayList<>())
          .add(metric.path("value").asDouble(Double.NaN));
    }
    return Map.of();
  }

  private Object update(JsonNode body) {
    Run run = active(required(body, "run_id"));
    String status = required(body, "status");
    if (!STATUSES.contains(status)) {
      throw invalid(status);
    }
    run.status = status;
    run.endTime = body.path("end_time").asLong();
    return Map.of("run_info", Map.of("status", status));
  }

  @Override
  public void close() {
    gate.countDown();
    http.stop(0);
  }
}
