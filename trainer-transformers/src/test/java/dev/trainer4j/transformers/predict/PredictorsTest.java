// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.predict;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.trainer4j.transformers.AutoModels;
import dev.trainer4j.transformers.LoadOptions;
import dev.trainer4j.transformers.ParityModels;
import dev.trainer4j.transformers.PretrainedException;
import dev.trainer4j.transformers.PretrainedModel;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Beside transformers' pipelines: {@code predict.py} wrote the figures. */
class PredictorsTest {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static JsonNode golden;
  private static List<String> texts;

  @TempDir Path temp;

  @BeforeAll
  static void readFigures() throws IOException {
    golden = JSON.readTree(PredictorsTest.class.getResource("/parity/predict.json"));
    texts = texts("texts");
  }

  private static List<String> texts(String name) {
    List<String> all = new ArrayList<>();
    golden.get(name).forEach(text -> all.add(text.asText()));
    return all;
  }

  /** A copy of a folder with other values in its configuration. */
  private Path changed(String model, Map<String, ?> values) throws IOException {
    Path folder = temp.resolve(model);
    Files.createDirectories(folder);
    try (Stream<Path> files = Files.list(ParityModels.ownFolder().resolve(model))) {
      for (Path file : files.toList()) {
        Files.copy(file, folder.resolve(file.getFileName()));
      }
    }
    Path config = folder.resolve("config.json");
    ObjectNode json = (ObjectNode) JSON.readTree(config.toFile());
    values.forEach((key, value) -> json.set(key, JSON.valueToTree(value)));
    Files.writeString(config, json.toString());
    return folder;
  }

  private static Path folder(String model) {
    return ParityModels.ownFolder().resolve(model);
  }

  private static void assertScores(List<LabelScore> scores, JsonNode expected) {
    assertThat(scores).hasSameSizeAs(expected);
    assertThat(scores).isSortedAccordingTo((a, b) -> Double.compare(b.score(), a.score()));
    for (JsonNode one : expected) {
      assertThat(scores)
          .filteredOn(score -> score.label().equals(one.get("label").asText()))
          .singleElement()
          .satisfies(
              s -> assertThat(s.score()).isEqualTo(one.get("score").asDouble(), within(2e-6)));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"bert-classify", "distilbert-classify", "roberta-classify"})
  void labelsAndScoresOfTextsAndPairsAreThoseOfThePipeline(String model) throws IOException {
    JsonNode expected = golden.get("classify").get(model);
    try (TextClassifier classifier = TextClassifier.builder(folder(model)).batchSize(2).build()) {
      List<List<LabelScore>> scores = classifier.scores(texts);
      for (int i = 0; i < texts.size(); i++) {
        assertScores(scores.get(i), expected.get(i));
        assertThat(classifier.predict(texts.get(i)).label())
            .isEqualTo(scores.get(i).get(0).label());
      }
      List<String> pair = texts("pair");
      assertScores(classifier.scoresOfPair(pair.get(0), pair.get(1)), expected.get(texts.size()));
      assertThat(classifier.topK(texts.get(0), 2))
          .isEqualTo(classifier.scores(texts.get(0)).subList(0, 2));
      assertThat(classifier.predict(List.of())).isEmpty();
    }
  }

  @Test
  void labelsThatHoldTogetherHaveASigmoidEach() throws IOException {
    Path folder = changed("bert-classify", Map.of("problem_type", "multi_label_classification"));
    try (TextClassifier classifier = TextClassifier.load(folder)) {
      List<List<LabelScore>> scores = classifier.scores(texts);
      for (int i = 0; i < texts.size(); i++) {
        assertScores(scores.get(i), golden.get("multi_label").get(i));
      }
      assertThat(classifier.above(texts.get(0), 0.5))
          .allMatch(label -> label.score() >= 0.5)
          .hasSize((int) scores.get(0).stream().filter(s -> s.score() >= 0.5).count());
    }
  }

