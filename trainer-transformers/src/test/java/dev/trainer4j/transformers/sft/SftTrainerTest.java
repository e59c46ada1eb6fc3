// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.sft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import dev.trainer4j.ResumeFrom;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.checkpoint.SafetensorsFile;
import dev.trainer4j.data.Dataset;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.data.IterableDataset;
import dev.trainer4j.model.LossOutput;
import dev.trainer4j.model.Losses;
import dev.trainer4j.transformers.PeftModel;
import dev.trainer4j.transformers.PretrainedModel;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Fine-tuning runs, and what comes of them. */
class SftTrainerTest extends SftRuns {

  @Test
  void theModelsFolderHasTheTokenizerAndAnAdapterAloneIsTrainedAndSaved() throws IOException {
    Path adapter = outputDir.resolve("adapter");
    try (PretrainedModel base = model()) {
      float[] before = base.state().get("lm_head.weight").toFloatArray();
      try (SftTrainer trainer =
          SftTrainer.builder(
                  base, arguments(t -> t.maxSteps(12)).packing(true).maxLength(64).build())
              .peft(lora())
              .trainDataset(texts())
              .build()) {
        trainer.train();
        trainer.saveModel(adapter);

        List<Map<String, Double>> lines = lines(trainer, "loss");
        assertThat(lines.get(11).get("loss")).isLessThan(lines.get(0).get("loss"));
        assertThat(trainer.peftModel()).isPresent();
      }
      assertThat(base.state().get("lm_head.weight").toFloatArray()).isEqualTo(before);
    }
    assertThat(adapter.resolve("adapter_model.safetensors")).exists();
    assertThat(adapter.resolve("tokenizer.json")).exists();
    try (PretrainedModel base = model();
        PeftModel loaded = PeftModel.load(base, adapter)) {
      assertThat(loaded.adapters()).containsOnlyKeys("default");
    }
  }

  private SftTrainer.Builder packedLora(PretrainedModel base, int maxSteps) {
    SftArguments args =
        arguments(
                t ->
                    t.maxSteps(maxSteps)
                        .gradientAccumulationSteps(2)
                        .perDeviceTrainBatchSize(2)
                        .saveStrategy(IntervalStrategy.STEPS)
                        .saveSteps(3))
            .packing(true)
            .maxLength(48)
            .build();
    return SftTrainer.builder(base, args).peft(lora()).trainDataset(texts());
  }

  @Test
  void aPackedRunWithAdaptersAndDropoutGoesOnToTheBit() throws IOException {
    List<Map<String, Double>> whole;
    Map<String, float[]> wholeWeights;
    try (PretrainedModel base = model();
        SftTrainer trainer = packedLora(base, 6).build()) {
      trainer.train();
      whole = lines(trainer, "loss");
      wholeWeights = weights(outputDir.resolve("checkpoint-6"));
    }

    try (PretrainedModel base = model();
        SftTrainer trainer = packedLora(base, 6).build()) {
      trainer.train(ResumeFrom.path(outputDir.resolve("checkpoint-3")));

      assertThat(lines(trainer, "loss")).isEqualTo(whole);
      assertThat(weights(outputDir.resolve("checkpoint-6")))
          .usingRecursiveComparison()
          .isEqualTo(wholeWeights);
    }
  }

  private static Map<String, float[]> weights(Path checkpoint) throws IOException {
    Map<String, float[]> weights = new LinkedHashMap<>();
    try (NDManager manager = NDManager.newBaseManager();
        SafetensorsFile file =
            SafetensorsFile.open(checkpoint.resolve("adapter_model.safetensors"))) {
      for (String name : file.names()) {
        weights.put(name, file.read(name, manager).toFloatArray());
      }
    }
    return weights;
  }

  @Test
  void microBatchesWeighByTheirTokens() throws IOException {
    double whole = lossOfFirstUpdate(8, 1);

    assertThat(lossOfFirstUpdate(2, 4)).isCloseTo(whole, within(1e-5));
  }

  private double lossOfFirstUpdate(int batch, int accumulation) throws IOException {
    SftArguments args =
        arguments(
                t ->
                    t.maxSteps(1)
                        .perDeviceTrainBatchSize(batch)
                        .gradientAccumulationSteps(accumulation))
            .assistantOnlyLoss(true)
            .build();
    try (PretrainedModel base = model();
        SftTrainer trainer = SftTrainer.builder(base, args).trainDataset(conversations()).build()) {
      trainer.train();
      Map<String, Double> line = lines(trainer, "loss").get(0);
      assertThat(line.get("entropy")).isCloseTo(Math.log(320), within(0.01));
      return line.get("loss");
    }
  }

  @Test
  void documentsOfAPackedRowAreTrainedAsIfEachStoodAlone() throws IOException {
    double packed;
    double alone;
    try (PretrainedModel base = model();
        SftTrainer trainer =
            SftTrainer.builder(
                    base,
                    arguments(t -> t.perDeviceEvalBatchSize(1)).packing(true).maxLength(64).build())
                .trainDataset(texts())
                .build()) {
      packed = trainer.evaluate(texts()).metric("loss");
    }
    try (PretrainedModel base = model();
        SftTrainer trainer =
            SftTrainer.builder(base, arguments(t -> t.perDeviceEvalBatchSize(1)).build())
                .trainDataset(texts())
                .build()) {
      alone = trainer.evaluate(texts()).metric("loss");
    }

    assertThat(packed).isCloseTo(alone, within(1e-5));
  }

