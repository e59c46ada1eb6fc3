// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The lines of a text file. */
final class TextLines {

  private TextLines() {}

  static List<String> read(Path file) {
    List<String> lines = new ArrayList<>();
    try (LineReader reader = LineReader.open(file)) {
      for (String line = reader.read(); line != null; line = reader.read()) {
        lines.add(line);
      }
    } catch (IOException e) {
      throw Utf8File.unreadable(file, e);
    }
    if (lines.isEmpty()) {
      throw new DataException(file + " holds no lines: is it the right file?");
    }
    return lines;
  }
}
