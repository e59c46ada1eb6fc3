// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.JsonNode;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.transformers.peft.LoraConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Adapters over weights that stay in 16 bits. */
class HalfBaseTest {

  private static final Path LLAMA = ParityModels.ownFolder().resolve("llama");

  @TempDir Path folder;

  @ParameterizedTest
  @EnumSource(names = {"BFLOAT16", "FLOAT16"})
  void adaptersOverWeightsOf16BitsLearnWhatThoseOverFloat32Learn(Dtype dtype) throws IOException {
    assertThat(loss(dtype)).isCloseTo(loss(Dtype.FLOAT32), Percentage.withPercentage(1));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void andSoDoThoseOverAFolderIn16Bits(boolean deferred) throws IOException {
    Path half = folder.resolve("half");
    try (PretrainedModel model = AutoModels.causalLm(LLAMA, ParityModels.cpu())) {
      model.save(half, SaveOptions.defaults().withDtype(Dtype.BFLOAT16));
    }
    LoadOptions options =
        ParityModels.cpu().withDtype(Dtype.BFLOAT16).withDeferredWeights(deferred);

    assertThat(loss(half, options)).isEqualTo(loss(Dtype.BFLOAT16));
  }

  private double loss(Dtype dtype) throws IOException {
    return loss(LLAMA, ParityModels.cpu().withDtype(dtype));
  }

  private double loss(Path from, LoadOptions options) throws IOException {
    try (PretrainedModel base = AutoModels.causalLm(from, options);
        PeftModel model =
            PeftModel.of(base, LoraConfig.builder().r(2).targetModules("all-linear").build());
        Trainer trainer =
            Trainer.builder(
                    model,
                    TrainingArguments.builder()
                        .outputDir(folder.resolve("run"))
                        .useCpu(true)
                        .maxSteps(4)
                        .learningRate(1e-2)
                        .perDeviceTrainBatchSize(1)
                        .saveStrategy(IntervalStrategy.NO)
                        .build())
                .trainDataset(Datasets.of(ParityModels.trainBatches("llama")))
                .dataCollator(
                    (List<JsonNode> samples, NDManager manager) ->
                        ParityModels.inputs(samples.get(0), manager))
                .build()) {
      return trainer.train().trainingLoss();
    }
  }
}
