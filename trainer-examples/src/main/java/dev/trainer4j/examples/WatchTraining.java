// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.examples;

import static dev.trainer4j.args.IntervalStrategy.EPOCH;

import dev.trainer4j.Trainer;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callbacks.HtmlReportCallback;
import dev.trainer4j.callbacks.LearningRateFinder;
import dev.trainer4j.callbacks.LearningRateFinderResult;
import dev.trainer4j.callbacks.PlotCallback;
import dev.trainer4j.metrics.Metrics;
import java.io.IOException;
import java.nio.file.Path;

/**
 * Looking at a run: a range test for the learning rate, then a report and a plot of the training.
 *
 * <pre>./mvnw -q compile exec:java -pl trainer-examples -am -Dexec.mainClass=dev.trainer4j.examples.WatchTraining</pre>
 */
public final class WatchTraining {
  private WatchTraining() {}

  /** Write three pictures of a small run into {@code out/watch-training}. */
  public static void main(String[] args) throws IOException {
    Path out = Path.of("out/watch-training");
    LearningRateFinderResult result = run(out);
    result
        .suggestion()
        .ifPresent(rate -> System.out.printf("the range test suggests a rate of %.2g%n", rate));
    System.out.println("open " + out.resolve("report.html").toUri() + " in a browser");
  }

  static LearningRateFinderResult run(Path out) throws IOException {
    TrainingArguments args =
        TrainingArguments.builder()
            .outputDir(out)
            .numTrainEpochs(8)
            .perDeviceTrainBatchSize(32)
            .learningRate(1e-2)
            .loggingSteps(5)
            .evalStrategy(EPOCH)
            .saveStrategy(EPOCH)
            .saveTotalLimit(3)
            .loadBestModelAtEnd(true)
            .build();
    Trainer.Builder builder =
        Trainer.builder(Rings.model(), args)
            .trainDataset(Rings.points(2_000, 0.5, 1))
            .evalDataset(Rings.points(500, 0.5, 2))
            .computeMetrics(Metrics.accuracy());
    LearningRateFinderResult result = LearningRateFinder.builder().build().run(builder);
    result.writePng(out.resolve("learning-rate.png"));
    builder.callback(new HtmlReportCallback()).callback(new PlotCallback());
    try (Trainer trainer = builder.build()) {
      trainer.train();
    }
    return result;
  }
}