  @Test
  void aRegressorGivesTheLogits() throws IOException {
    Path folder = changed("bert-classify", Map.of("problem_type", "regression"));
    try (TextRegressor regressor = TextRegressor.load(folder)) {
      List<double[]> numbers = regressor.predictAll(texts);
      for (int i = 0; i < texts.size(); i++) {
        for (int label = 0; label < 3; label++) {
          assertThat(numbers.get(i)[label])
              .isEqualTo(
                  golden.get("regression").get(i).get(label).get("score").asDouble(), within(2e-6));
        }
      }
      assertThatThrownBy(() -> regressor.predict("one number?"))
          .hasMessageContaining("3 numbers")
          .hasMessageContaining("predictAll");
    }
    assertThatThrownBy(() -> TextClassifier.load(folder)).hasMessageContaining("TextRegressor");
    assertThatThrownBy(() -> TextRegressor.load(folder("bert-classify")))
        .hasMessageContaining("TextClassifier");
  }

  /** The head's weights times a factor: small random ones give all tokens the same label. */
  private static void sharpen(PretrainedModel model, String head, float[] bias) {
    try (NDArray values = model.manager().create(bias)) {
      NDArray weight = model.state().get(head + ".weight");
      weight.setRequiresGradient(false);
      weight.muli(golden.get("sharper").floatValue());
      NDArray old = model.state().get(head + ".bias");
      old.setRequiresGradient(false);
      old.subi(old.duplicate()).addi(values);
    }
  }

  private static PretrainedModel tokenModel() throws IOException {
    PretrainedModel model =
        AutoModels.tokenClassification(
            folder("bert-token"),
            LoadOptions.defaults().withDevice(Device.cpu()).withLabels(texts("labels")));
    JsonNode bias = golden.get("token_bias");
    float[] values = new float[bias.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = bias.get(i).floatValue();
    }
    sharpen(model, "classifier", values);
    return model;
  }

  private static void assertEntities(List<Entity> found, JsonNode expected, String text) {
    assertThat(found).hasSameSizeAs(expected);
    for (int i = 0; i < found.size(); i++) {
      Entity entity = found.get(i);
      JsonNode one = expected.get(i);
      assertThat(entity.label()).isEqualTo(one.get("label").asText());
      assertThat(entity.start()).isEqualTo(one.get("start").asInt());
      assertThat(entity.end()).isEqualTo(one.get("end").asInt());
      assertThat(entity.text()).isEqualTo(text.substring(entity.start(), entity.end()));
      assertThat(entity.score()).isEqualTo(one.get("score").asDouble(), within(1e-5));
    }
  }

