// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Hugging Face's convention: whatever is called {@code *_token} is a secret, and printed as its name in angle brackets. */
final class Secrets {
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

  private static boolean isSecret(String name) {
    return name.toLowerCase(Locale.ROOT).endsWith("_token");
  }
}
