// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.benchmarks;

import ai.djl.Device;
import dev.trainer4j.data.Dataset;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.transformers.AutoModels;
import dev.trainer4j.transformers.LoadOptions;
import dev.trainer4j.transformers.PretrainedModel;
import dev.trainer4j.transformers.peft.LoraConfig;
import dev.trainer4j.transformers.peft.PeftConfig;
import dev.trainer4j.transformers.sft.LossType;
import dev.trainer4j.transformers.sft.SftArguments;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.LongStream;

/** What {@link SftBench} measures: the cases of {@code reference_sft_bench.py}. */
enum SftCase {
  /** The whole model, on padded conversations. */
  SFT(8, 256, 2000),
  /** The same conversations packed into blocks of 256 tokens, each apart from the others. */
  PACKED(8, 256, 4000),
  /** LoRA on all linear layers, on padded conversations. */
  LORA(8, 256, 2000),
  /** From 10,000 conversations to packed blocks; nothing is trained. */
  PREPARE(8, 256, 10_000),
  /** Rows of 2,048 tokens of 128,000, whose logits are made some at a time. */
  CHUNKED(1, 2048, 16);

  private final int batchSize;
  private final int maxLength;
  private final int rows;

  SftCase(int batchSize, int maxLength, int rows) {
    this.batchSize = batchSize;
    this.maxLength = maxLength;
    this.rows = rows;
  }

  /** The name in the table. */
  String key() {
    return name().toLowerCase(Locale.ROOT);
  }

  static SftCase of(String name) {
    return Arrays.stream(values())
        .filter(each -> each.key().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "there is no case '"
                        + name
                        + "'; the cases are "
                        + Arrays.stream(values()).map(SftCase::key).toList()));
  }

  int batchSize() {
    return batchSize;
  }

  /** Returns the folder that {@code reference_sft_bench.py dump} has written the model of this case into. */
  Path model(Path folder) {
    return folder.resolve(this == CHUNKED ? "wide" : "model");
  }

  PretrainedModel load(Path folder) throws IOException {
    return AutoModels.causalLm(model(folder), LoadOptions.defaults().withDevice(Device.cpu()));
  }

  Optional<PeftConfig> adapters() {
    return this == LORA
        ? Optional.of(LoraConfig.builder().r(16).loraAlpha(32).targetModules("all-linear").build())
        : Optional.empty();
  }

  SftArguments.Builder arguments() {
    return SftArguments.builder()
        .packing(this == PACKED || this == PREPARE)
        .assistantOnlyLoss(this != CHUNKED)
        .maxLength(maxLength)
        .lossType(this == CHUNKED ? LossType.CHUNKED_NLL : LossType.NLL);
  }

  Dataset<Map<String, Object>> data(Path folder) {
    if (this != CHUNKED) {
      return Datasets.jsonLines(folder.resolve("conversations.jsonl"))
          .select(LongStream.range(0, rows).toArray());
    }
    Random random = new Random(3);
    List<Map<String, Object>> texts =
        random
            .ints(rows, 0, Integer.MAX_VALUE)
            .mapToObj(seed -> Map.<String, Object>of("input_ids", ids(seed)))
            .toList();
    return Datasets.of(texts);
  }

  private int[] ids(int seed) {
    return new Random(seed).ints(maxLength, 5, 128_000).toArray();
  }
}