  @ParameterizedTest
  @CsvSource({"CHUNKED_NLL,false", "CHUNKED_NLL,true", "NLL,true", "DFT,false"})
  void halfPrecisionTrainsToAboutTheSameLoss(LossType loss, boolean checkpointing)
      throws IOException {
    double exact = lastLoss(loss, checkpointing, false);
    double half = lastLoss(loss, checkpointing, true);

    assertThat(half).isCloseTo(exact, within(0.02 * exact)).isNotEqualTo(exact);
  }

  private double lastLoss(LossType loss, boolean checkpointing, boolean bf16) throws IOException {
    SftArguments args =
        arguments(
                t ->
                    t.maxSteps(4)
                        .learningRate(1e-3)
                        .gradientCheckpointing(checkpointing)
                        .bf16(bf16))
            .lossType(loss)
            .build();
    try (PretrainedModel base = model();
        SftTrainer trainer = SftTrainer.builder(base, args).trainDataset(texts()).build()) {
      trainer.train();
      return lines(trainer, "loss").get(3).get("loss");
    }
  }

  @Test
  void aLossOfTheUsersOwnIsLoggedWithWhatTheModelTells() throws IOException {
    SftArguments args = arguments(t -> t.maxSteps(1)).lossType(LossType.NLL).build();
    try (PretrainedModel base = model();
        SftTrainer trainer =
            SftTrainer.builder(base, args)
                .trainDataset(texts())
                .computeLossFunc(
                    (outputs, inputs) -> {
                      LossOutput loss =
                          Losses.crossEntropy(
                              outputs.logits(), Losses.nextLabels(inputs.get("labels")), 0);
                      return LossOutput.mean(loss.asMean().value().mul(2));
                    })
                .build()) {
      trainer.train();
      Map<String, Double> line = lines(trainer, "loss").get(0);

      assertThat(line.get("loss")).isCloseTo(2 * Math.log(320), within(0.1));
      assertThat(line.get("entropy")).isCloseTo(Math.log(320), within(0.01));
    }
  }

  @Test
  void smoothedLabelsKeepEntropyAndAccuracy() throws IOException {
    SftArguments args =
        arguments(t -> t.maxSteps(1).labelSmoothingFactor(0.1)).lossType(LossType.NLL).build();
    try (PretrainedModel base = model();
        SftTrainer trainer = SftTrainer.builder(base, args).trainDataset(texts()).build()) {
      trainer.train();

      assertThat(lines(trainer, "loss").get(0).get("entropy"))
          .isCloseTo(Math.log(320), within(0.01));
    }
  }

  @Test
  void aFormattingFunctionMakesTheTexts() throws IOException {
    Dataset<Map<String, Object>> rows =
        Datasets.of(List.of(Map.of("question", "Who sold rice?", "answer", "Nobody.")));
    SftArguments args = arguments(t -> t.maxSteps(1)).build();
    try (PretrainedModel base = model();
        SftTrainer trainer =
            SftTrainer.builder(base, args)
                .formattingFunc(row -> row.get("question") + " " + row.get("answer"))
                .trainDataset(rows)
                .build();
        PretrainedTokenizer tokenizer = PretrainedTokenizer.load(FIGURES.resolve("model"))) {
      trainer.train();

      int expected = tokenizer.encode("Who sold rice? Nobody.").inputIds().length + 1;
      assertThat(lines(trainer, "loss").get(0).get("num_tokens")).isEqualTo(expected);
    }
  }

  @Test
  void aStreamOfPreparedRowsIsTrainedOnAsItComes() throws IOException {
    IterableDataset<Map<String, Object>> endless =
        epoch ->
            Stream.iterate(5, id -> id + 1)
                .map(id -> Map.<String, Object>of("input_ids", new int[] {1, id % 300, 7, 2}))
                .iterator();
    SftArguments args = arguments(t -> t.maxSteps(2)).skipPrepareDataset(true).build();
    try (PretrainedModel base = model();
        SftTrainer trainer = SftTrainer.builder(base, args).trainDataset(endless).build()) {
      trainer.train();

      assertThat(lines(trainer, "loss").get(1).get("num_tokens")).isEqualTo(2 * 4 * 4);
    }
  }

  @Test
  void anEndlessStreamOfTextsIsPreparedAsItComes() throws IOException {
    IterableDataset<Map<String, Object>> endless =
        epoch ->
            Stream.iterate(5, id -> id + 1)
                .map(id -> Map.<String, Object>of("text", "Lima has " + id + " stones."))
                .iterator();
    SftArguments args = arguments(t -> t.maxSteps(2)).build();
    try (PretrainedModel base = model();
        SftTrainer trainer = SftTrainer.builder(base, args).trainDataset(endless).build()) {
      trainer.train();

      assertThat(lines(trainer, "loss")).hasSize(2);
      SftArguments packed = args.toBuilder().packing(true).shuffleDataset(true).build();
      assertThatThrownBy(() -> SftTrainer.builder(base, packed).trainDataset(endless).build())
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContainingAll("packing: needs all rows", "shuffleDataset: needs all rows");
    }
  }
}
