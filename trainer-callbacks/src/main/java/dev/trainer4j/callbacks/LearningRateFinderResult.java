// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import dev.trainer4j.checkpoint.ReplacedFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.List;
import java.util.OptionalDouble;

/**
 * What a learning rate range test has measured.
 *
 * @param points one for each update, in the order of the rising rate
 * @param diverged whether the test ended early, because the loss rose too far or was not finite
 */
public record LearningRateFinderResult(List<Point> points, boolean diverged) {

  /**
   * One update.
   *
   * @param learningRate the rate of the update
   * @param loss the mean loss of the update, before its step; NaN or infinite at the last of a test
   *     that broke down
   * @param smoothedLoss its exponential moving average, corrected for the start at zero
   */
  public record Point(double learningRate, double loss, double smoothedLoss) {}

  /** Copies the points. */
  public LearningRateFinderResult {
    points = List.copyOf(points);
  }

  /**
   * Suggests a learning rate: the middle of the longest valley of the smoothed loss, which is its
   * longest falling subsequence. A fall that goes on for long tells more than the steepest one, which is often
   * noise. The first tenth of the points and the last five are left out: there the average is young,
   * or the loss explodes.
   *
   * <p>This is after the rule {@code valley} of fastai's finder, and not the same: that one takes the
   * length of the fall for a stretch of neighboring points that ends where the fall ends, and suggests
   * the middle of the second third of that stretch; this one suggests the middle point of the fall
   * itself, which may have gaps where the loss rose for a while.
   *
   * <p>It is a place to start looking, not an answer. Look at the plot.
   *
   * @return empty if the loss falls nowhere, or there are fewer than ten points
   */
  public OptionalDouble suggestion() {
    if (points.size() < 10) {
      return OptionalDouble.empty();
    }
    List<Point> valley = longestFall(points.subList(points.size() / 10, points.size() - 5));
    return valley.size() < 2
        ? OptionalDouble.empty()
        : OptionalDouble.of(valley.get(valley.size() / 2).learningRate());
  }

  /** The longest strictly falling subsequence, by dynamic programming; the first of equal ones. */
  private static List<Point> longestFall(List<Point> points) {
    int[] length = new int[points.size()];
    int[] previous = new int[points.size()];
    int end = 0;
    for (int i = 0; i < points.size(); i++) {
      length[i] = 1;
      previous[i] = -1;
      for (int j = 0; j < i; j++) {
        boolean falls = points.get(i).smoothedLoss() < points.get(j).smoothedLoss();
        if (falls && length[j] >= length[i]) {
          length[i] = length[j] + 1;
          previous[i] = j;
        }
      }
      end = length[i] > length[end] ? i : end;
    }
    ArrayDeque<Point> fall = new ArrayDeque<>();
    for (int i = end; i >= 0; i = previous[i]) {
      fall.addFirst(points.get(i));
    }
    return List.copyOf(fall);
  }

  /** Writes a line {@code learning_rate,loss,smoothed_loss} and one for each point. */
  public void writeCsv(Path file) throws IOException {
    StringBuilder csv = new StringBuilder("learning_rate,loss,smoothed_loss\n");
    for (Point point : points) {
      csv.append(point.learningRate())
          .append(',')
          .append(point.loss())
          .append(',')
          .append(point.smoothedLoss())
          .append('\n');
    }
    write(file, csv.toString().getBytes(StandardCharsets.UTF_8));
  }

  /**
   * Draws the loss over the rate, with the suggestion.
   *
   * @throws IllegalStateException if the optional library {@code org.knowm.xchart:xchart} is missing
   */
  public void writePng(Path file) throws IOException {
    PlotCallback.XCHART.require("LearningRateFinderResult.writePng");
    byte[] image =
        PlotCallback.XCHART.linked(
            "LearningRateFinderResult.writePng",
            () -> {
              try {
                return CurveImage.ofRangeTest(this);
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            });
    write(file, image);
  }

  private static void write(Path file, byte[] content) throws IOException {
    Path folder = file.toAbsolutePath().getParent();
    if (folder == null) {
      throw new IOException(file + " is no file to write into");
    }
    Files.createDirectories(folder);
    ReplacedFile.write(file, content);
  }
}
