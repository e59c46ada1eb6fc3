// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Stretches of time as people write them: {@code 30min}, {@code 1h30min}, {@code 90s}. */
final class Durations {
  private Durations() {}

  /** A bare number is refused: it could be seconds or minutes. */
  static ValueType<Duration> type() {
    return ValueType.<Duration>of(
            Duration.class,
            "a time above 0 in d, h, min, s and ms, such as 30min or 1h30min",
            raw -> raw instanceof String text ? parse(text.strip()) : Optional.empty())
        // Finer than can be written would not read back equal.
        .where(
            time ->
                time.compareTo(Duration.ZERO) > 0
                    && time.truncatedTo(ChronoUnit.MILLIS).equals(time))
        .writing(Durations::write);
  }

  private static final Map<String, Duration> UNITS = new LinkedHashMap<>();

  static {
    UNITS.put("d", Duration.ofDays(1));
    UNITS.put("h", Duration.ofHours(1));
    UNITS.put("min", Duration.ofMinutes(1));
    UNITS.put("s", Duration.ofSeconds(1));
    UNITS.put("ms", Duration.ofMillis(1));
  }

  private static final Pattern TEXT =
      Pattern.compile(
          "(?:(\\d{1,9})d)? ?(?:(\\d{1,9})h)? ?(?:(\\d{1,9})min)? ?(?:(\\d{1,9})s)? ?(?:(\\d{1,9})ms)?");

  private static Optional<Duration> parse(String text) {
    Matcher matcher = TEXT.matcher(text);
    if (text.isEmpty() || !matcher.matches()) {
      return Optional.empty();
    }
    Duration sum = Duration.ZERO;
    int group = 1;
    for (Duration unit : UNITS.values()) {
      String count = matcher.group(group++);
      if (count != null) {
        sum = sum.plus(unit.multipliedBy(Long.parseLong(count)));
      }
    }
    return Optional.of(sum);
  }

  private static String write(Duration time) {
    StringBuilder text = new StringBuilder();
    Duration rest = time;
    for (Map.Entry<String, Duration> unit : UNITS.entrySet()) {
      long count = rest.dividedBy(unit.getValue());
      if (count != 0) {
        text.append(count).append(unit.getKey());
        rest = rest.minus(unit.getValue().multipliedBy(count));
      }
    }
    // Out of range, but the message that says so shows it.
    return text.isEmpty() || time.isNegative() || !rest.isZero()
        ? time.toString()
        : text.toString();
  }
}
