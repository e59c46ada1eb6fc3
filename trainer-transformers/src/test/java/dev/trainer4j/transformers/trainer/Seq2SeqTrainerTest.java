// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import dev.trainer4j.PredictionOutput;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.data.Dataset;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.metrics.EvalPrediction;
import dev.trainer4j.transformers.AutoModels;
import dev.trainer4j.transformers.ParityModels;
import dev.trainer4j.transformers.PretrainedConfig;
import dev.trainer4j.transformers.PretrainedModel;
import dev.trainer4j.transformers.Task;
import dev.trainer4j.transformers.collate.DataCollatorForSeq2Seq;
import dev.trainer4j.transformers.collate.PaddingOptions;
import dev.trainer4j.transformers.generation.GenerationConfig;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A model learns to write a row of tokens backwards, and is judged by what it writes. */
class Seq2SeqTrainerTest {

  private static final int END = 2;

  @TempDir Path outputDir;

  /** Rows of 2 to 4 different tokens of 8 kinds, and the same backwards with an end. */
  private static Dataset<Map<String, ?>> reversals(int count, long seed) {
    Random random = new Random(seed);
    List<Map<String, ?>> samples = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int length = 2 + random.nextInt(3);
      // Without repetitions: T5 knows no places, and learns which of two equal tokens comes first
      // late.
      long[] source = random.longs(10, 18).distinct().limit(length).toArray();
      long[] target = new long[length + 1];
      for (int j = 0; j < length; j++) {
        target[j] = source[length - 1 - j];
      }
      target[length] = END;
      samples.add(Map.of("input_ids", source, "labels", target));
    }
    return Datasets.of(samples);
  }

  private static PretrainedModel model(String family) {
    Map<String, Object> config = new HashMap<>();
    config.put("model_type", family);
    config.put("vocab_size", 320);
    config.put("d_model", 64);
    config.put("eos_token_id", END);
    config.put("pad_token_id", 0);
    config.put("decoder_start_token_id", 0);
    if (family.equals("t5")) {
      config.putAll(
          Map.of(
              "d_kv",
              16,
              "d_ff",
              128,
              "num_layers",
              1,
              "num_heads",
              4,
              "dropout_rate",
              0.0,
              "feed_forward_proj",
              "gated-gelu"));
    } else {
      config.putAll(
          Map.of(
              "encoder_layers",
              1,
              "decoder_layers",
              1,
              "encoder_ffn_dim",
              128,
              "decoder_ffn_dim",
              128,
              "encoder_attention_heads",
              4,
              "decoder_attention_heads",
              4,
              "max_position_embeddings",
              16,
              "dropout",
              0.0,
              "init_std",
              0.1));
    }
    return AutoModels.fromConfig(
        PretrainedConfig.of(config), Task.SEQ2SEQ_LM, ParityModels.cpu().withSeed(3));
  }

  private TrainingArguments.Builder arguments() {
    return TrainingArguments.builder()
        .outputDir(outputDir)
        .useCpu(true)
        .perDeviceTrainBatchSize(32)
        .perDeviceEvalBatchSize(50)
        .saveStrategy(IntervalStrategy.NO);
  }

  private static PretrainedTokenizer tokenizer() {
    return PretrainedTokenizer.load(ParityModels.ownFolder().resolve("t5"));
  }

  /** The share of rows that are their label, token for token, after the decoder's start. */
  private static Map<String, Double> exactMatch(EvalPrediction prediction) {
    NDArray written = prediction.predictions();
    int width = Math.toIntExact(written.getShape().get(1));
    int rows = Math.toIntExact(written.getShape().get(0));
    long[] tokens = written.toLongArray();
    long[] labels = prediction.labelIds().toLongArray();
    int equal = 0;
    for (int i = 0; i < rows; i++) {
      boolean same = true;
      for (int j = 0; j + 1 < width; j++) {
        long label = labels[i * width + j];
        same &= tokens[i * width + j + 1] == (label == -100 ? 0 : label);
      }
      equal += same ? 1 : 0;
    }
    return Map.of("exact_match", equal / (double) rows);
  }

  @ParameterizedTest
  @ValueSource(strings = {"bart", "t5"})
  void aModelLearnsToReverseAndWritesMoreThanNineOfTenRowsExactly(String family) {
    try (PretrainedTokenizer tokenizer = tokenizer();
        PretrainedModel model = model(family);
        Trainer trainer =
            new Seq2SeqTrainer(
                Trainer.builder(model, arguments().learningRate(3e-3).maxSteps(450).build())
                    .trainDataset(reversals(4000, 1))
                    .evalDataset(reversals(200, 2))
                    .dataCollator(new DataCollatorForSeq2Seq(tokenizer))
                    .computeMetrics(Seq2SeqTrainerTest::exactMatch),
                Seq2SeqTrainingArguments.builder()
                    .predictWithGenerate(true)
                    .generationMaxLength(8)
                    .build())) {
      assertThat(trainer.evaluate().metrics().get("eval_exact_match")).isLessThan(0.1);
      trainer.train();
      Map<String, Double> metrics = trainer.evaluate().metrics();
      assertThat(metrics.get("eval_exact_match")).isGreaterThan(0.9);
      assertThat(metrics.get("eval_loss")).isLessThan(0.3);
    }
  }

  @Test
  void predictionsAndLabelsArePaddedToTheGreatestLengthWithThePadToken() {
    try (PretrainedTokenizer tokenizer = tokenizer();
        PretrainedModel model = model("t5");
        Seq2SeqTrainer trainer =
            new Seq2SeqTrainer(
                Trainer.builder(model, arguments().perDeviceEvalBatchSize(3).build())
                    .dataCollator(new DataCollatorForSeq2Seq(tokenizer)),
                Seq2SeqTrainingArguments.builder()
                    .predictWithGenerate(true)
                    .generationMaxLength(9)
                    .generationNumBeams(2)
                    .build())) {
      Dataset<Map<String, ?>> data = reversals(10, 5);
      try (PredictionOutput output = trainer.predict(data)) {
        assertThat(output.allPredictions()).containsOnlyKeys(Seq2SeqTrainer.SEQUENCES);
        assertThat(output.predictions().getShape().getShape()).containsExactly(10, 9);
        assertThat(output.labelIds().getShape().getShape()).containsExactly(10, 9);
        assertThat(output.predictions().get(":, 0").toLongArray()).containsOnly(0);
        // No label has more than five tokens: what is behind them is padding of the trainer's.
        assertThat(output.labelIds().get(":, 5:").toLongArray()).containsOnly(0);
        assertThat(output.labelIds().get(":, :5").toLongArray()).contains(END, -100);
        assertThat(output.metric("test_loss")).isPositive();
      }
      GenerationConfig shorter = GenerationConfig.builder().maxNewTokens(3).build();
      try (PredictionOutput output = trainer.predict(data, "short", shorter)) {
        assertThat(output.predictions().getShape().getShape()).containsExactly(10, 4);
        // Labels are as long as they are: only what is shorter is padded.
        assertThat(output.labelIds().getShape().get(1)).isEqualTo(5);
        assertThat(output.metrics()).containsKey("short_loss");
      }
    }
  }

  /** Each sample keeps its sequences beside each other, whatever the batches are. */
  @Test
  void severalSequencesOfASampleAreThoseThatTheModelGeneratesOfIt() {
    GenerationConfig settings =
        GenerationConfig.builder().maxNewTokens(4).numBeams(3).numReturnSequences(3).build();
    try (PretrainedTokenizer tokenizer = tokenizer();
        PretrainedModel model = model("bart");
        Seq2SeqTrainer trainer =
            new Seq2SeqTrainer(
                Trainer.builder(model, arguments().perDeviceEvalBatchSize(4).build())
                    .dataCollator(new DataCollatorForSeq2Seq(tokenizer)),
                Seq2SeqTrainingArguments.builder()
                    .predictWithGenerate(true)
                    .generationConfig(settings)
                    .build())) {
      Dataset<Map<String, ?>> data = reversals(6, 5);
      try (PredictionOutput output = trainer.predict(data)) {
        assertThat(output.predictions().getShape().getShape()).containsExactly(6, 3, 5);
        assertThat(output.labelIds().getShape().get(0)).isEqualTo(6);
        GenerationConfig full =
            settings.toBuilder().decoderStartTokenId(0).eosTokenId(END).padTokenId(0).build();
        for (int i = 0; i < 6; i++) {
          long[] source = (long[]) data.get(i).get("input_ids");
          long[][] alone = model.generate(new long[][] {source}, full).sequences();
          for (int k = 0; k < 3; k++) {
            assertThat(output.predictions().get(i, k).toLongArray()).startsWith(alone[k]);
          }
          assertThat(alone[0]).isNotEqualTo(alone[1]);
        }
      }
    }
  }

  @Test
  void withoutGenerationAnEvaluationGivesLogits() {
    try (PretrainedTokenizer tokenizer = tokenizer();
        PretrainedModel model = model("bart");
        Trainer trainer =
            new Seq2SeqTrainer(
                Trainer.builder(model, arguments().build())
                    .dataCollator(new DataCollatorForSeq2Seq(tokenizer)),
                Seq2SeqTrainingArguments.builder().build());
        PredictionOutput output = trainer.predict(reversals(4, 5))) {
      assertThat(output.predictions().getShape().dimension()).isEqualTo(3);
    }
  }

  @Test
  void theCollatorsDecoderInputsGiveTheLossOfTheModelsOwn() {
    try (PretrainedTokenizer tokenizer = tokenizer();
        PretrainedModel model = model("t5")) {
      double own = loss(model, new DataCollatorForSeq2Seq(tokenizer));
      double given =
          loss(
              model,
              new DataCollatorForSeq2Seq(
                  tokenizer,
                  PaddingOptions.longest(),
                  -100,
                  model::prepareDecoderInputIdsFromLabels));
      assertThat(given).isEqualTo(own);
    }
  }

  private double loss(PretrainedModel model, DataCollatorForSeq2Seq collator) {
    try (Trainer trainer =
        new Seq2SeqTrainer(
            Trainer.builder(model, arguments().build())
                .evalDataset(reversals(20, 5))
                .dataCollator(collator)
                .computeMetrics(Seq2SeqTrainerTest::exactMatch),
            Seq2SeqTrainingArguments.builder()
                .predictWithGenerate(true)
                .generationMaxLength(8)
                .build())) {
      return trainer.evaluate().metrics().get("eval_loss");
    }
  }

  @Test
  void argumentsThatCannotBeAreNamedAtOnce() {
    assertThatThrownBy(
            () ->
                Seq2SeqTrainingArguments.builder()
                    .generationMaxLength(1)
                    .generationNumBeams(0)
                    .build())
        .hasMessageContaining("generationMaxLength is 1")
        .hasMessageContaining("generationNumBeams is 0")
        .hasMessageContaining("predictWithGenerate is false");
    assertThatThrownBy(
            () ->
                Seq2SeqTrainingArguments.builder()
                    .predictWithGenerate(true)
                    .generationMaxLength(5)
                    .generationConfig(GenerationConfig.builder().maxNewTokens(7).build())
                    .build())
        .hasMessageContaining("maxNewTokens = 7");
  }
}
