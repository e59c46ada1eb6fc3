// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli.inspect;

import dev.trainer4j.callbacks.Curve;
import dev.trainer4j.callbacks.ReportNumbers;
import dev.trainer4j.callbacks.Terminal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Curves over each other, drawn with characters. The first one alone is a line of Braille dots; of several each has a mark of its
 * own. Values that are not finite are left out.
 */
final class TerminalPlot {

  /** What curves are drawn with, where there are several. */
  private static final String MARKS = "●○×+▲△■□";

  private static final int AXIS = 10;

  /** Curves become no clearer in more columns. */
  private static final int WIDEST = 120;

  /** The bits of a Braille character, by row and column of its dots. */
  private static final int[][] DOTS = {{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}};

  private final List<Curve> curves;
  private final int width;
  private final int height;
  private final long first;
  private final long last;
  private final double low;
  private final double high;

  private TerminalPlot(List<Curve> curves, int width, int height) {
    this.curves = curves;
    this.width = width;
    this.height = height;
    long from = Long.MAX_VALUE;
    long to = Long.MIN_VALUE;
    double least = Double.POSITIVE_INFINITY;
    double most = Double.NEGATIVE_INFINITY;
    for (Curve curve : curves) {
      for (int i = 0; i < curve.size(); i++) {
        if (curve.isFinite(i)) {
          from = Math.min(from, curve.step(i));
          to = Math.max(to, curve.step(i));
          least = Math.min(least, curve.value(i));
          most = Math.max(most, curve.value(i));
        }
      }
    }
    first = from;
    last = to;
    low = least;
    high = most;
  }

  /** Returns the columns to draw in: those of the terminal, up to a limit. */
  static int width() {
    return Math.min(WIDEST, Terminal.width());
  }

  /**
   * Draws curves.
   *
   * @param curves at least one
   * @param columns of the terminal, the axis included
   * @param rows of the curves
   * @return lines of text with the legend first; a sentence if there is nothing finite to draw
   */
  static List<String> of(String title, List<Curve> curves, int columns, int rows) {
    TerminalPlot plot = new TerminalPlot(curves, Math.max(20, columns - AXIS - 2), rows);
    if (plot.first > plot.last) {
      return List.of(title + ": no finite value was logged");
    }
    return plot.lines(title);
  }

  private List<String> lines(String title) {
    List<String> lines = new ArrayList<>();
    lines.add(title + legend());
    char[][] cells = curves.size() == 1 ? dotted(curves.get(0)) : marked();
    for (int row = 0; row < height; row++) {
      String label =
          row == 0
              ? ReportNumbers.shortest(high)
              : row == height - 1 ? ReportNumbers.shortest(low) : "";
      lines.add(
          ReportNumbers.format("%" + AXIS + "s ┤", label) + new String(cells[row]).stripTrailing());
    }
    String end = "step " + last;
    String start = String.valueOf(first);
    lines.add(" ".repeat(AXIS + 1) + "└" + "─".repeat(width));
    lines.add(
        " ".repeat(AXIS + 2)
            + start
            + " ".repeat(Math.max(1, width - start.length() - end.length()))
            + end);
    return lines;
  }

  private String legend() {
    if (curves.size() == 1) {
      return "";
    }
    StringBuilder legend = new StringBuilder(":");
    for (int i = 0; i < curves.size(); i++) {
      if (curves.get(i).size() == 0) {
        continue; // Its mark stays its own, so that a run has the same one in every picture.
      }
      legend.append("  ").append(mark(i)).append(' ').append(curves.get(i).name());
    }
    return legend.toString();
  }

  private static char mark(int curve) {
    return MARKS.charAt(curve % MARKS.length());
  }

  private char[][] marked() {
    char[][] cells = new char[height][width];
    for (char[] row : cells) {
      Arrays.fill(row, ' ');
    }
    // The first is drawn last, over the others.
    for (int c = curves.size() - 1; c >= 0; c--) {
      Curve curve = curves.get(c);
      for (int i = 0; i < curve.size(); i++) {
        if (curve.isFinite(i)) {
          cells[row(curve.value(i), height)][column(curve.step(i), width)] = mark(c);
        }
      }
    }
    return cells;
  }

  /** A Braille character has two columns and four rows of dots; points are joined by lines. */
  private char[][] dotted(Curve curve) {
    int[][] bits = new int[height][width];
    int beforeX = -1;
    int beforeY = -1;
    for (int i = 0; i < curve.size(); i++) {
      if (!curve.isFinite(i)) {
        beforeX = -1;
        continue;
      }
      int x = column(curve.step(i), 2 * width);
      int y = row(curve.value(i), 4 * height);
      int steps = beforeX < 0 ? 0 : Math.max(Math.abs(x - beforeX), Math.abs(y - beforeY));
      for (int s = 0; s <= steps; s++) {
        int dotX = steps == 0 ? x : beforeX + Math.round((float) s * (x - beforeX) / steps);
        int dotY = steps == 0 ? y : beforeY + Math.round((float) s * (y - beforeY) / steps);
        bits[dotY / 4][dotX / 2] |= DOTS[dotY % 4][dotX % 2];
      }
      beforeX = x;
      beforeY = y;
    }
    char[][] cells = new char[height][width];
    for (int row = 0; row < height; row++) {
      for (int column = 0; column < width; column++) {
        cells[row][column] = bits[row][column] == 0 ? ' ' : (char) (0x2800 + bits[row][column]);
      }
    }
    return cells;
  }

  private int column(long step, int columns) {
    return last == first
        ? 0
        : (int) Math.round((double) (step - first) / (last - first) * (columns - 1));
  }

  private int row(double value, int rows) {
    return high == low
        ? rows / 2
        : (int) Math.round((high / 2 - value / 2) / (high / 2 - low / 2) * (rows - 1));
  }
}
