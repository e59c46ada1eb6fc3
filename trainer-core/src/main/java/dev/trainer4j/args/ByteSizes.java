// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Sizes as Hugging Face writes them: {@code 5GB} is 5 * 10^9 bytes, {@code 5GiB} 5 * 2^30. */
final class ByteSizes {
  private ByteSizes() {}

  /** Kept as it was written. A bare number is bytes, as in Hugging Face's libraries. */
  static ValueType<String> type() {
    return ValueType.<String>of(
            String.class,
            "a size of at least 1 byte, such as 5GB (10^9 bytes), 500MiB (2^20) or a number of bytes",
            raw -> ValueType.LONG.read(raw).map(String::valueOf).or(() -> ValueType.TEXT.read(raw)))
        .where(text -> parse(text).orElse(0) >= 1);
  }

  private static final Map<String, Long> UNITS =
      Map.of(
          "", 1L,
          "kb", 1_000L,
          "mb", 1_000_000L,
          "gb", 1_000_000_000L,
          "tb", 1_000_000_000_000L,
          "kib", 1L << 10,
          "mib", 1L << 20,
          "gib", 1L << 30,
          "tib", 1L << 40);

  private static final Pattern TEXT = Pattern.compile("(\\d{1,18}) ?(|[kmgt]i?b)");

  /** Returns the bytes; empty for what is no size, or too large for a long. */
  static OptionalLong parse(String text) {
    Matcher matcher = TEXT.matcher(text.strip().toLowerCase(Locale.ROOT));
    if (!matcher.matches()) {
      return OptionalLong.empty();
    }
    long unit = Optional.ofNullable(UNITS.get(matcher.group(2))).orElseThrow();
    try {
      return OptionalLong.of(Math.multiplyExact(Long.parseLong(matcher.group(1)), unit));
    } catch (ArithmeticException tooLarge) {
      return OptionalLong.empty();
    }
  }
}
