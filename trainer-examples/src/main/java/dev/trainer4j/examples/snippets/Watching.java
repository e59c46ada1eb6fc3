// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.examples.snippets;

import dev.trainer4j.Trainer;
import dev.trainer4j.callbacks.HtmlReportCallback;
import dev.trainer4j.callbacks.LearningRateFinder;
import dev.trainer4j.callbacks.LearningRateFinderResult;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.OptionalDouble;

/** Ready-made callbacks with settings of one's own. */
public final class Watching {

  private Watching() {}

  public static HtmlReportCallback report() {
    // docs: html report
    HtmlReportCallback report =
        HtmlReportCallback.builder()
            .title("Rings, run 7") // by default runName, or the name of outputDir
            .file("run-7.html") // by default report.html
            .interval(Duration.ofMinutes(1)) // by default ten seconds
            .build();
    // end docs
    return report;
  }

  public static OptionalDouble findRate(Trainer.Builder builder, Path folder) throws IOException {
    // docs: learning rate finder
    LearningRateFinderResult result =
        LearningRateFinder.builder()
            .startRate(1e-6) // by default 1e-7
            .endRate(1) // by default 10
            .updates(50) // by default 100
            .build()
            .run(builder); // or run(builder, WeightedTrainer::new)
    result.writePng(folder.resolve("learning-rate.png"));
    result.writeCsv(folder.resolve("learning-rate.csv"));
    OptionalDouble rate = result.suggestion();
    // end docs
    return rate;
  }
}