  @ParameterizedTest
  @EnumSource(Aggregation.class)
  void entitiesAreThoseOfThePipeline(Aggregation aggregation) throws IOException {
    JsonNode expected =
        golden.get("tokens").get(aggregation.name().toLowerCase(java.util.Locale.ROOT));
    try (PretrainedModel model = tokenModel();
        PretrainedTokenizer tokenizer = PretrainedTokenizer.load(folder("bert-token"));
        TokenClassifier classifier =
            TokenClassifier.builder(model, tokenizer).aggregation(aggregation).build()) {
      List<List<Entity>> found = classifier.predict(texts);
      for (int i = 0; i < texts.size(); i++) {
        assertEntities(found.get(i), expected.get(i), texts.get(i));
      }
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Aggregation.class,
      names = {"SIMPLE", "MAX"})
  void entitiesOfALongTextComeFromAllItsPieces(Aggregation aggregation) throws IOException {
    String context = golden.get("context").asText();
    String name = aggregation.name().toLowerCase(java.util.Locale.ROOT);
    try (PretrainedModel model = tokenModel();
        PretrainedTokenizer tokenizer = PretrainedTokenizer.load(folder("bert-token"));
        TokenClassifier classifier =
            TokenClassifier.builder(model, tokenizer)
                .aggregation(aggregation)
                .maxLength(golden.get("max_length").asInt())
                .stride(golden.get("stride").asInt())
                .build()) {
      List<List<Entity>> found = classifier.predict(List.of("it was", context));
      assertEntities(found.get(1), golden.get("tokens_in_windows").get(name), context);
    }
  }

  private static void assertAnswers(List<Answer> answers, JsonNode expected) {
    assertThat(answers).hasSameSizeAs(expected);
    for (int i = 0; i < answers.size(); i++) {
      assertThat(answers.get(i).text()).isEqualTo(expected.get(i).get("text").asText());
      assertThat(answers.get(i).start()).isEqualTo(expected.get(i).get("start").asInt());
      assertThat(answers.get(i).end()).isEqualTo(expected.get(i).get("end").asInt());
      assertThat(answers.get(i).score())
          .isEqualTo(expected.get(i).get("score").asDouble(), within(1e-5));
    }
  }

  @Test
  void answersAreFoundInAllPiecesOfALongContext() throws IOException {
    String question = golden.get("question").asText();
    String context = golden.get("context").asText();
    try (PretrainedModel model =
            AutoModels.questionAnswering(folder("bert-qa"), ParityModels.cpu());
        PretrainedTokenizer tokenizer = PretrainedTokenizer.load(folder("bert-qa"))) {
      sharpen(model, "qa_outputs", new float[2]);
      try (QuestionAnswerer pieces =
              QuestionAnswerer.builder(model, tokenizer)
                  .maxLength(32)
                  .stride(golden.get("stride").asInt())
                  .build();
          QuestionAnswerer impossible =
              QuestionAnswerer.builder(model, tokenizer)
                  .maxLength(32)
                  .stride(golden.get("stride").asInt())
                  .handleImpossibleAnswer(true)
                  .build();
          QuestionAnswerer hasty =
              QuestionAnswerer.builder(model, tokenizer)
                  .maxLength(32)
                  .stride(golden.get("stride").asInt())
                  .handleImpossibleAnswer(true)
                  .noAnswerThreshold(-100)
                  .build();
          QuestionAnswerer whole = QuestionAnswerer.builder(model, tokenizer).build()) {
        assertAnswers(pieces.answers(question, context, 5), golden.get("answers"));
        assertAnswers(List.of(whole.answer(question, context)), golden.get("answers_whole"));
        assertThatThrownBy(() -> whole.answer(" ", context))
            .hasMessageContaining("question is blank");
        double none = golden.get("no_answer").asDouble();
        assertThat(impossible.answers(question, context, 5_000))
            .filteredOn(answer -> answer.text().isEmpty())
            .singleElement()
            .satisfies(a -> assertThat(a.score()).isEqualTo(none, within(1e-3 * none)));
        assertThat(impossible.answer(question, context).text()).isNotEmpty();
        assertThat(hasty.answer(question, context).text()).isEmpty();
        assertThat(hasty.answer(question, context).score()).isEqualTo(none, within(1e-3 * none));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"bert-mlm", "distilbert-classify", "roberta-classify"})
  void embeddingsArePooledHiddenStatesOfTheBodyOfAnyFolder(String model) throws IOException {
    Map<String, Pooling> names =
        Map.of(
            "mean",
            Pooling.MEAN,
            "cls",
            Pooling.CLS,
            "max",
            Pooling.MAX,
            "last",
            Pooling.LAST_TOKEN);
    for (Map.Entry<String, Pooling> name : names.entrySet()) {
      try (TextEmbedder embedder =
          TextEmbedder.builder(folder(model)).pooling(name.getValue()).build()) {
        assertVectors(embedder.embed(texts), golden.get("embed").get(model).get(name.getKey()));
      }
    }
    try (TextEmbedder embedder = TextEmbedder.builder(folder(model)).normalize(true).build()) {
      assertVectors(embedder.embed(texts), golden.get("embed").get(model).get("normalized"));
      float[] vector = embedder.embed(texts.get(0));
      assertThat(TextEmbedder.cosineSimilarity(vector, vector)).isEqualTo(1, within(1e-6));
    }
  }

  private static void assertVectors(List<float[]> vectors, JsonNode expected) {
    for (int i = 0; i < vectors.size(); i++) {
      for (int column = 0; column < vectors.get(i).length; column++) {
        assertThat((double) vectors.get(i)[column])
            .isEqualTo(expected.get(i).get(column).asDouble(), within(5e-6));
      }
    }
  }

  @Test
  void aSavedBodyHasTransformersNamesAndLoadsForTheTaskThatItsConfigurationNames()
      throws IOException {
    Path saved = temp.resolve("body");
    try (PretrainedModel body =
        AutoModels.featureExtraction(folder("bert-classify"), ParityModels.cpu())) {
      assertThat(body.state()).containsKeys("embeddings.LayerNorm.weight", "pooler.dense.bias");
      assertThatThrownBy(body::freezeBase).hasMessageContaining("no head");
      body.save(saved);
      try (PretrainedModel again = AutoModels.load(saved, ParityModels.cpu())) {
        assertThat(again.task()).isEqualTo(body.task());
        assertThat(again.config().text("model_type")).hasValue("bert");
        assertThat(again.state().get("pooler.dense.weight"))
            .isEqualTo(body.state().get("pooler.dense.weight"));
      }
    }
  }

  @Test
  void aFolderOfSentenceTransformersSaysHowItPools() throws IOException {
    Path folder = changed("bert-mlm", Map.of("architectures", List.of("BertModel")));
    Files.writeString(
        folder.resolve("modules.json"),
        """
        [{"idx": 0, "path": "", "type": "sentence_transformers.models.Transformer"},
         {"idx": 1, "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
         {"idx": 2, "path": "2_Normalize", "type": "sentence_transformers.models.Normalize"}]
        """);
    Files.createDirectories(folder.resolve("1_Pooling"));
    Path pooling = folder.resolve("1_Pooling/config.json");
    Files.writeString(pooling, "{\"pooling_mode_cls_token\": true}");
    try (TextEmbedder embedder = TextEmbedder.load(folder)) {
      assertThat(embedder.pooling()).isEqualTo(Pooling.CLS);
      assertThat(embedder.normalizes()).isTrue();
    }
    Files.writeString(pooling, "{\"pooling_mode_weightedmean_tokens\": true}");
    assertThatThrownBy(() -> TextEmbedder.load(folder))
        .isInstanceOf(PretrainedException.class)
        .hasMessageContaining("pooling_mode_weightedmean_tokens");
    Files.writeString(pooling, "{\"embedding_dimension\": 32, \"pooling_mode\": \"lasttoken\"}");
    try (TextEmbedder embedder = TextEmbedder.load(folder)) {
      assertThat(embedder.pooling()).isEqualTo(Pooling.LAST_TOKEN);
    }
    Files.writeString(pooling, "{\"pooling_mode\": [\"mean\", \"max\"]}");
    assertThatThrownBy(() -> TextEmbedder.load(folder))
        .hasMessageContaining(
            "pooling_mode is [\"mean\",\"max\"], expected one of [cls, lasttoken");
    Files.writeString(
        folder.resolve("modules.json"),
        "[{\"path\": \"2_Dense\", \"type\": \"sentence_transformers.models.Dense\"}]");
    assertThatThrownBy(() -> TextEmbedder.load(folder)).hasMessageContaining("Dense");
  }

  @Test
  void aHeadThatWouldAnswerAtRandomIsRefused() throws IOException {
    assertThatThrownBy(() -> TextClassifier.load(folder("bert-mlm")))
        .isInstanceOf(PretrainedException.class)
        .hasMessageContaining("MASKED_LM")
        .hasMessageContaining("SEQUENCE_CLASSIFICATION");
    Path pretends =
        changed("bert-mlm", Map.of("architectures", List.of("BertForSequenceClassification")));
    assertThatThrownBy(() -> TextClassifier.load(pretends))
        .isInstanceOf(PretrainedException.class)
        .hasMessageContaining("classifier.weight")
        .hasMessageContaining("at random");
  }

  @Test
  void settingsThatDoNothingAreRefused() throws IOException {
    assertThatThrownBy(
            () ->
                TokenClassifier.builder(folder("bert-token"))
                    .aggregation(Aggregation.NONE)
                    .stride(4)
                    .build())
        .hasMessageContaining("stride");
    assertThatThrownBy(() -> TextClassifier.builder(folder("bert-classify")).maxLength(65).build())
        .hasMessageContaining("maxLength is 65")
        .hasMessageContaining("64");
    try (PretrainedModel model =
            AutoModels.sequenceClassification(folder("bert-classify"), ParityModels.cpu());
        PretrainedTokenizer tokenizer = PretrainedTokenizer.load(folder("bert-classify"))) {
      assertThatThrownBy(
              () -> TextClassifier.builder(model, tokenizer).device(Device.cpu()).build())
          .hasMessageContaining("loaded already");
      assertThatThrownBy(() -> TokenClassifier.builder(model, tokenizer).build())
          .hasMessageContaining("SEQUENCE_CLASSIFICATION");
    }
  }

  @Test
  void aTextThatIsTooLongIsCutToWhatTheModelReads() throws IOException {
    String longText = "we ate rice. ".repeat(60);
    try (TextClassifier classifier = TextClassifier.load(folder("roberta-classify"))) {
      LabelScore whole = classifier.predict(longText);
      assertThat(classifier.predict(longText + longText).score())
          .isEqualTo(whole.score(), within(1e-6));
    }
  }

  @Test
  void aQuestionThatLeavesNoRoomForTheContextIsRefused() throws IOException {
    try (QuestionAnswerer answerer = QuestionAnswerer.load(folder("bert-qa"))) {
      assertThatThrownBy(() -> answerer.answer("who ".repeat(100), "we ate rice"))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(
              "question has 102 tokens, which leaves no room for the context: 64 of both are read together. Ask a"
                  + " shorter one");
    }
  }

  @SuppressWarnings("NullAway") // what lists may hold
  @Test
  void aTextThatIsNullIsNamedByItsPlace() throws IOException {
    try (TextClassifier classifier = TextClassifier.load(folder("bert-classify"))) {
      assertThatThrownBy(() -> classifier.predict(Arrays.asList("we ate rice", null)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("text 1 of the list is null");
    }
  }

  @Test
  void whatIsClosedSaysSo() throws IOException {
    PretrainedModel model = AutoModels.sequenceClassification(folder("bert-classify"));
    PretrainedTokenizer tokenizer = PretrainedTokenizer.load(folder("bert-classify"));
    TextClassifier classifier = TextClassifier.builder(model, tokenizer).build();
    PretrainedModel writer = AutoModels.causalLm(folder("gpt2"));
    model.close();
    writer.close();

    for (ThrowingCallable call :
        List.<ThrowingCallable>of(
            () -> classifier.predict("we ate rice"),
            () -> model.freeze("bert"),
            () -> model.save(temp),
            () -> writer.generate(new long[][] {{1, 2}}))) {
      assertThatThrownBy(call)
          .isInstanceOf(IllegalStateException.class)
          .hasMessageStartingWith("the model is closed");
    }
    assertThat(model).hasToString("bert for SEQUENCE_CLASSIFICATION, closed");
    tokenizer.close();
    assertThatThrownBy(() -> classifier.predict("we ate rice"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageStartingWith("the tokenizer is closed");
    classifier.close();
    assertThatThrownBy(() -> classifier.predict("we ate rice"))
        .hasMessage("this predictor is closed");
  }

  @Test
  void manyThreadsShareAPredictorAndGetTheSameAnswers() throws Exception {
    TextClassifier classifier =
        TextClassifier.builder(folder("bert-classify")).batchSize(2).build();
    List<List<LabelScore>> alone = classifier.scores(texts);
    ExecutorService pool = Executors.newFixedThreadPool(4);
    try {
      List<Future<List<List<LabelScore>>>> calls = new ArrayList<>();
      for (int i = 0; i < 40; i++) {
        calls.add(pool.submit(() -> classifier.scores(texts)));
      }
      for (Future<List<List<LabelScore>>> call : calls) {
        List<List<LabelScore>> scores = call.get();
        for (int i = 0; i < texts.size(); i++) {
          assertThat(scores.get(i).get(0).label()).isEqualTo(alone.get(i).get(0).label());
          assertThat(scores.get(i).get(0).score())
              .isEqualTo(alone.get(i).get(0).score(), within(1e-6));
        }
      }
    } finally {
      pool.shutdownNow();
    }
    classifier.close();
    classifier.close();
    assertThatThrownBy(() -> classifier.predict("late"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("closed");
  }
}
