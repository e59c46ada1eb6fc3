// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** The calls of MLflow's REST API 2.0, with retries. Blocks: not for the thread that trains. */
final class MlflowClient {

  /** What an answer of a few megabytes makes of itself stays small: each token is an object. */
  private static final ObjectMapper MAPPER =
      new ObjectMapper(
          JsonFactory.builder()
              .streamReadConstraints(
                  StreamReadConstraints.builder()
                      .maxTokenCount(200_000)
                      .maxNestingDepth(100)
                      .build())
              .build());

  /** A run with thousands of parameters and metrics is described in less. */
  private static final int LONGEST_ANSWER = 4 << 20;

  private static final Duration TIMEOUT = Duration.ofSeconds(10);
  private static final int TRIES = 3;

  private final HttpClient http = HttpClient.newBuilder().connectTimeout(TIMEOUT).build();
  private final String base;
  private final @Nullable String authorization;
  private final Duration pause;

  /**
   * Names a server.
   *
   * @param trackingUri its address, without a login
   * @param authorization value of the header, if the server wants one
   * @param pause time between two tries; doubles with each
   */
  MlflowClient(URI trackingUri, @Nullable String authorization, Duration pause) {
    String text = trackingUri.toString();
    base = text.endsWith("/") ? text.substring(0, text.length() - 1) : text;
    this.authorization = authorization;
    this.pause = pause;
  }

  /** What the server said no to; trying again is of no use. */
  static final class RefusedException extends IOException {
    private static final long serialVersionUID = 1L;
    private final int status;

    RefusedException(int status, String message) {
      super(message);
      this.status = status;
    }

    int status() {
      return status;
    }
  }

  JsonNode get(String path, String parameter, String value) throws IOException {
    String query = parameter + "=" + URLEncoder.encode(value, StandardCharsets.UTF_8);
    return send(request(path + "?" + query).GET().build());
  }

  JsonNode post(String path, Map<String, ?> body) throws IOException {
    String json = MAPPER.writeValueAsString(body);
    return send(
        request(path)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(json))
            .build());
  }

  private HttpRequest.Builder request(String path) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(base + "/api/2.0/mlflow/" + path)).timeout(TIMEOUT);
    if (authorization != null) {
      request.header("Authorization", authorization);
    }
    return request;
  }

  private JsonNode send(HttpRequest request) throws IOException {
    Duration wait = pause;
    for (int attempt = 1; ; attempt++) {
      try {
        HttpResponse<String> response = answer(request);
        if (response.statusCode() == 200) {
          return parse(request, response.body());
        }
        String message = request.uri() + " answered " + response.statusCode();
        if (!isPassing(response.statusCode())) {
          throw new RefusedException(
              response.statusCode(), message + ": " + abbreviated(response.body()));
        }
        if (attempt == TRIES) {
          throw new IOException(message);
        }
      } catch (RefusedException e) {
        throw e;
      } catch (InterruptedIOException e) {
        throw e;
      } catch (AnswerText.TooLongException e) {
        throw new RefusedException(200, request.uri() + ": " + e.getMessage());
      } catch (IOException e) {
        if (attempt == TRIES) {
          throw new IOException(request.uri() + ": " + e, e);
        }
      }
      sleep(wait);
      wait = wait.multipliedBy(2);
    }
  }

  /** The time of a request ends with the headers of its answer; this one ends with its last byte. */
  private HttpResponse<String> answer(HttpRequest request) throws IOException {
    CompletableFuture<HttpResponse<String>> answer =
        http.sendAsync(request, headers -> new AnswerText(LONGEST_ANSWER));
    try {
      return answer.get(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw new IOException("no whole answer within " + TIMEOUT.toSeconds() + " s", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IOException cause) {
        throw cause;
      }
      throw new IOException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while waiting for " + request.uri());
    } finally {
      boolean unused = answer.cancel(true);
    }
  }

  private static JsonNode parse(HttpRequest request, String body) throws IOException {
    try {
      return MAPPER.readTree(body);
    } catch (JsonProcessingException e) {
      throw new RefusedException(
          200, request.uri() + " did not answer with JSON: " + abbreviated(body));
    }
  }

  /** Too many requests, or trouble on the server's side. */
  private static boolean isPassing(int status) {
    return status == 408 || status == 429 || status >= 500;
  }

  private static String abbreviated(String body) {
    String line = body.substring(0, Math.min(body.length(), 300)).replaceAll("\\p{Cntrl}+", " ");
    return body.length() <= 300 ? line : line + "...";
  }

  private static void sleep(Duration time) throws IOException {
    try {
      Thread.sleep(time.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted between two tries");
    }
  }
}
