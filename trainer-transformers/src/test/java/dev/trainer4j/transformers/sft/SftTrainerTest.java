// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.sft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import dev.trainer4j.EvaluationOutput;
import dev.trainer4j.PredictionOutput;
import dev.trainer4j.ResumeFrom;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.checkpoint.SafetensorsFile;
import dev.trainer4j.data.Dataset;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.data.IterableDataset;
import dev.trainer4j.model.LossOutput;
import dev.trainer4j.model.Losses;
import dev.trainer4j.transformers.AutoModels;
import dev.trainer4j.transformers.ParityModels;
import dev.trainer4j.transformers.PeftModel;
import dev.trainer4j.transformers.PretrainedConfig;
import dev.trainer4j.transformers.PretrainedModel;
import dev.trainer4j.transformers.Task;
import dev.trainer4j.transformers.peft.LoraConfig;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SftTrainerTest {

  private static final Path FIGURES = ParityModels.ownFolder().resolveSibling("sft");

  @TempDir Path outputDir;

  private static PretrainedModel model() throws IOException {
    return AutoModels.causalLm(FIGURES.resolve("model"), ParityModels.cpu());
  }

  private static Dataset<Map<String, Object>> texts() {
    return Datasets.jsonLines(FIGURES.resolve("text.jsonl"));
  }

  private static Dataset<Map<String, Object>> conversations() {
    return Datasets.jsonLines(FIGURES.resolve("messages.jsonl"));
  }

  private static LoraConfig lora() {
    return LoraConfig.builder().r(4).targetModules("all-linear").loraDropout(0.1).build();
  }

  private SftArguments.Builder arguments(UnaryOperator<TrainingArguments.Builder> settings) {
    return SftArguments.builder()
        .training(
            t ->
                settings.apply(
                    t.outputDir(outputDir)
                        .useCpu(true)
                        .perDeviceTrainBatchSize(4)
                        .learningRate(1e-2)
                        .loggingSteps(1)
                        .saveStrategy(IntervalStrategy.NO)));
  }

  private static List<Map<String, Double>> lines(SftTrainer trainer, String key) {
    return trainer.state().logHistory().stream()
        .map(entry -> entry.values())
        .filter(values -> values.containsKey(key))
        .toList();
  }

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
  @CsvSource({"true,false", "false,true", "true,true"})
  void evaluationDataIsPreparedAndMeasuredAsTrainingDataIs(boolean packing, boolean evalPacking)
      throws IOException {
    SftArguments args =
        arguments(t -> t.maxSteps(2).evalStrategy(IntervalStrategy.STEPS).evalSteps(1))
            .packing(packing)
            .evalPacking(evalPacking)
            .maxLength(64)
            .build();
    try (PretrainedModel base = model();
        SftTrainer trainer =
            SftTrainer.builder(base, args)
                .trainDataset(texts())
                .evalDatasets(Map.of("a", texts(), "b", texts().range(0, 5)))
                .build()) {
      trainer.train();
      Map<String, Double> line = lines(trainer, "eval_a_loss").get(1);
      EvaluationOutput other = trainer.evaluate(texts());

      assertThat(line).containsKeys("eval_a_entropy", "eval_a_mean_token_accuracy");
      assertThat(line.get("eval_a_num_tokens"))
          .isEqualTo(lines(trainer, "loss").get(1).get("num_tokens"));
      assertThat(other.metric("loss")).isCloseTo(line.get("eval_a_loss"), within(1e-6));
    }
  }

  @Test
  void theBestAdapterIsLoadedAtTheEnd() throws IOException {
    SftArguments args =
        arguments(
                t ->
                    t.maxSteps(3)
                        .learningRate(10)
                        .evalStrategy(IntervalStrategy.STEPS)
                        .evalSteps(1)
                        .saveStrategy(IntervalStrategy.STEPS)
                        .saveSteps(1)
                        .metricForBestModel("mean_token_accuracy")
                        .loadBestModelAtEnd(true))
            .build();
    try (PretrainedModel base = model();
        SftTrainer trainer =
            SftTrainer.builder(base, args)
                .peft(lora())
                .trainDataset(texts())
                .evalDataset(texts())
                .build()) {
      trainer.train();

      double best =
          lines(trainer, "eval_loss").stream()
              .mapToDouble(line -> line.get("eval_mean_token_accuracy"))
              .max()
              .orElseThrow();
      assertThat(trainer.evaluate().metric("mean_token_accuracy")).isEqualTo(best);
    }
  }

  @Test
  void aMetricNobodyGivesIsRefusedBeforeTheFirstUpdate() throws IOException {
    SftArguments args =
        arguments(
                t ->
                    t.maxSteps(1)
                        .evalStrategy(IntervalStrategy.STEPS)
                        .metricForBestModel("perplexity"))
            .build();
    try (PretrainedModel base = model();
        SftTrainer trainer =
            SftTrainer.builder(base, args).trainDataset(texts()).evalDataset(texts()).build()) {
      assertThatThrownBy(trainer::train)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("eval_entropy");
    }
  }

  @Test
  void predictionsAndMetricsSeeLogitsWhateverTheLoss() throws IOException {
    try (PretrainedModel base = model();
        SftTrainer trainer =
            SftTrainer.builder(base, arguments(t -> t).build())
                .trainDataset(texts())
                .computeMetrics(
                    prediction ->
                        Map.of("width", (double) prediction.predictions().getShape().get(2)))
                .build();
        PredictionOutput predictions = trainer.predict(texts().range(0, 3))) {
      assertThat(predictions.predictions().getShape().get(2)).isEqualTo(320);
      assertThat(predictions.metrics().get("test_width")).isEqualTo(320);
      assertThat(predictions.metrics()).containsKey("test_entropy");
    }
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

  @Test
  void anAdapterThatIsThereAlreadyTakesNoSecondOne() throws IOException {
    try (PretrainedModel base = model();
        PeftModel adapted = PeftModel.of(base, lora())) {
      assertThatThrownBy(
              () ->
                  SftTrainer.builder(adapted, arguments(t -> t).build())
                      .peft(lora())
                      .trainDataset(texts())
                      .build())
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContainingAll("peft", "default", "mergeAndUnload");
    }
  }

  @Test
  void aModelOfWhichNothingIsTrainedIsRefused() throws IOException {
    try (PretrainedModel base = model()) {
      base.freeze("model", "lm_head");
      assertThatThrownBy(
              () ->
                  SftTrainer.builder(base, arguments(t -> t).build()).trainDataset(texts()).build())
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("nothing that is trained");
    }
  }

  @Test
  void whatIsMissingOrContradictoryIsToldTogether() throws IOException {
    try (PretrainedModel base = model()) {
      assertThatThrownBy(
              () ->
                  SftTrainer.builder(base, arguments(t -> t.labelSmoothingFactor(0.1)).build())
                      .computeLossFunc((outputs, inputs) -> LossOutput.mean(outputs.logits()))
                      .build())
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContainingAll(
              "trainDataset: missing",
              "labelSmoothingFactor: 0.1",
              "computeLossFunc",
              "LossType.NLL");
    }
  }

  @Test
  void rowsThatAreNoMapsAndModelsThatWriteNothingAreRefused() throws IOException {
    try (PretrainedModel base = model()) {
      assertThatThrownBy(
              () ->
                  SftTrainer.builder(base, arguments(t -> t).build())
                      .trainDataset(Datasets.of(List.of("a text")))
                      .build())
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContainingAll("train", "java.lang.String", "map(");
    }
    try (PretrainedModel classifier =
        AutoModels.load(
            FIGURES.resolve("model"),
            Task.SEQUENCE_CLASSIFICATION,
            ParityModels.cpu().withNewHead(true))) {
      assertThatThrownBy(
              () ->
                  SftTrainer.builder(classifier, arguments(t -> t).build())
                      .trainDataset(texts())
                      .build())
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("AutoModels.causalLm");
    }
  }

  @Test
  void aModelOfNoFolderNeedsATokenizer() {
    Map<String, Object> config =
        Map.of(
            "model_type", "llama",
            "vocab_size", 320,
            "hidden_size", 16,
            "num_hidden_layers", 1,
            "num_attention_heads", 2,
            "intermediate_size", 16);
    try (PretrainedModel model =
        AutoModels.fromConfig(PretrainedConfig.of(config), Task.CAUSAL_LM, ParityModels.cpu())) {
      assertThatThrownBy(
              () ->
                  SftTrainer.builder(model, arguments(t -> t).build())
                      .trainDataset(texts())
                      .build())
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContainingAll("tokenizer: missing", "PretrainedTokenizer.load");
    }
  }
}
