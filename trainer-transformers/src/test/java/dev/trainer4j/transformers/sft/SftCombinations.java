// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.sft;

import dev.trainer4j.ResumeFrom;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.data.Dataset;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.transformers.AutoModels;
import dev.trainer4j.transformers.ParityModels;
import dev.trainer4j.transformers.PretrainedModel;
import dev.trainer4j.transformers.QuantizationConfig;
import dev.trainer4j.transformers.peft.LoraConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.stream.IntStream;

/**
 * Runs with all at once: adapters over a quantized base, checkpointed segments, products in 16 bits, accumulated
 * gradients, and noise in embeddings with dropout in adapters. Another process may go on with them.
 */
final class SftCombinations {

  static final Path FIGURES = ParityModels.ownFolder().resolveSibling("sft");
  static final int UPDATES = 4;

  private static final int BATCH = 4;
  private static final int ACCUMULATED = 2;

  /** What differs from run to run. */
  enum Combination {
    PADDED(4, false, LossType.NLL),
    PADDED_CHUNKED(8, false, LossType.CHUNKED_NLL),
    PACKED(8, true, LossType.NLL),
    PACKED_CHUNKED(4, true, LossType.CHUNKED_NLL),
    PACKED_DFT(4, true, LossType.DFT);

    final int bits;
    final boolean packing;
    final LossType loss;

    Combination(int bits, boolean packing, LossType loss) {
      this.bits = bits;
      this.packing = packing;
      this.loss = loss;
    }

    PretrainedModel base() throws IOException {
      QuantizationConfig.Builder quantization = QuantizationConfig.builder();
      QuantizationConfig config =
          (bits == 4 ? quantization.loadIn4bit(true) : quantization.loadIn8bit(true)).build();
      return AutoModels.causalLm(
          FIGURES.resolve("model"), ParityModels.cpu().withQuantization(config));
    }
  }

  private SftCombinations() {}

  /** Arguments: the folder of runs that were stopped, and the folder of those that go on with them, one for each combination. */
  public static void main(String[] args) throws IOException {
    for (Combination combination : Combination.values()) {
      Path stopped = Path.of(args[0]).resolve(combination.name());
      Path output = Path.of(args[1]).resolve(combination.name());
      train(combination, output, UPDATES, ResumeFrom.path(stopped.resolve("checkpoint-2")));
    }
  }

  /** Trains with noise and dropout. */
  static void train(Combination combination, Path output, int updates, ResumeFrom from)
      throws IOException {
    try (PretrainedModel base = combination.base();
        SftTrainer trainer =
            trainer(combination, base, output, OptionalDouble.of(5), updates).build()) {
      trainer.train(from);
    }
  }

  /** As many rows as one update takes, of lengths that differ much. */
  static Dataset<Map<String, Object>> rows() {
    Dataset<Map<String, Object>> all = Datasets.jsonLines(FIGURES.resolve("text.jsonl"));
    return Datasets.of(
        IntStream.range(0, BATCH * ACCUMULATED)
            .mapToObj(
                i -> {
                  String text = (String) all.get(i).get("text");
                  return Map.<String, Object>of("text", i % 3 == 0 ? text : text.substring(0, 9));
                })
            .toList());
  }

  /**
   * Returns a trainer that saves every second update.
   *
   * @param noise of embeddings, with dropout in the adapters; none for neither
   */
  static SftTrainer.Builder trainer(
      Combination combination,
      PretrainedModel base,
      Path output,
      OptionalDouble noise,
      int updates) {
    TrainingArguments training =
        TrainingArguments.builder()
            .outputDir(output)
            .useCpu(true)
            .maxSteps(updates)
            .perDeviceTrainBatchSize(combination.packing ? 1 : BATCH)
            .gradientAccumulationSteps(ACCUMULATED)
            .gradientCheckpointing(true)
            .bf16(true)
            .learningRate(1e-2)
            .loggingSteps(1)
            .saveStrategy(IntervalStrategy.STEPS)
            .saveSteps(2)
            .neftuneNoiseAlpha(noise)
            .build();
    SftArguments.Builder arguments =
        SftArguments.builder().training(training).lossType(combination.loss);
    if (combination.packing) {
      arguments.packing(true).maxLength(64);
    }
    double dropout = noise.isPresent() ? 0.1 : 0;
    LoraConfig adapter =
        LoraConfig.builder().r(4).targetModules("all-linear").loraDropout(dropout).build();
    return SftTrainer.builder(base, arguments.build()).peft(adapter).trainDataset(rows());
  }
}
