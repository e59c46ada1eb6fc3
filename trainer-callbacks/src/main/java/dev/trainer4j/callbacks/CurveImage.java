// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** Charts drawn with XChart; no other class mentions it, so that it may be missing. */
final class CurveImage {

  private static final int WIDTH = 640;
  private static final int HEIGHT = 360;
  private static final int BUCKETS = WIDTH;

  private static final Color[] COLORS = {
    new Color(0x2563eb),
    new Color(0xd9480f),
    new Color(0x15803d),
    new Color(0x9333ea),
    new Color(0xbe185d),
    new Color(0x0e7490)
  };

  private CurveImage() {}

  /** Draws each group as a chart, two in a row; returns a PNG. */
  static byte[] ofRun(String title, List<CurveGroup> groups) throws IOException {
    List<BufferedImage> charts =
        groups.stream().map(group -> BitmapEncoder.getBufferedImage(chart(group))).toList();
    int columns = charts.size() > 1 ? 2 : 1;
    int rows = Math.max(1, (charts.size() + columns - 1) / columns);
    int top = 40;
    BufferedImage image =
        new BufferedImage(columns * WIDTH, top + rows * HEIGHT, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = image.createGraphics();
    graphics.setColor(Color.WHITE);
    graphics.fillRect(0, 0, image.getWidth(), image.getHeight());
    graphics.setColor(Color.DARK_GRAY);
    graphics.setFont(graphics.getFont().deriveFont(18f));
    graphics.drawString(title, 16, 28);
    for (int i = 0; i < charts.size(); i++) {
      graphics.drawImage(charts.get(i), i % columns * WIDTH, top + i / columns * HEIGHT, null);
    }
    graphics.dispose();
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ImageIO.write(image, "png", out);
    return out.toByteArray();
  }

  /** Draws a range test: the loss over the rate, smoothed, with the suggestion; returns a PNG. */
  static byte[] ofRangeTest(LearningRateFinderResult result) throws IOException {
    XYChart chart = empty("loss by learning rate", 800, 450);
    chart.setXAxisTitle("learning rate");
    chart.getStyler().setXAxisLogarithmic(true);
    List<LearningRateFinderResult.Point> points =
        result.points().stream().filter(point -> Double.isFinite(point.loss())).toList();
    double[] rates =
        points.stream().mapToDouble(LearningRateFinderResult.Point::learningRate).toArray();
    double[] losses = points.stream().mapToDouble(LearningRateFinderResult.Point::loss).toArray();
    double[] smoothed =
        points.stream().mapToDouble(LearningRateFinderResult.Point::smoothedLoss).toArray();
    line(chart.addSeries("loss", rates, losses), new Color(0xb8c4d6), 1);
    line(chart.addSeries("smoothed", rates, smoothed), COLORS[0], 2);
    result.suggestion().ifPresent(rate -> mark(chart, rate, rates, smoothed));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ImageIO.write(BitmapEncoder.getBufferedImage(chart), "png", out);
    return out.toByteArray();
  }

  private static void mark(XYChart chart, double rate, double[] rates, double[] smoothed) {
    int at = IntStream.range(0, rates.length).filter(i -> rates[i] == rate).findFirst().orElse(0);
    XYSeries mark =
        chart.addSeries(
            "suggestion " + ReportNumbers.shortest(rate),
            new double[] {rate},
            new double[] {smoothed[at]});
    mark.setMarker(SeriesMarkers.CIRCLE);
    mark.setMarkerColor(COLORS[1]);
    mark.setLineStyle(new BasicStroke(0));
  }

  private static XYChart chart(CurveGroup group) {
    XYChart chart = empty(group.title(), WIDTH, HEIGHT);
    chart.setXAxisTitle("step");
    // The title says it all of a single curve.
    chart.getStyler().setLegendVisible(group.curves().size() > 1);
    chart.getStyler().setYAxisTickLabelsFormattingFunction(ReportNumbers::shortest);
    for (int i = 0; i < group.curves().size(); i++) {
      Curve curve = group.curves().get(i).thinned(BUCKETS);
      double[] x = IntStream.range(0, curve.size()).mapToDouble(curve::step).toArray();
      double[] y =
          IntStream.range(0, curve.size())
              .mapToDouble(k -> curve.isFinite(k) ? curve.value(k) : Double.NaN)
              .toArray();
      XYSeries series = chart.addSeries(curve.name(), x, y);
      line(series, COLORS[i % COLORS.length], 1.5f);
      if (curve.size() <= 60) {
        series.setMarker(SeriesMarkers.CIRCLE);
        series.setMarkerColor(COLORS[i % COLORS.length]);
      }
    }
    return chart;
  }

  private static XYChart empty(String title, int width, int height) {
    XYChart chart = new XYChartBuilder().width(width).height(height).title(title).build();
    chart.getStyler().setLegendPosition(LegendPosition.OutsideS);
    chart.getStyler().setLegendLayout(Styler.LegendLayout.Horizontal);
    chart.getStyler().setChartPadding(16);
    chart.getStyler().setChartBackgroundColor(Color.WHITE);
    chart.getStyler().setPlotBorderVisible(false);
    chart.getStyler().setLegendBorderColor(new Color(0xdfe3e8));
    chart.getStyler().setPlotGridLinesColor(new Color(0xdfe3e8));
    chart.getStyler().setMarkerSize(5);
    return chart;
  }

  private static void line(XYSeries series, Color color, float width) {
    series.setLineColor(color);
    series.setMarker(SeriesMarkers.NONE);
    series.setLineStyle(new BasicStroke(width, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND));
  }
}
