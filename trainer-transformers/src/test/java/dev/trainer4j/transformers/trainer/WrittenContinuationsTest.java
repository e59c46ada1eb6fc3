// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.trainer4j.PredictionOutput;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.data.DataCollator;
import dev.trainer4j.data.Dataset;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.metrics.EvalPrediction;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.transformers.AutoModels;
import dev.trainer4j.transformers.ParityModels;
import dev.trainer4j.transformers.PeftModel;
import dev.trainer4j.transformers.PretrainedConfig;
import dev.trainer4j.transformers.PretrainedModel;
import dev.trainer4j.transformers.Task;
import dev.trainer4j.transformers.collate.DataCollatorForSeq2Seq;
import dev.trainer4j.transformers.collate.DataCollatorWithFlattening;
import dev.trainer4j.transformers.generation.GenerationConfig;
import dev.trainer4j.transformers.peft.LoraConfig;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Evaluations of decoder-only models by what they write on behind their prompts. */
class WrittenContinuationsTest {

  private static final int NEW_TOKENS = 12;
  private static final int END = 2;
  private static final int BETWEEN = 20;

  @TempDir Path outputDir;

  private TrainingArguments.Builder arguments() {
    return TrainingArguments.builder()
        .outputDir(outputDir)
        .useCpu(true)
        .perDeviceTrainBatchSize(32)
        .perDeviceEvalBatchSize(4)
        .saveStrategy(IntervalStrategy.NO);
  }

  private static Seq2SeqTrainingArguments writing(GenerationConfig settings) {
    return Seq2SeqTrainingArguments.builder()
        .predictWithGenerate(true)
        .generationConfig(settings)
        .build();
  }

  private Seq2SeqTrainer trainer(
      TrainableModel model, DataCollator<?> collator, Seq2SeqTrainingArguments writing) {
    return new Seq2SeqTrainer(
        Trainer.builder(model, arguments().build()).dataCollator(collator), writing);
  }

  private static long[] joined(long[]... parts) {
    return Arrays.stream(parts).flatMapToLong(Arrays::stream).toArray();
  }

  private static long[] ignored(int count) {
    return LongStream.generate(() -> -100).limit(count).toArray();
  }

  /** A prompt and what is to follow it, as data of causal language models have it. */
  private static Map<String, ?> sample(long[] prompt, long... completion) {
    return Map.of(
        "input_ids", joined(prompt, completion),
        "labels", joined(ignored(prompt.length), completion));
  }

  private static long[][] rows(JsonNode node) {
    return new ObjectMapper().convertValue(node, long[][].class);
  }

  private static List<long[]> prompts(JsonNode golden) {
    long[][] ids = rows(golden.get("inputs").get("input_ids"));
    long[][] mask = rows(golden.get("inputs").get("attention_mask"));
    List<long[]> prompts = new ArrayList<>();
    for (int i = 0; i < ids.length; i++) {
      int from = (int) Arrays.stream(mask[i]).filter(seen -> seen == 0).count();
      prompts.add(Arrays.copyOfRange(ids[i], from, ids[i].length));
    }
    return prompts;
  }

  private static PretrainedTokenizer tokenizer(String name) {
    return PretrainedTokenizer.load(ParityModels.folder(name));
  }

  /** Completions are of several lengths and stand behind the prompts, so nothing in the batch is padded as generation needs it. */
  @ParameterizedTest
  @ValueSource(strings = {"gpt2", "llama", "qwen3"})
  void predictionsAreTheNewTokensThatTransformersWritesBehindLeftPaddedPrompts(String name)
      throws IOException {
    JsonNode golden = ParityModels.golden(name).get("generate");
    List<Map<String, ?>> behind = new ArrayList<>();
    List<Map<String, ?>> given = new ArrayList<>();
    for (long[] prompt : prompts(golden)) {
      long[] completion = LongStream.range(40, 41 + behind.size()).toArray();
      behind.add(sample(prompt, completion));
      given.add(Map.of("input_ids", completion, "labels", completion, "prompt_input_ids", prompt));
    }
    long[][] sequences = rows(golden.get("greedy"));
    long[][] expected =
        Arrays.stream(sequences)
            .map(row -> Arrays.copyOfRange(row, row.length - NEW_TOKENS, row.length))
            .toArray(long[][]::new);
    try (PretrainedTokenizer tokenizer = tokenizer(name);
        PretrainedModel model = ParityModels.load(name);
        Seq2SeqTrainer trainer =
            trainer(
                model,
                new DataCollatorForSeq2Seq(tokenizer),
                writing(GenerationConfig.builder().maxNewTokens(NEW_TOKENS).build()))) {
      for (List<Map<String, ?>> data : List.of(behind, given)) {
        try (PredictionOutput output = trainer.predict(Datasets.of(data))) {
          assertThat(output.allPredictions()).containsOnlyKeys(Seq2SeqTrainer.SEQUENCES);
          assertThat(TokenRows.of(output.predictions())).isDeepEqualTo(expected);
          assertThat(output.metrics()).containsKey("test_loss");
          long[] second = TokenRows.of(output.labelIds())[1];
          assertThat(second).startsWith(40, 41).hasSize(NEW_TOKENS);
        }
      }
    }
  }

