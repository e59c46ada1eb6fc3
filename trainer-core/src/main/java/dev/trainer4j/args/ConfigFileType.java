// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A configuration of another library: an object, its JSON, or the path of a JSON file. Null inside of it stands for what is not set. */
final class ConfigFileType {
  private ConfigFileType() {}

  static final ValueType<Map<String, Object>> TYPE =
      ValueType.<Map<String, Object>>of(
              Map.class,
              "an object, the JSON of one, or the path of a JSON file",
              ConfigFileType::parse)
          .writing(LinkedHashMap::new)
          .orNull();

  private static Optional<Map<String, Object>> parse(Object raw) {
    if (raw instanceof Map<?, ?> map) {
      return Optional.of(withoutNull(map));
    }
    if (!(raw instanceof String text) || text.isBlank()) {
      return Optional.empty();
    }
    return Optional.of(text.stripLeading().startsWith("{") ? json(text) : file(text.strip()));
  }

  private static Map<String, Object> json(String text) {
    try {
      return withoutNull(Syntax.JSON.parse(text));
    } catch (SyntaxProblem e) {
      throw new IllegalArgumentException("this must be " + e.expected(), e);
    }
  }

  /** Reads a file. */
  static Map<String, Object> file(String path) {
    try {
      Path file = HomeFolder.expand(Path.of(path));
      return withoutNull(ArgumentSource.file(file, Syntax.JSON).values());
    } catch (InvalidPathException e) {
      throw new IllegalArgumentException("'" + path + "' is no path", e);
    } catch (InvalidArgumentsException e) {
      String expected = e.details().get(0).expected();
      throw new IllegalArgumentException("'" + path + "' must be " + expected, e);
    }
  }

  private static Map<String, Object> withoutNull(Map<?, ? extends @Nullable Object> map) {
    Map<String, Object> result = new LinkedHashMap<>();
    map.forEach(
        (key, value) -> {
          if (value != null) {
            result.put(String.valueOf(key), plain(value));
          }
        });
    return result;
  }

  private static Object plain(Object value) {
    if (value instanceof Map<?, ?> map) {
      return withoutNull(map);
    }
    if (value instanceof List<?> list) {
      List<Object> result = new ArrayList<>();
      list.forEach(one -> result.add(one == null ? "null" : plain(one)));
      return result;
    }
    return value;
  }
}
