// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
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
   * Suggests a learning rate: that at which the smoothed loss falls most steeply over the logarithm
   * of the rate, the rule of fastai's and PyTorch Lightning's finders. As in fastai, the first tenth
   * of the points and the last five are left out: there the average is young, or the loss explodes.
   *
   * <p>It is a place to start looking, not an answer. Look at the plot.
   *
   * @return empty if the loss falls nowhere, or there are fewer than ten points
   */
  public OptionalDouble suggestion() {
    if (points.size() < 10) {
      return OptionalDouble.empty();
    }
    int best = -1;
    double steepest = 0;
    for (int i = Math.max(1, points.size() / 10); i < points.size() - 5; i++) {
      Point before = points.get(i - 1);
      Point after = points.get(i + 1);
      double slope =
          (after.smoothedLoss() - before.smoothedLoss())
              / Math.log(after.learningRate() / before.learningRate());
      if (slope < steepest) {
        steepest = slope;
        best = i;
      }
    }
    return best < 0 ? OptionalDouble.empty() : OptionalDouble.of(points.get(best).learningRate());
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
    ReplacedFile.write(file, csv.toString().getBytes(StandardCharsets.UTF_8));
  }

  /**
   * Draws the loss over the rate, with the suggestion.
   *
   * @throws IllegalStateException if the optional library {@code org.knowm.xchart:xchart} is missing
   */
  public void writePng(Path file) throws IOException {
    OptionalLibrary.require(PlotCallback.XCHART, "LearningRateFinderResult.writePng");
    ReplacedFile.write(file, CurveImage.ofRangeTest(this));
  }
}
