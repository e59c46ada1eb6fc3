// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.examples.snippets;

import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.SamplingStrategy;
import dev.trainer4j.args.SchedulerType;
import dev.trainer4j.args.TrainingArguments;
import java.nio.file.Path;

/** Arguments, as docs/training-arguments.md shows them. */
public final class Arguments {

  private Arguments() {}

  /** Return the arguments of the page. */
  public static TrainingArguments example() {
    // docs: builder
    TrainingArguments args =
        TrainingArguments.builder()
            .outputDir(Path.of("out"))
            .numTrainEpochs(3)
            .learningRate(3e-5)
            .lrSchedulerType(SchedulerType.COSINE)
            .warmupSteps(0.06)
            .evalStrategy(IntervalStrategy.EPOCH)
            .loadBestModelAtEnd(true)
            .metricForBestModel("accuracy")
            .build();
    // end docs
    return args;
  }

  /** Return the arguments of a run that saves memory. */
  public static TrainingArguments smaller() {
    // docs: smaller
    TrainingArguments args =
        TrainingArguments.builder()
            .outputDir(Path.of("out"))
            .bf16(true)
            .gradientCheckpointing(true)
            .trainSamplingStrategy(SamplingStrategy.GROUP_BY_LENGTH)
            .build();
    // end docs
    return args;
  }
}
