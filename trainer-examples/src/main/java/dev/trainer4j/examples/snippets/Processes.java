// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.examples.snippets;

import dev.trainer4j.Trainer;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.data.Dataset;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.process.ProcessGroup;
import dev.trainer4j.transformers.AutoModels;
import dev.trainer4j.transformers.LoadOptions;
import dev.trainer4j.transformers.PretrainedModel;
import java.io.IOException;
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

  /** A folder that is too large for one process. */
  public static void trainLarge(
      Path folder, Dataset<Map<String, Object>> data, TrainingArguments args, Path out)
      throws IOException {
    // docs: large
    LoadOptions options = LoadOptions.defaults().withDeferredWeights(true);
    try (PretrainedModel model = AutoModels.causalLm(folder, options); // looks at the file only
        Trainer trainer = Trainer.builder(model, args).trainDataset(data).build()) { // reads shares
      trainer.train();
      trainer.saveModel(out); // before the trainer is closed: the model is not given back
    }
    // end docs
  }
}