  @Test
  void eachRowIsWrittenAsTheModelWritesItAlone() throws IOException {
    GenerationConfig settings =
        GenerationConfig.builder().maxNewTokens(5).numBeams(2).numReturnSequences(2).build();
    List<long[]> prompts = prompts(ParityModels.golden("llama").get("generate"));
    List<Map<String, ?>> data =
        prompts.stream().<Map<String, ?>>map(prompt -> sample(prompt, 30, 31)).toList();
    try (PretrainedTokenizer tokenizer = tokenizer("llama");
        PretrainedModel base = ParityModels.load("llama");
        PeftModel model =
            PeftModel.of(
                base,
                LoraConfig.builder()
                    .r(2)
                    .initLoraWeights("false")
                    .targetModules("q_proj")
                    .build());
        Seq2SeqTrainer trainer =
            trainer(model, new DataCollatorForSeq2Seq(tokenizer), writing(settings));
        PredictionOutput output = trainer.predict(Datasets.of(data))) {
      assertThat(output.predictions().getShape().getShape()).containsExactly(4, 2, 5);
      GenerationConfig full =
          settings.toBuilder()
              .eosTokenId(model.generationConfig().eosTokenId())
              .padTokenId(model.generationConfig().padTokenId())
              .build();
      for (int i = 0; i < prompts.size(); i++) {
        long[][] alone = model.generate(new long[][] {prompts.get(i)}, full).newTokens();
        for (int k = 0; k < 2; k++) {
          assertThat(output.predictions().get(i, k).toLongArray()).startsWith(alone[k]);
        }
      }
    }
  }

  /** Of a dialogue, the last answer is written; of a text without labels, what follows it. */
  @Test
  void promptsEndWhereTheLastLabelsBegin() throws IOException {
    long[] question = {50, 51, 52};
    Map<String, ?> dialogue =
        Map.of(
            "input_ids", new long[] {50, 51, 52, 60, 61, 53, 62, 63},
            "labels", new long[] {-100, -100, -100, 60, 61, -100, 62, 63});
    try (PretrainedTokenizer tokenizer = tokenizer("gpt2");
        PretrainedModel model = ParityModels.load("gpt2");
        Seq2SeqTrainer trainer =
            trainer(
                model,
                new DataCollatorForSeq2Seq(tokenizer),
                writing(GenerationConfig.builder().maxNewTokens(4).build()))) {
      GenerationConfig full =
          GenerationConfig.builder()
              .maxNewTokens(4)
              .eosTokenId(model.generationConfig().eosTokenId())
              .padTokenId(0)
              .build();
      try (PredictionOutput output = trainer.predict(Datasets.of(List.of(dialogue)))) {
        assertThat(TokenRows.of(output.predictions())[0])
            .startsWith(
                model.generate(new long[][] {{50, 51, 52, 60, 61, 53}}, full).newTokens()[0]);
        assertThat(TokenRows.of(output.labelIds())[0]).startsWith(62, 63);
      }
      try (PredictionOutput output =
          trainer.predict(Datasets.of(List.<Map<String, ?>>of(Map.of("input_ids", question))))) {
        assertThat(TokenRows.of(output.predictions())[0])
            .startsWith(model.generate(new long[][] {question}, full).newTokens()[0]);
        assertThat(output.allLabels()).isEmpty();
      }
    }
  }

