// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What must not be printed, logged or saved. Hugging Face calls a secret {@code *_token} and prints its name in angle brackets; here the
 * other usual names count as well, however they are spelled. A name that nobody knows may be a mistyped one of these, so who refuses a
 * name says nothing of its value.
 */
final class Secrets {
  /** In snake_case, as a word or a few at any place of a name; a token only at its end, since models have tokens, too. */
  private static final Pattern NAMES =
      Pattern.compile(
          "(?:.*_)?token|(?:.*_)?(?:password|passwd|passphrase|pwd|secret|secrets|credential|credentials|authorization|apikey"
              + "|(?:api|access|private|secret|account|signing)_key)(?:_.*)?");

  private Secrets() {}

  static Object mask(String name, Object value) {
    if (isSecret(name)) {
      return "<" + name.substring(name.lastIndexOf('.') + 1).toUpperCase(Locale.ROOT) + ">";
    }
    if (value instanceof Map<?, ?> map) {
      Map<String, Object> masked = new LinkedHashMap<>();
      map.forEach(
          (key, inner) -> masked.put("" + key, inner == null ? "null" : mask("" + key, inner)));
      return masked;
    }
    if (value instanceof List<?> list) {
      return list.stream().map(inner -> inner == null ? "null" : mask(name, inner)).toList();
    }
    return value;
  }

  /**
   * A value that is refused, as a message shows it. Of a map that is not even read only that it is one: whatever it holds, nobody knows
   * the keys.
   */
  static String show(String name, @Nullable Object refused) {
    if (refused instanceof Map<?, ?> map && !map.isEmpty()) {
      return "{…}";
    }
    if (refused instanceof List<?> list) {
      return list.stream().map(inner -> show(name, inner)).toList().toString();
    }
    return ValueType.show(refused == null ? null : mask(name, refused));
  }

  /** Whether a value is what stands in a file in place of a secret: there was one, and nobody knows which. */
  static boolean isMask(String name, @Nullable Object value) {
    return value instanceof String text && isSecret(name) && mask(name, text).equals(text);
  }

  private static boolean isSecret(String name) {
    return NAMES.matcher(Names.snakeCase(name)).matches();
  }
}
