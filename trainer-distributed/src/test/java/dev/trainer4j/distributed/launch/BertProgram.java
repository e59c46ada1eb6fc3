// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.launch;

import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.transformers.AutoModels;
import dev.trainer4j.transformers.LoadOptions;
import dev.trainer4j.transformers.PretrainedConfig;
import dev.trainer4j.transformers.PretrainedModel;
import dev.trainer4j.transformers.Task;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Trains a tiny BERT, and knows nothing of how it is launched. Argument: an output folder. */
public final class BertProgram {

  private BertProgram() {}

  /** Runs in every rank. */
  public static void main(String[] args) {
    TrainingArguments arguments =
        TrainingArguments.builder()
            .outputDir(Path.of(args[0]))
            .maxSteps(3)
            .perDeviceTrainBatchSize(4)
            .saveStrategy(IntervalStrategy.STEPS)
            .saveSteps(3)
            .build();
    List<Map<String, Object>> samples =
        IntStream.range(0, 32)
            .mapToObj(
                i -> Map.<String, Object>of("input_ids", new long[] {i, 1 + i, 2}, "labels", i % 2))
            .toList();
    try (PretrainedModel model = bert();
        Trainer trainer =
            Trainer.builder(model, arguments).trainDataset(Datasets.of(samples)).build()) {
      System.out.println("loss=" + trainer.train().trainingLoss());
      System.out.println("bf16=" + trainer.args().bf16());
      System.out.println("fsdp_config=" + trainer.args().fsdpConfig());
      System.out.println("shared=" + trainer.args().sharding().stage());
    }
  }

  private static PretrainedModel bert() {
    return AutoModels.fromConfig(
        PretrainedConfig.of(
            Map.of(
                "model_type", "bert",
                "vocab_size", 40,
                "hidden_size", 16,
                "num_hidden_layers", 2,
                "num_attention_heads", 2,
                "intermediate_size", 32,
                "max_position_embeddings", 8)),
        Task.SEQUENCE_CLASSIFICATION,
        LoadOptions.defaults().withSeed(3));
  }
}
