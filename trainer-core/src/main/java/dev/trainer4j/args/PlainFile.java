// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads files that are written as those of arguments are, and hold something else. */
public final class PlainFile {

  private PlainFile() {}

  /**
   * Reads a mapping: JSON if the file's name ends in {@code .json}, else YAML.
   *
   * @param file of at most 1 MiB
   * @return strings, numbers, booleans, lists and maps by name, in the order of the file
   * @throws InvalidArgumentsException if the file cannot be read, or holds something else
   */
  public static Map<String, @Nullable Object> read(Path file) {
    return new LinkedHashMap<>(ArgumentSource.file(file, Syntax.of(file)).values());
  }
}
