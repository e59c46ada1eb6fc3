// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Arguments as they were given, before anything is made of them.
 *
 * @param name what messages call the source
 * @param values by the names that the source uses
 */
record ArgumentSource(String name, Map<String, @Nullable Object> values) {
  private static final long LARGEST_FILE = 1 << 20;

  static ArgumentSource map(Map<String, ?> values) {
    return new ArgumentSource("the map", new LinkedHashMap<>(values));
  }

  static ArgumentSource text(String name, String text, Syntax syntax) {
    try {
      return new ArgumentSource(name, syntax.parse(text));
    } catch (SyntaxProblem e) {
      throw unreadable(name, e.expected(), e.remedy());
    }
  }

  static ArgumentSource file(Path file, Syntax syntax) {
    String name = String.valueOf(file);
    try {
      if (Files.size(file) > LARGEST_FILE) {
        throw unreadable(name, "a file of arguments; this one is larger than 1 MiB", "");
      }
      return text(name, behindMark(Files.readString(file)), syntax);
    } catch (NoSuchFileException e) {
      throw unreadable(name, "a file of arguments; there is none", "Check the path");
    } catch (CharacterCodingException e) {
      throw unreadable(name, "text in UTF-8", "");
    } catch (IOException e) {
      throw unreadable(name, "a file that can be read: " + e.getMessage(), "");
    }
  }

  /** Some editors put a byte order mark, or several, before UTF-8. */
  private static String behindMark(String text) {
    int start = 0;
    while (start < text.length() && text.charAt(start) == '\uFEFF') {
      start++;
    }
    return text.substring(start);
  }

  private static InvalidArgumentsException unreadable(String name, String expected, String remedy) {
    return new InvalidArgumentsException(
        name, List.of(new ArgumentProblem(name, "", expected, remedy)));
  }
}
