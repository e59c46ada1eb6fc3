// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.hub;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.ResponseInfo;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Sends requests: the token to the Hub alone, whatever it redirects to; no server is waited for in vain; what
 * passes is tried again.
 */
final class HubHttp {
  private static final Duration CONNECT = Duration.ofSeconds(10);
  private static final Set<Integer> REDIRECTS = Set.of(301, 302, 303, 307, 308);
  private static final int MOST_REDIRECTS = 10;
  private static final int LONGEST_ANSWER = 64 << 20;
  private static final String AGENT =
      "trainer4j/0.1; java/" + System.getProperty("java.specification.version");

  private final HttpClient client =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .followRedirects(HttpClient.Redirect.NEVER)
          .connectTimeout(CONNECT)
          .build();
  private final HubSettings settings;
  private final Origin hub;

  HubHttp(HubSettings settings) {
    this.settings = settings;
    hub = Origin.of(settings.endpoint());
  }

  HubSettings settings() {
    return settings;
  }

  /** Chooses where a body goes when its headers are there; null for memory. */
  @FunctionalInterface
  interface BodyPlace {
    Body.@Nullable Sink choose(int status, Map<String, String> headers) throws IOException;
  }

  /** Sends until there is an answer that does not ask for another try, and throws unless it is a success. */
  Answer send(Call call, HubErrors errors) throws IOException {
    Answer answer = sendPatiently(call, errors);
    if (answer.status() >= 400) {
      throw errors.of(answer);
    }
    return answer;
  }

  /** Sends until there is an answer that does not ask for another try. */
  Answer sendPatiently(Call call, HubErrors errors) throws IOException {
    Backoff backoff =
        call.content() == null
            ? Backoff.ofQuestion(settings.retryPause())
            : new Backoff(settings.retryPause());
    while (true) {
      try {
        Answer answer = sendOnce(call, (status, headers) -> null);
        if (!Backoff.isPassing(answer.status())) {
          return answer;
        }
        if (!backoff.pauseAfter(call, answer)) {
          throw errors.of(answer);
        }
      } catch (HubException | InterruptedIOException e) {
        throw e;
      } catch (IOException e) {
        if (!backoff.pauseAfter(call, e)) {
          throw errors.unreachable(call, e);
        }
      }
    }
  }

  /** Sends once, along all redirects. */
  Answer sendOnce(Call first, BodyPlace place) throws IOException {
    requireOnline(first);
    Call call = first;
    for (int hop = 0; hop <= MOST_REDIRECTS; hop++) {
      Answer answer = exchange(call, place);
      String location = answer.headers().get("location");
      if (!REDIRECTS.contains(answer.status()) || location == null) {
        return answer;
      }
      URI next = resolve(call.uri(), location);
      boolean sameServer = Origin.of(next).equals(Origin.of(call.uri()));
      // What is asked about a file stands in the redirect itself, not where its bytes are.
      if (call.method().equals("HEAD")
          && (!sameServer || answer.headers().containsKey("x-linked-etag"))) {
        return answer;
      }
      call = call.at(next);
    }
    throw new HubException(
        HubException.Reason.HOSTILE,
        Call.shown(first.uri()) + " redirects more than " + MOST_REDIRECTS + " times");
  }

  private void requireOnline(Call call) throws HubException {
    if (settings.offline()) {
      throw new HubException(
          HubException.Reason.OFFLINE,
          "HF_HUB_OFFLINE is set, so "
              + call.shown()
              + " is not sent; unset it, or use what the cache in "
              + settings.cacheDir()
              + " has");
    }
  }

  private URI resolve(URI from, String location) throws HubException {
    try {
      URI next = from.resolve(location);
      String scheme = Origin.of(next).scheme();
      boolean web = scheme.equals("https") || scheme.equals("http");
      boolean weaker = scheme.equals("http") && Origin.of(from).scheme().equals("https");
      if (web && !weaker && next.getHost() != null) {
        return next;
      }
    } catch (IllegalArgumentException e) {
      throw badRedirect(from);
    }
    throw badRedirect(from);
  }

  private static HubException badRedirect(URI from) {
    return new HubException(
        HubException.Reason.HOSTILE,
        Call.shown(from)
            + " redirects to something that is not followed: only https may follow https, and it must"
            + " name a host");
  }

  private Answer exchange(Call call, BodyPlace place) throws IOException {
    Activity activity = new Activity();
    Map<String, String> headers = new HashMap<>();
    ByteArrayOutputStream memory = new ByteArrayOutputStream();
    AtomicReference<@Nullable Body> body = new AtomicReference<>();
    CompletableFuture<HttpResponse<Boolean>> answer =
        client.sendAsync(
            request(call, activity),
            info -> {
              activity.note();
              Body begun = new Body(sink(info, headers, memory, place), activity);
              body.set(begun);
              return begun;
            });
    HttpResponse<Boolean> response;
    try {
      response = await(call, activity, answer);
    } finally {
      Body begun = body.get();
      if (begun != null) {
        begun.stop();
      }
    }
    return new Answer(
        response.statusCode(), headers, memory.toString(StandardCharsets.UTF_8), call.uri());
  }

  private static Body.Sink sink(
      ResponseInfo info,
      Map<String, String> headers,
      ByteArrayOutputStream memory,
      BodyPlace place) {
    info.headers()
        .map()
        .forEach((name, values) -> headers.put(name.toLowerCase(Locale.ROOT), values.get(0)));
    try {
      Body.Sink chosen = place.choose(info.statusCode(), headers);
      return chosen != null ? chosen : piece -> keep(memory, piece);
    } catch (IOException e) {
      return piece -> {
        throw e;
      };
    }
  }

  private static void keep(ByteArrayOutputStream memory, ByteBuffer piece) throws HubException {
    if (memory.size() + piece.remaining() > LONGEST_ANSWER) {
      throw new HubException(
          HubException.Reason.HOSTILE,
          "an answer of the Hub has more than " + LONGEST_ANSWER + " bytes, too many");
    }
    byte[] bytes = new byte[piece.remaining()];
    piece.get(bytes);
    memory.writeBytes(bytes);
  }

  private HttpRequest request(Call call, Activity activity) {
    HttpRequest.Builder request = HttpRequest.newBuilder(call.uri()).header("User-Agent", AGENT);
    call.headers().forEach(request::header);
    HubToken token = settings.token();
    if (token != null && call.authorized() && Origin.of(call.uri()).equals(hub)) {
      request.header("Authorization", token.authorization());
    }
    Content content = call.content();
    return request
        .method(
            call.method(), content == null ? BodyPublishers.noBody() : content.publisher(activity))
        .build();
  }

  private static <T> HttpResponse<T> await(
      Call call, Activity activity, CompletableFuture<HttpResponse<T>> answer) throws IOException {
    long tick = Math.max(1, Math.min(250, call.patience().toMillis() / 4));
    try {
      while (true) {
        try {
          return answer.get(tick, TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
          if (activity.isSilentFor(call.patience())) {
            throw new IOException(
                "nothing moved for " + call.patience().toMillis() / 1000.0 + " s", e);
          }
        }
      }
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IOException cause) {
        throw cause;
      }
      throw new IOException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while waiting for " + call.shown());
    } finally {
      boolean unused = answer.cancel(true);
    }
  }
}
