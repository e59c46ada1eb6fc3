// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import static org.assertj.core.api.Assertions.assertThat;

import dev.trainer4j.search.Direction;
import dev.trainer4j.search.SearchResult;
import dev.trainer4j.search.TrialRecord;
import dev.trainer4j.search.TrialState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The page of a search as a browser gets it. */
class HtmlSearchReportTest {

  @TempDir Path folder;

  private final List<TrialRecord> trials = new ArrayList<>();

  private void trial(
      TrialState state, double rate, String kind, String error, Double... objective) {
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("learning_rate", rate);
    values.put("optim", kind);
    trials.add(
        new TrialRecord(
            trials.size(), values, state, List.of(objective), Map.of(), List.of(), error));
  }

  private String page(Direction... directions) throws IOException {
    new HtmlSearchReport().onTrialEnd(new SearchResult(folder, List.of(directions), trials));
    return Files.readString(folder.resolve("search.html"));
  }

  /** Where the points of the chart with this caption are. */
  private static List<double[]> points(String page, String caption) {
    String chart = page.substring(page.indexOf("<figcaption>" + caption));
    Matcher circle =
        Pattern.compile("cx=\"([\\d.]+)\" cy=\"([\\d.]+)\"")
            .matcher(chart.substring(0, chart.indexOf("</svg>")));
    List<double[]> points = new ArrayList<>();
    while (circle.find()) {
      points.add(
          new double[] {Double.parseDouble(circle.group(1)), Double.parseDouble(circle.group(2))});
    }
    return points;
  }

  @Test
  void eachTrialIsAPointAndARow() throws IOException {
    trial(TrialState.COMPLETED, 1e-4, "sgd", "", 0.5);
    trial(TrialState.FAILED, 1, "sgd", "the loss is NaN");
    trial(TrialState.PRUNED, 1e-3, "adamw_torch", "", 0.75);
    trial(TrialState.COMPLETED, 1e-2, "adamw_torch", "", 0.25);
    String page = page(Direction.MINIMIZE);

    assertThat(page).contains("2 completed, 1 pruned, 1 failed, best: run-3 with 0.25");
    assertThat(page.indexOf("<td>run-3 <span class=\"badge good\">best")).isPositive();
    assertThat(page.indexOf("<td>run-3")).isLessThan(page.indexOf("<td>run-0"));
    assertThat(page).contains("the loss is NaN");
    List<double[]> overRate = points(page, "objective over learning_rate (logarithmic)");
    assertThat(overRate).hasSize(3);
    // 1e-3 is in the middle by logarithm, and 0.5 in the middle of 0.25 and 0.75.
    assertThat(overRate.get(1)[0])
        .isCloseTo(
            (overRate.get(0)[0] + overRate.get(2)[0]) / 2,
            org.assertj.core.api.Assertions.within(0.1));
    assertThat(overRate.get(0)[1])
        .isCloseTo(
            (overRate.get(1)[1] + overRate.get(2)[1]) / 2,
            org.assertj.core.api.Assertions.within(0.1));
    assertThat(overRate.get(2)[1]).as("small is low").isGreaterThan(overRate.get(1)[1]);
    assertThat(points(page, "objective over optim")).hasSize(3);
  }

  @Test
  void nothingInItIsMarkupOfATrial() throws IOException {
    trial(TrialState.COMPLETED, 1e-4, "<script>alert(1)</script>", "", 0.5);
    trial(TrialState.FAILED, 1e-4, "\" onload=\"x", "<img src=x>");
    assertThat(page(Direction.MAXIMIZE))
        .doesNotContain("<script")
        .doesNotContain("<img")
        .doesNotContain("onload=")
        .contains("&lt;script&gt;");
  }

  @Test
  void aSearchWithoutAResultYetHasAPage() throws IOException {
    trial(TrialState.FAILED, 1e-4, "sgd", "no memory");
    assertThat(page(Direction.MINIMIZE)).contains("none is the best yet").contains("no memory");
  }

  @Test
  void severalDirectionsHaveChartsOfEachAndAllThatNoneSurpasses() throws IOException {
    trial(TrialState.COMPLETED, 1e-4, "sgd", "", 0.5, 1.0);
    trial(TrialState.COMPLETED, 1e-3, "sgd", "", 0.4, 0.5);
    trial(TrialState.COMPLETED, 1e-2, "sgd", "", 0.6, 0.5);
    assertThat(page(Direction.MINIMIZE, Direction.MAXIMIZE))
        .contains("best: [run-0, run-1]")
        .contains("objective 1 over trials")
        .contains("objective 2 over learning_rate");
  }
}
