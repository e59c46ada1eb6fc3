// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.embedding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.trainer4j.PredictionOutput;
import dev.trainer4j.ResumeFrom;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.SchedulerType;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.data.Dataset;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.model.LossOutput;
import dev.trainer4j.torch.ArrayScope;
import dev.trainer4j.torch.Autograd;
import dev.trainer4j.transformers.AutoModels;
import dev.trainer4j.transformers.LoadOptions;
import dev.trainer4j.transformers.ParityModels;
import dev.trainer4j.transformers.PeftModel;
import dev.trainer4j.transformers.PretrainedModel;
import dev.trainer4j.transformers.Task;
import dev.trainer4j.transformers.embedding.MultipleNegativesRankingLoss.Similarity;
import dev.trainer4j.transformers.metrics.Retrieval;
import dev.trainer4j.transformers.peft.LoraConfig;
import dev.trainer4j.transformers.predict.Pooling;
import dev.trainer4j.transformers.predict.SentenceModules;
import dev.trainer4j.transformers.predict.TextEmbedder;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Embeddings beside the formulas of sentence-transformers: {@code embedding.py} wrote the figures. */
class EmbeddingTrainerTest {

  private static JsonNode golden;

  @TempDir Path folder;

  @BeforeAll
  static void readFigures() throws IOException {
    golden =
        new ObjectMapper()
            .readTree(EmbeddingTrainerTest.class.getResource("/parity/embedding.json"));
  }

  private static NDArray array(JsonNode rows, NDManager manager) {
    List<Float> values = new ArrayList<>();
    collect(rows, values);
    float[] flat = new float[values.size()];
    for (int i = 0; i < flat.length; i++) {
      flat[i] = values.get(i);
    }
    List<Long> shape = new ArrayList<>();
    for (JsonNode node = rows; node.isArray(); node = node.get(0)) {
      shape.add((long) node.size());
    }
    return manager.create(flat, new Shape(shape));
  }

  private static void collect(JsonNode node, List<Float> values) {
    if (node.isArray()) {
      node.forEach(child -> collect(child, values));
    } else {
      values.add((float) node.asDouble());
    }
  }

  private static MultipleNegativesRankingLoss loss(String name) {
    MultipleNegativesRankingLoss loss = new MultipleNegativesRankingLoss();
    return switch (name) {
      case "scale" -> loss.withScale(3);
      case "dot" -> loss.withSimilarity(Similarity.DOT).withScale(1);
      case "symmetric", "symmetric negatives" -> loss.withSymmetry(true);
      default -> loss;
    };
  }

