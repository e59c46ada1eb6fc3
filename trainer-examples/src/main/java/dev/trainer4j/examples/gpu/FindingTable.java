// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.examples.gpu;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** A table of text whose cells break into lines. */
final class FindingTable {

  private static final int[] WIDTHS = {3, 15, 34, 48, 12};

  private final StringBuilder text = new StringBuilder();

  /** Adds a row, and a line of dashes behind it if it is the head. */
  FindingTable row(boolean head, String... cells) {
    List<List<String>> columns = new ArrayList<>();
    int height = 1;
    for (int i = 0; i < cells.length; i++) {
      List<String> lines = lines(cells[i], WIDTHS[i]);
      columns.add(lines);
      height = Math.max(height, lines.size());
    }
    for (int line = 0; line < height; line++) {
      StringBuilder row = new StringBuilder();
      for (int i = 0; i < cells.length; i++) {
        List<String> lines = columns.get(i);
        String part = line < lines.size() ? lines.get(line) : "";
        row.append(part).append(" ".repeat(WIDTHS[i] - part.length() + 2));
      }
      text.append(row.toString().stripTrailing()).append('\n');
    }
    if (head) {
      for (int width : WIDTHS) {
        text.append("-".repeat(width)).append("  ");
      }
      text.setLength(text.length() - 2);
      text.append('\n');
    }
    return this;
  }

  /** Breaks at spaces; a word that is too long is cut. */
  private static List<String> lines(String cell, int width) {
    List<String> lines = new ArrayList<>();
    StringBuilder line = new StringBuilder();
    for (String word : cell.strip().split("\\s+")) {
      String rest = word;
      if (line.length() > 0 && line.length() + 1 + rest.length() > width) {
        lines.add(line.toString());
        line.setLength(0);
      }
      while (rest.length() > width) {
        lines.add(rest.substring(0, width));
        rest = rest.substring(width);
      }
      line.append(line.length() > 0 ? " " : "").append(rest);
    }
    lines.add(line.toString());
    return Collections.unmodifiableList(lines);
  }

  @Override
  public String toString() {
    return text.toString();
  }
}
