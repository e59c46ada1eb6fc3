// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The lines of a text file. */
final class TextLines {

  private TextLines() {}

  static List<String> read(Path file) {
    List<String> lines = new ArrayList<>();
    try (BufferedReader reader = Utf8File.open(file)) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
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
