// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;

/** Moves the mouse in a page and asks its scripts, by Chromium's DevTools protocol. */
final class DevTools implements AutoCloseable {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final long PATIENCE_SECONDS = 240;

  /** What a page answers that goes while it is asked. */
  private static final String GONE = "Inspected target navigated or closed";

  private final Process browser;
  private final WebSocket socket;
  private final AtomicInteger calls = new AtomicInteger();
  private final Map<Integer, CompletableFuture<JsonNode>> answers = new ConcurrentHashMap<>();

  /** Talks to the only page of a browser that has just been started. */
  DevTools(Process browser, Path profile) throws Exception {
    this.browser = browser;
    Path port = profile.resolve("DevToolsActivePort");
    until("the browser listens", () -> Files.exists(port) && Files.readAllLines(port).size() > 1);
    HttpClient http = HttpClient.newHttpClient();
    URI list = URI.create("http://127.0.0.1:" + Files.readAllLines(port).get(0) + "/json/list");
    String pages =
        http.send(HttpRequest.newBuilder(list).build(), HttpResponse.BodyHandlers.ofString(UTF_8))
            .body();
    String address = "";
    for (JsonNode target : JSON.readTree(pages)) {
      if (target.path("type").asText().equals("page")) {
        address = target.path("webSocketDebuggerUrl").asText();
      }
    }
    assertThat(address).as(pages).isNotEmpty();
    socket =
        http.newWebSocketBuilder()
            .buildAsync(URI.create(address), new Answers())
            .get(PATIENCE_SECONDS, TimeUnit.SECONDS);
  }

  private final class Answers implements WebSocket.Listener {
    private final StringBuilder text = new StringBuilder();

    @Override
    public CompletionStage<?> onText(WebSocket source, CharSequence data, boolean last) {
      text.append(data);
      if (last) {
        answer(text.toString());
        text.setLength(0);
      }
      source.request(1);
      return CompletableFuture.completedStage(null);
    }

    private void answer(String message) {
      try {
        JsonNode json = JSON.readTree(message);
        CompletableFuture<JsonNode> waiting = answers.remove(json.path("id").asInt(-1));
        if (waiting != null) {
          waiting.complete(json);
        }
      } catch (IOException e) {
        throw new java.io.UncheckedIOException(e);
      }
    }
  }

  private JsonNode call(String method, Map<String, ?> parameters) throws Exception {
    int id = calls.incrementAndGet();
    CompletableFuture<JsonNode> answer = new CompletableFuture<>();
    answers.put(id, answer);
    String message =
        JSON.writeValueAsString(Map.of("id", id, "method", method, "params", parameters));
    socket.sendText(message, true).get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    JsonNode json = answer.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    if (json.path("error").path("message").asText().equals(GONE)) {
      return MissingNode.getInstance();
    }
    assertThat(json.has("error")).as("%s", json).isFalse();
    return json.get("result");
  }

  /** Returns the value of a JavaScript expression; missing while a page is loading. */
  JsonNode evaluate(String expression) throws Exception {
    return call("Runtime.evaluate", Map.of("expression", expression, "returnByValue", true))
        .path("result")
        .path("value");
  }

  /** Waits until the value of an expression is as wanted. */
  JsonNode await(String expression, Predicate<JsonNode> wanted) throws Exception {
    until(expression, () -> wanted.test(evaluate(expression)));
    return evaluate(expression);
  }

  private interface Condition {
    boolean holds() throws Exception;
  }

  private static void until(String what, Condition condition) throws Exception {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (!condition.holds()) {
      assertThat(System.nanoTime()).as("%s, in time", what).isLessThan(end);
      Thread.sleep(50);
    }
  }

  void moveTo(double x, double y) throws Exception {
    mouse("mouseMoved", x, y, "none", 0);
  }

  /** Presses the left button at one point and lets go at another of the same height. */
  void drag(double fromX, double toX, double y) throws Exception {
    moveTo(fromX, y);
    mouse("mousePressed", fromX, y, "left", 1);
    for (double share : List.of(0.25, 0.5, 0.75, 1.0)) {
      mouse("mouseMoved", fromX + share * (toX - fromX), y, "left", 1);
    }
    mouse("mouseReleased", toX, y, "left", 1);
  }

  void doubleClick(double x, double y) throws Exception {
    for (int click = 1; click <= 2; click++) {
      mouse("mousePressed", x, y, "left", click);
      mouse("mouseReleased", x, y, "left", click);
    }
  }

  private void mouse(String type, double x, double y, String button, int clicks) throws Exception {
    call(
        "Input.dispatchMouseEvent",
        Map.of(
            "type", type,
            "x", x,
            "y", y,
            "button", button,
            "buttons", button.equals("left") && !type.equals("mouseReleased") ? 1 : 0,
            "clickCount", clicks));
  }

  @Override
  public void close() throws Exception {
    JsonNode unused = call("Browser.close", Map.of());
    if (!browser.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
      browser.descendants().forEach(ProcessHandle::destroyForcibly);
      browser.destroyForcibly();
    }
    socket.abort();
  }
}