  @ParameterizedTest
  @CsvSource({
    "defaults, 2",
    "scale, 2",
    "dot, 2",
    "symmetric, 2",
    "negatives, 4",
    "symmetric negatives, 3"
  })
  void lossAndGradientsAreThoseOfTheFormula(String name, int count) {
    JsonNode figure = golden.get("losses").get(name);
    try (NDManager manager = NDManager.newBaseManager();
        ArrayScope scope = ArrayScope.open();
        Autograd autograd = new Autograd();
        Autograd.Recording on = Autograd.record(true)) {
      List<NDArray> columns = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        NDArray column = array(golden.get("columns").get(i), manager);
        column.setRequiresGradient(true);
        columns.add(column);
      }
      LossOutput loss = loss(name).of(columns);
      assertThat(loss.weight()).isEqualTo(4);
      assertThat(loss.value().getFloat() / 4)
          .isCloseTo((float) figure.get("loss").asDouble(), within(1e-5f));
      autograd.backward(loss.value().div(4));
      for (int i = 0; i < count; i++) {
        assertThat(columns.get(i).getGradient().toFloatArray())
            .containsExactly(
                array(figure.get("gradients").get(i), manager).toFloatArray(), within(1e-5f));
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void vectorsAreThoseOfTheFormulaOnBothSidesOfPadding(Pooling pooling) {
    JsonNode figure = golden.get("pooling");
    try (NDManager manager = NDManager.newBaseManager();
        ArrayScope scope = ArrayScope.open()) {
      NDArray mask = array(figure.get("mask"), manager);
      NDArray pooled = TokenPooling.pool(pooling, array(figure.get("hidden"), manager), mask);
      assertThat(pooled.toFloatArray())
          .containsExactly(
              array(figure.get(pooling.name()), manager).toFloatArray(), within(1e-6f));
    }
  }

  private TrainingArguments.Builder arguments(Path outputDir) {
    return TrainingArguments.builder()
        .outputDir(outputDir)
        .useCpu(true)
        .perDeviceTrainBatchSize(4)
        .perDeviceEvalBatchSize(4)
        .learningRate(1e-3)
        .lrSchedulerType(SchedulerType.CONSTANT)
        .loggingSteps(1)
        .maxSteps(6)
        .saveStrategy(IntervalStrategy.NO);
  }

  /** One batch of pairs, which each update sees again. */
  private static Dataset<Map<String, ?>> pairs() {
    List<Map<String, ?>> pairs = new ArrayList<>();
    JsonNode texts = golden.get("texts");
    for (int i = 0; i < 4; i++) {
      pairs.add(
          Map.of(
              "anchor", texts.get("anchor").get(i).asText(),
              "positive", texts.get("positive").get(i).asText()));
    }
    return Datasets.of(pairs);
  }

  private static PretrainedModel encoder(String name) throws IOException {
    return AutoModels.load(
        ParityModels.ownFolder().resolve(name),
        Task.FEATURE_EXTRACTION,
        ParityModels.cpu().withNewHead(true));
  }

  private static PretrainedTokenizer tokenizer(String name) {
    return PretrainedTokenizer.load(ParityModels.ownFolder().resolve(name));
  }

  private static List<Double> logged(EmbeddingTrainer trainer, String name) {
    return trainer.state().logHistory().stream()
        .flatMap(line -> line.value(name).stream().boxed())
        .toList();
  }

  @ParameterizedTest
  @ValueSource(strings = {"bert-classify", "distilbert-classify"})
  void trainsAsTorchDoesFromTextsToUpdates(String name) throws IOException {
    JsonNode figure = golden.get("training").get(name);
    try (PretrainedTokenizer tokenizer = tokenizer(name);
        PretrainedModel model = encoder(name);
        EmbeddingTrainer trainer =
            EmbeddingTrainer.builder(model, tokenizer, arguments(folder).build())
                .trainDataset(pairs())
                .build()) {
      trainer.train();
      List<Double> losses = logged(trainer, "loss");
      List<Double> norms = logged(trainer, "grad_norm");
      assertThat(losses).hasSize(6);
      for (int i = 0; i < 6; i++) {
        assertThat(losses.get(i))
            .as("loss %d", i)
            .isCloseTo(figure.get("losses").get(i).asDouble(), within(1e-4));
        assertThat(norms.get(i) / figure.get("grad_norms").get(i).asDouble())
            .as("norm %d", i)
            .isCloseTo(1, within(1e-3));
      }
    }
  }

  @Test
  void theSavedFolderAndCheckpointsGiveTheVectorsThatWereTrained() throws IOException {
    EmbeddingOptions options =
        EmbeddingOptions.defaults()
            .withPooling(Pooling.CLS)
            .withNormalize(true)
            .withMaxLength(5)
            .withLoss(new MultipleNegativesRankingLoss().withSymmetry(true));
    try (PretrainedTokenizer tokenizer = tokenizer("bert-classify");
        PretrainedModel model = encoder("bert-classify");
        EmbeddingTrainer trainer =
            EmbeddingTrainer.builder(
                    model,
                    tokenizer,
                    arguments(folder).saveStrategy(IntervalStrategy.STEPS).saveSteps(6).build())
                .options(options)
                .trainDataset(pairs())
                .evalDataset(pairs())
                .computeMetrics(
                    prediction -> Retrieval.score(prediction.predictions(), prediction.labelIds()))
                .build()) {
      assertThat(trainer.evaluate().metrics()).containsKeys("eval_loss", "eval_recall@1");
      trainer.train();
      trainer.saveModel(folder.resolve("saved"));
      try (PredictionOutput output = trainer.predict(pairs())) {
        for (String place : List.of("saved", "checkpoint-6")) {
          Path saved = folder.resolve(place);
          assertThat(SentenceModules.read(saved))
              .isEqualTo(new SentenceModules(Pooling.CLS, true, 5));
          assertThat(EmbeddingOptions.of(saved).modules()).isEqualTo(options.modules());
          try (TextEmbedder embedder = TextEmbedder.load(saved)) {
            for (int i = 0; i < 4; i++) {
              float[] vector = embedder.embed(golden.get("texts").get("anchor").get(i).asText());
              assertThat(output.predictions().get(i).toFloatArray())
                  .containsExactly(vector, within(1e-5f));
            }
          }
        }
      }
    }
  }

  private byte[] train(
      String outputDir, int updates, int accumulation, boolean checkpointing, ResumeFrom from)
      throws IOException {
    TrainingArguments args =
        arguments(folder.resolve(outputDir))
            .perDeviceTrainBatchSize(2)
            .gradientAccumulationSteps(accumulation)
            .maxSteps(updates)
            .saveStrategy(IntervalStrategy.STEPS)
            .saveSteps(3)
            .gradientCheckpointing(checkpointing)
            .neftuneNoiseAlpha(5)
            .build();
    try (PretrainedTokenizer tokenizer = tokenizer("bert-classify");
        PretrainedModel base = encoder("bert-classify");
        PeftModel model =
            PeftModel.of(base, LoraConfig.builder().r(2).targetModules("query", "value").build());
        EmbeddingTrainer trainer =
            EmbeddingTrainer.builder(model, tokenizer, args).trainDataset(pairs()).build()) {
      trainer.train(from);
      Path saved = folder.resolve(outputDir).resolve("saved");
      trainer.saveModel(saved);
      return java.nio.file.Files.readAllBytes(saved.resolve(model.tensorsFile()));
    }
  }

  @Test
  void adaptersTrainTheSameInTwoRuns() throws IOException {
    byte[] whole = train("whole", 6, 2, false, ResumeFrom.never());
    train("parts", 3, 2, false, ResumeFrom.never());
    assertThat(train("parts", 6, 2, false, ResumeFrom.latest())).isEqualTo(whole);
  }

  /** Without accumulation: a parameter's gradients of two passes and a third would be added up in another order. */
  @Test
  void segmentsThatRunTwiceGiveTheSameAdapters() throws IOException {
    assertThat(train("twice", 3, 1, true, ResumeFrom.never()))
        .isEqualTo(train("once", 3, 1, false, ResumeFrom.never()));
  }

  @Test
  void whatCannotBeTrainedIsSaid() throws IOException {
    TrainingArguments args = arguments(folder).build();
    try (PretrainedTokenizer tokenizer = tokenizer("bert-classify");
        PretrainedModel headed =
            AutoModels.load(
                ParityModels.ownFolder().resolve("bert-classify"), LoadOptions.defaults());
        PretrainedModel model = encoder("bert-classify")) {
      assertThatThrownBy(() -> EmbeddingTrainer.builder(headed, tokenizer, args))
          .hasMessageContaining("the model is one for SEQUENCE_CLASSIFICATION")
          .hasMessageContaining("Task.FEATURE_EXTRACTION");
      EmbeddingOptions options = EmbeddingOptions.defaults();
      assertThatThrownBy(
              () ->
                  EmbeddingTrainer.builder(model, tokenizer, args)
                      .options(options.withMaxLength(65))
                      .build())
          .hasMessageContaining("maxLength is 65, but the model takes 64 tokens at most");
      assertThatThrownBy(() -> options.withColumns("a", "a"))
          .hasMessageContaining("columns is [a, a]");
      assertThatThrownBy(() -> new MultipleNegativesRankingLoss().withScale(0))
          .hasMessageContaining("scale is 0.0");
      try (EmbeddingTrainer trainer =
          EmbeddingTrainer.builder(model, tokenizer, args)
              .options(options.withColumns("anchor", "answer"))
              .trainDataset(pairs())
              .build()) {
        assertThatThrownBy(trainer::train)
            .hasStackTraceContaining("Field 'answer' of sample 0 of the batch is missing");
      }
      try (EmbeddingTrainer trainer =
          EmbeddingTrainer.builder(model, tokenizer, args)
              .options(options.withColumns("anchor"))
              .trainDataset(pairs())
              .build()) {
        assertThatThrownBy(trainer::train)
            .hasStackTraceContaining("there is 1 column of texts: name at least two");
      }
    }
  }

  @Test
  void aPairAloneInEachMicroBatchIsRefusedBecauseItTeachesNothing() throws IOException {
    TrainingArguments args =
        arguments(folder).perDeviceTrainBatchSize(1).gradientAccumulationSteps(4).build();
    try (PretrainedTokenizer tokenizer = tokenizer("bert-classify");
        PretrainedModel model = encoder("bert-classify");
        EmbeddingTrainer trainer =
            EmbeddingTrainer.builder(model, tokenizer, args).trainDataset(pairs()).build()) {
      assertThatThrownBy(trainer::train)
          .hasStackTraceContaining("perDeviceTrainBatchSize is 1, but MultipleNegativesRankingLoss")
          .hasStackTraceContaining("set 2 or more");
      assertThat(trainer.state().globalStep()).isZero();
    }
  }

  /** Of three pairs in batches of two, the last one stands alone: an epoch goes on behind it. */
  @Test
  void aPairThatIsLeftOverAtTheEndOfAnEpochIsNoError() throws IOException {
    TrainingArguments args = arguments(folder).perDeviceTrainBatchSize(2).maxSteps(4).build();
    List<Map<String, ?>> three = List.of(pairs().get(0), pairs().get(1), pairs().get(2));
    try (PretrainedTokenizer tokenizer = tokenizer("bert-classify");
        PretrainedModel model = encoder("bert-classify");
        EmbeddingTrainer trainer =
            EmbeddingTrainer.builder(model, tokenizer, args)
                .trainDataset(Datasets.of(three))
                .build()) {
      trainer.train();
      List<Double> losses = logged(trainer, "loss");
      assertThat(losses.get(0)).isPositive();
      assertThat(losses.get(1)).isZero();
      assertThat(losses.get(2)).isPositive();
    }
  }

  @Test
  void hardNegativesTeachAlsoWhereOneSampleIsAlone() throws IOException {
    TrainingArguments args = arguments(folder).perDeviceTrainBatchSize(1).maxSteps(2).build();
    List<Map<String, ?>> rows = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      Map<String, Object> row = new LinkedHashMap<>(pairs().get(i));
      row.put("negative", pairs().get(i + 2).get("positive"));
      rows.add(row);
    }
    try (PretrainedTokenizer tokenizer = tokenizer("bert-classify");
        PretrainedModel model = encoder("bert-classify");
        EmbeddingTrainer trainer =
            EmbeddingTrainer.builder(model, tokenizer, args)
                .options(EmbeddingOptions.defaults().withColumns("anchor", "positive", "negative"))
                .trainDataset(Datasets.of(rows))
                .build()) {
      trainer.train();
      assertThat(logged(trainer, "grad_norm")).allMatch(norm -> norm > 0);
    }
  }

  @Test
  void ranksOfAnswersAreCountedWithTiesAgainstTheQuery() {
    try (NDManager manager = NDManager.newBaseManager()) {
      NDArray queries = manager.create(new float[] {1, 0, 0, 1, 1, 1}, new Shape(3, 2));
      NDArray answers = manager.create(new float[] {2, 0, 1, 0, 3, 3}, new Shape(3, 2));
      Map<String, Double> scores = Retrieval.score(queries, answers);
      // Ranks 2 (an answer is as near), 3 and 1.
      assertThat(scores.get("recall@1")).isCloseTo(1 / 3.0, within(1e-12));
      assertThat(scores.get("recall@5")).isEqualTo(1);
      assertThat(scores.get("mrr")).isCloseTo((1 / 2.0 + 1 / 3.0 + 1) / 3, within(1e-12));
      assertThatThrownBy(() -> Retrieval.score(queries, answers.get("0:2")))
          .hasMessageContaining("expected both [texts, width]");
    }
  }
}
