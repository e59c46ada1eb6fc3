// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.hub;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.ConnectException;
import java.net.http.HttpConnectTimeoutException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The pauses between the tries of one request: twice as long each time, scattered, or as the server says. */
final class Backoff {
  private static final Logger LOGGER = LoggerFactory.getLogger(Backoff.class);
  private static final Set<Integer> PASSING = Set.of(408, 429, 500, 502, 503, 504);
  private static final int TRIES = 5;
  private static final Duration LONGEST = Duration.ofSeconds(8);

  /** Who has to wait longer than this wants to know it. */
  private static final Duration LONGEST_ASKED_FOR = Duration.ofMinutes(5);

  private static final Pattern RATE_LIMIT =
      Pattern.compile("r\\s*=\\s*0\\s*;\\s*t\\s*=\\s*(\\d{1,9})");

  private final Duration first;
  private final int triesToConnect;
  private int tries;

  /** For what must arrive. */
  Backoff(Duration first) {
    this(first, TRIES);
  }

  private Backoff(Duration first, int triesToConnect) {
    this.first = first;
    this.triesToConnect = triesToConnect;
  }

  /** For a question that begins something: where nobody is there at all, the cache, or whoever asked, has an answer at once. */
  static Backoff ofQuestion(Duration first) {
    return new Backoff(first, 2);
  }

  static boolean isPassing(int status) {
    return PASSING.contains(status);
  }

  /** Begins anew: something has moved since. */
  void reset() {
    tries = 0;
  }

  /** Waits before another try; false if there have been enough. */
  boolean pauseAfter(Call call, Answer answer) throws IOException {
    Duration asked = asked(answer);
    return asked.compareTo(LONGEST_ASKED_FOR) <= 0
        && pause(call, "it answered " + answer.status(), asked);
  }

  /** Waits before another try; false if there have been enough. */
  boolean pauseAfter(Call call, IOException failure) throws IOException {
    boolean nobody =
        failure instanceof ConnectException || failure instanceof HttpConnectTimeoutException;
    if (nobody && tries + 1 >= triesToConnect) {
      return false;
    }
    return pause(call, NoAnswer.why(failure), Duration.ZERO);
  }

  private boolean pause(Call call, String why, Duration atLeast) throws IOException {
    tries++;
    if (tries >= TRIES) {
      return false;
    }
    Duration pause = first.multipliedBy(1L << (tries - 1));
    pause = pause.compareTo(LONGEST) > 0 ? LONGEST : pause;
    // Clients that failed together should not come back together.
    long scattered = (long) (pause.toMillis() * ThreadLocalRandom.current().nextDouble(0.5, 1.0));
    long millis = atLeast.toMillis() + scattered;
    LOGGER.info(
        "{}: {}; next try in {} s ({} of {})",
        call.shown(),
        why,
        millis / 1000.0,
        tries + 1,
        TRIES);
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted between two tries of " + call.shown());
    }
    return true;
  }

  /** What {@code Retry-After}, or the Hub's own {@code RateLimit}, asks for. */
  static Duration asked(Answer answer) {
    Matcher limit = RATE_LIMIT.matcher(answer.headers().getOrDefault("ratelimit", ""));
    if (answer.status() == 429 && limit.find()) {
      return Duration.ofSeconds(Long.parseLong(limit.group(1)));
    }
    String value = answer.headers().getOrDefault("retry-after", "").strip();
    if (value.matches("\\d{1,9}")) {
      return Duration.ofSeconds(Long.parseLong(value));
    }
    try {
      Instant until = ZonedDateTime.parse(value, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
      Duration wait = Duration.between(Instant.now(), until);
      return wait.isNegative() ? Duration.ZERO : wait;
    } catch (DateTimeException e) {
      return Duration.ZERO; // Neither a number nor a date: our own pause.
    }
  }
}