  /** Rows of 2 to 4 tokens of 8 kinds, a separator, and the same backwards with an end. */
  private static Dataset<Map<String, ?>> reversals(int count, long seed) {
    Random random = new Random(seed);
    List<Map<String, ?>> samples = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int length = 2 + random.nextInt(3);
      long[] source = random.longs(10, 18).distinct().limit(length).toArray();
      long[] target = new long[length + 1];
      for (int j = 0; j < length; j++) {
        target[j] = source[length - 1 - j];
      }
      target[length] = END;
      samples.add(sample(joined(source, new long[] {BETWEEN}), target));
    }
    return Datasets.of(samples);
  }

  private static Map<String, Double> exactMatch(EvalPrediction prediction) {
    long[][] written = TokenRows.of(prediction.predictions());
    long[][] labels = TokenRows.of(prediction.labelIds());
    int equal = 0;
    for (int i = 0; i < written.length; i++) {
      long[] reference = Arrays.stream(labels[i]).map(id -> id == -100 ? 0 : id).toArray();
      equal += Arrays.equals(written[i], reference) ? 1 : 0;
    }
    return Map.of("exact_match", equal / (double) written.length);
  }

  @Test
  void aDecoderLearnsToReverseAndWritesMoreThanNineOfTenRowsExactly() {
    Map<String, Object> config = new HashMap<>();
    config.putAll(
        Map.of(
            "model_type", "llama",
            "vocab_size", 24,
            "hidden_size", 64,
            "num_hidden_layers", 2,
            "num_attention_heads", 4,
            "num_key_value_heads", 4,
            "intermediate_size", 128,
            "initializer_range", 0.1));
    config.putAll(Map.of("eos_token_id", END, "pad_token_id", 0, "bos_token_id", 1));
    try (PretrainedTokenizer tokenizer = tokenizer("t5");
        PretrainedModel model =
            AutoModels.fromConfig(
                PretrainedConfig.of(config), Task.CAUSAL_LM, ParityModels.cpu().withSeed(3));
        Trainer trainer =
            new Seq2SeqTrainer(
                Trainer.builder(
                        model,
                        arguments()
                            .perDeviceEvalBatchSize(50)
                            .learningRate(3e-3)
                            .maxSteps(250)
                            .build())
                    .trainDataset(reversals(4000, 1))
                    .evalDataset(reversals(200, 2))
                    .dataCollator(new DataCollatorForSeq2Seq(tokenizer))
                    .computeMetrics(WrittenContinuationsTest::exactMatch),
                writing(GenerationConfig.builder().maxNewTokens(6).build()))) {
      assertThat(trainer.evaluate().metric("exact_match")).isLessThan(0.1);
      trainer.train();
      assertThat(trainer.evaluate().metric("exact_match")).isGreaterThan(0.9);
    }
  }

  @Test
  void whatCannotBeWrittenIsSaid() throws IOException {
    try (PretrainedTokenizer tokenizer = tokenizer("gpt2");
        PretrainedModel model = ParityModels.load("gpt2");
        PretrainedModel encoder = ParityModels.load("bert-classify")) {
      DataCollatorForSeq2Seq collator = new DataCollatorForSeq2Seq(tokenizer);
      Seq2SeqTrainingArguments unlimited =
          Seq2SeqTrainingArguments.builder().predictWithGenerate(true).build();
      assertThatThrownBy(() -> trainer(model, collator, unlimited))
          .hasMessageContaining("set maxNewTokens in generationConfig");
      GenerationConfig four = GenerationConfig.builder().maxNewTokens(4).build();
      assertThatThrownBy(() -> trainer(encoder, collator, writing(four)))
          .hasMessageContaining("predictWithGenerate needs a model that writes text")
          .hasMessageContaining("AutoModels.causalLm");
      try (Seq2SeqTrainer trainer = trainer(model, collator, writing(four))) {
        Dataset<Map<String, ?>> noPrompt = Datasets.of(List.of(sample(new long[0], 50, 51)));
        assertThatThrownBy(() -> trainer.predict(noPrompt))
            .hasMessageContaining("row 0 of the batch has no token before its labels")
            .hasMessageContaining("prompt_input_ids");
      }
      try (Seq2SeqTrainer trainer =
          trainer(model, new DataCollatorWithFlattening(), writing(four))) {
        Dataset<Map<String, ?>> two =
            Datasets.of(List.of(sample(new long[] {50}, 51, 52), sample(new long[] {50}, 51, 52)));
        assertThatThrownBy(() -> trainer.predict(two))
            .hasMessageContaining("position_ids begin anew within a row");
      }
    }
  }
}
