// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.examples.snippets;

import dev.trainer4j.Trainer;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.data.Dataset;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.process.ProcessGroup;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Function;

/** Several processes, as docs/distributed.md shows them. */
public final class Processes {
  private Processes() {}

  /** Data that one process of a machine prepares, and all read. */
  public static void train(
      TrainableModel model,
      TrainingArguments args,
      Function<Path, Dataset<Map<String, Object>>> prepare,
      Path cache) {
    // docs: first
    try (ProcessGroup group = ProcessGroup.launched()) {
      Dataset<Map<String, Object>> train =
          group.mainProcessFirst(() -> prepare.apply(cache)); // one of each machine, then the rest
      try (Trainer trainer =
          Trainer.builder(model, args).trainDataset(train).processGroup(group).build()) {
        trainer.train();
      }
    }
    // end docs
  }
}
