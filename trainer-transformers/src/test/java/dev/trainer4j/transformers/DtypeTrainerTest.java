// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.PredictionOutput;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.data.DataCollator;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.data.ModelInputs;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A trainer of a model of 16 bits: it evaluates and predicts, and does not train. */
class DtypeTrainerTest {

  @TempDir Path temporary;

  private static final DataCollator<Integer> BATCHES =
      (samples, manager) -> {
        long[] ids = new long[8 * 16];
        for (int i = 0; i < ids.length; i++) {
          ids[i] = 5 + (7L * i + 11L * samples.get(0)) % 90;
        }
        Shape shape = new Shape(8, 16);
        return ModelInputs.of(
            Map.of("input_ids", manager.create(ids, shape), "labels", manager.create(ids, shape)));
      };

  private TrainingArguments.Builder args() {
    return TrainingArguments.builder()
        .outputDir(temporary.resolve("run"))
        .useCpu(true)
        .maxSteps(1)
        .perDeviceTrainBatchSize(1)
        .perDeviceEvalBatchSize(1);
  }

  private static Trainer trainer(PretrainedModel model, TrainingArguments args) {
    return Trainer.builder(model, args)
        .trainDataset(Datasets.of(List.of(0, 1)))
        .dataCollator(BATCHES)
        .build();
  }

  private static PretrainedModel load(String name, Dtype dtype) throws IOException {
    return DtypeTest.load(name, ParityModels.cpu().withDtype(dtype));
  }

  @ParameterizedTest
  @CsvSource({"bert-mlm, BFLOAT16", "llama, FLOAT16", "t5, BFLOAT16", "t5, FLOAT16"})
  void trainingIsRefusedBeforeAnythingIsWritten(String name, Dtype dtype) throws IOException {
    try (PretrainedModel model = load(name, dtype);
        Trainer trainer = trainer(model, args().bf16(true).build())) {
      assertThatThrownBy(trainer::train)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("dtype is " + dtype.text())
          .hasMessageContaining(model.parameters().get(0).name())
          .hasMessageContaining("LoadOptions.withDtype(FLOAT32)")
          .hasMessageContaining("bf16(true)");
    }
    assertThat(temporary.resolve("run")).doesNotExist();
  }

  @ParameterizedTest
  @CsvSource({
    "bert-mlm, BFLOAT16",
    "gpt2, BFLOAT16",
    "llama, BFLOAT16",
    "t5, BFLOAT16",
    "bart, BFLOAT16",
    "bert-mlm, FLOAT16",
    "gpt2, FLOAT16",
    "llama, FLOAT16",
    "bart, FLOAT16"
  })
  void evaluationEqualsThatOfCopiesOf16Bits(String name, Dtype dtype) throws IOException {
    boolean bf16 = dtype == Dtype.BFLOAT16;
    TrainingArguments full = args().bf16FullEval(bf16).fp16FullEval(!bf16).build();
    double copies = loss(name, Dtype.FLOAT32, full);
    assertThat(loss(name, dtype, args().build())).isEqualTo(copies);
    // Nothing is left to copy.
    assertThat(loss(name, dtype, full)).isEqualTo(copies);
  }

  private static double loss(String name, Dtype dtype, TrainingArguments args) throws IOException {
    try (PretrainedModel model = load(name, dtype);
        Trainer trainer = trainer(model, args)) {
      trainer.evaluate(Datasets.of(List.of(0)));
      // Again: a scope that closed the model's own weights would show here.
      return trainer.evaluate(Datasets.of(List.of(0))).metrics().get("eval_loss");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "bert-mlm, FLOAT16", "llama, FLOAT16", "gemma, FLOAT16", "t5, FLOAT16", "bart, FLOAT16",
    "bert-mlm, BFLOAT16", "llama, BFLOAT16", "gemma, BFLOAT16", "t5, BFLOAT16", "bart, BFLOAT16"
  })
  void argumentsThatAskForAnotherTypeEvaluateInIt(String name, Dtype dtype) throws IOException {
    double expected = loss(name, Dtype.FLOAT32, args().build());
    TrainingArguments autocast = args().bf16(true).build();
    TrainingArguments full = args().fp16FullEval(true).build();
    assertThat(loss(name, dtype, autocast)).isCloseTo(expected, within(expected / 64));
    assertThat(loss(name, dtype, full)).isCloseTo(expected, within(expected / 64));
  }

  @ParameterizedTest
  @CsvSource({"bert-mlm, BFLOAT16", "llama, FLOAT16", "t5, BFLOAT16", "bart, BFLOAT16"})
  void predictionsAreFloat32(String name, Dtype dtype) throws IOException {
    try (PretrainedModel model = load(name, dtype);
        Trainer trainer = trainer(model, args().build());
        PredictionOutput output = trainer.predict(Datasets.of(List.of(0, 1)))) {
      NDArray logits = output.predictions();
      assertThat(logits.getDataType()).isEqualTo(DataType.FLOAT32);
      assertThat(logits.getShape().get(0)).isEqualTo(16);
    }
  }

  @Test
  void aTrainerSavesWhatIsInMemory() throws IOException {
    Path folder = temporary.resolve("saved");
    try (PretrainedModel model = load("t5", Dtype.FLOAT16);
        Trainer trainer = trainer(model, args().build())) {
      trainer.saveModel(folder);
      model.save(temporary.resolve("by-model"));
    }
    for (String file : List.of("model.safetensors", "config.json")) {
      assertThat(folder.resolve(file))
          .hasSameBinaryContentAs(temporary.resolve("by-model").resolve(file));
    }
  }
}
