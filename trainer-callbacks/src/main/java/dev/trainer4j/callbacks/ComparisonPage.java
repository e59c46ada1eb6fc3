// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import dev.trainer4j.callbacks.RunComparison.Result;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Fills the template of the page that compares runs. */
final class ComparisonPage {

  private ComparisonPage() {}

  static String render(RunComparison comparison, String title) throws IOException {
    ReportAssets assets = ReportAssets.get();
    Instant now = Instant.now();
    String data = new ReportData(comparison.curves()).toJson(now, false, Duration.ofSeconds(1));
    Map<String, Object> values = assets.valuesOfPage(title, now, data);
    values.put("runs", comparison.runs().stream().map(RunComparison.Run::name).toList());
    List<Map<String, Object>> results = new ArrayList<>();
    comparison
        .results()
        .forEach(
            (name, row) ->
                results.add(
                    Map.of(
                        "name", name, "values", row.stream().map(ComparisonPage::cell).toList())));
    values.put("results", results);
    List<Map<String, Object>> arguments = new ArrayList<>();
    comparison
        .differingArguments()
        .forEach((name, row) -> arguments.add(Map.of("name", name, "values", row)));
    values.put("arguments", arguments);
    return assets.comparison().fill(values);
  }

  private static Map<String, Object> cell(@Nullable Result result) {
    if (result == null) {
      return Map.of("last", "", "best", "", "winner", false);
    }
    String best =
        result.best() == result.last() || Double.isNaN(result.best())
            ? ""
            : ReportNumbers.shortest(result.best()) + " at step " + result.bestStep();
    return Map.of(
        "last", ReportNumbers.shortest(result.last()), "best", best, "winner", result.winner());
  }
}
