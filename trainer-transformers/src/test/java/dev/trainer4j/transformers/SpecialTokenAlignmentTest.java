// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.transformers.collate.DataCollatorWithPadding;
import dev.trainer4j.transformers.tokenization.AddedToken;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import dev.trainer4j.transformers.tokenization.SpecialToken;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Special tokens of models follow those of tokenizers, as in {@code vocabulary/figures.py}. */
class SpecialTokenAlignmentTest {

  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path folder;

  static List<JsonNode> aligned() throws IOException {
    return VocabularyFigures.of("aligned");
  }

  private Path folderWith(String name, JsonNode settings) throws IOException {
    try (Stream<Path> files = Files.list(ParityModels.ownFolder().resolve(name))) {
      for (Path file : files.toList()) {
        Files.copy(file, folder.resolve(file.getFileName().toString()));
      }
    }
    for (String file : List.of("config.json", "generation_config.json")) {
      Path path = folder.resolve(file);
      if (Files.exists(path)) {
        ObjectNode tree = (ObjectNode) JSON.readTree(path.toFile());
        settings.properties().forEach(entry -> tree.set(entry.getKey(), entry.getValue()));
        JSON.writeValue(path.toFile(), tree);
      }
    }
    return folder;
  }

  private static PretrainedTokenizer tokenizer(Path folder, JsonNode roles) {
    PretrainedTokenizer tokenizer = PretrainedTokenizer.load(folder);
    for (SpecialToken role : SpecialToken.values()) {
      if (roles.has(role.key())) {
        PretrainedTokenizer next = tokenizer.withSpecialToken(role, roles.get(role.key()).asText());
        tokenizer.close();
        tokenizer = next;
      }
    }
    return tokenizer;
  }

  @ParameterizedTest
  @MethodSource("aligned")
  void configurationAndGenerationSettingsBecomeThoseOfTransformers(JsonNode figures)
      throws IOException {
    Path source = folderWith(figures.get("model").asText(), figures.get("settings"));
    Path target = folder.resolve("saved");
    try (PretrainedTokenizer tokenizer = tokenizer(source, figures.get("roles"));
        PretrainedModel model = AutoModels.load(source, ParityModels.cpu())) {
      model.onTrainBegin(tokenizer);
      model.onTrainEnd();
      model.save(target);
    }
    JsonNode config = JSON.readTree(target.resolve("config.json").toFile());
    assertIds(figures.get("config"), config);
    if (!figures.get("generation").isNull()) {
      assertIds(
          figures.get("generation"),
          JSON.readTree(target.resolve("generation_config.json").toFile()));
    }
    try (PretrainedModel again = AutoModels.load(target, ParityModels.cpu())) {
      assertThat(again.config().has("model_type")).isTrue();
    }
  }

  private static void assertIds(JsonNode expected, JsonNode written) {
    expected
        .properties()
        .forEach(
            entry ->
                assertThat(
                        written.path(entry.getKey()).asText("null") + written.path(entry.getKey()))
                    .as(entry.getKey())
                    .isEqualTo(
                        entry.getValue().isNull()
                            ? "null" + written.path(entry.getKey())
                            : entry.getValue().asText("null") + entry.getValue()));
  }

  private static PretrainedModel classifier(int tokens) {
    Map<String, Object> config = new HashMap<>();
    config.putAll(
        Map.of(
            "model_type", "gpt2",
            "vocab_size", tokens,
            "n_embd", 16,
            "n_layer", 1,
            "n_head", 2,
            "n_positions", 32));
    return AutoModels.fromConfig(
        PretrainedConfig.of(config), Task.SEQUENCE_CLASSIFICATION, ParityModels.cpu().withSeed(3));
  }

  private Trainer trainer(PretrainedModel model, PretrainedTokenizer tokenizer, boolean told) {
    List<Map<String, ?>> samples = new ArrayList<>();
    for (String text : List.of("In Milan we ate", "It was far", "So were we all", "Far")) {
      Map<String, Object> sample = new HashMap<>(tokenizer.encode(text).toSample());
      sample.put("label", samples.size() % 2);
      samples.add(sample);
    }
    Trainer.Builder builder =
        Trainer.builder(
                model,
                TrainingArguments.builder()
                    .outputDir(folder)
                    .useCpu(true)
                    .maxSteps(1)
                    .perDeviceTrainBatchSize(4)
                    .saveStrategy(IntervalStrategy.NO)
                    .build())
            .trainDataset(Datasets.of(samples))
            .dataCollator(new DataCollatorWithPadding(tokenizer));
    return (told ? builder.processingClass(tokenizer) : builder).build();
  }

  /** A decoder judges a text at its last token that does not pad, which only the tokenizer knows here. */
  @Test
  void aClassifierTrainsWithTheTokenThatTheTokenizerPadsWithAndIsSavedWithIt() throws IOException {
    for (boolean told : new boolean[] {true, false}) {
      Path saved = folder.resolve("told-" + told);
      try (PretrainedTokenizer tokenizer =
              PretrainedTokenizer.load(ParityModels.ownFolder().resolve("gpt2"));
          PretrainedModel model = classifier(320);
          Trainer trainer = trainer(model, tokenizer, told)) {
        assertThat(model.config().has("pad_token_id")).isFalse();
        trainer.train();
        trainer.saveModel(saved);
      }
      JsonNode config = JSON.readTree(saved.resolve("config.json").toFile());
      assertThat(config.get("pad_token_id").intValue()).isZero();
      assertThat(config.get("eos_token_id").intValue()).isEqualTo(2);
      // Of the builder or of the collator, the tokenizer is saved.
      assertThat(saved.resolve("tokenizer.json"))
          .hasSameBinaryContentAs(ParityModels.ownFolder().resolve("gpt2/tokenizer.json"));
    }
  }

  @Test
  void aTokenWithoutEmbeddingIsToldBeforeTheFirstUpdate() {
    try (PretrainedTokenizer tokenizer =
            PretrainedTokenizer.load(ParityModels.ownFolder().resolve("gpt2"));
        PretrainedTokenizer added =
            tokenizer.withAddedTokens(List.of(AddedToken.special("[PAD]")));
        PretrainedTokenizer padded = added.withSpecialToken(SpecialToken.PAD, "[PAD]");
        PretrainedModel model = classifier(320);
        Trainer trainer = trainer(model, padded, true)) {
      assertThatThrownBy(trainer::train)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("pad_token '[PAD]' has the id 320")
          .hasMessageContaining("embeddings for 320 tokens")
          .hasMessageContaining("resizeTokenEmbeddings(tokenizer.size())");
      assertThat(model.resizeTokenEmbeddings(padded.size())).isEqualTo(321);
      trainer.train();
      assertThat(model.config().node("pad_token_id").intValue()).isEqualTo(320);
    }
  }
}
