// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.hub;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import ch.qos.logback.classic.Level;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.model.BlockModel;
import dev.trainer4j.model.ForwardingModel;
import dev.trainer4j.model.TrainableModel;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a card says, and what of an earlier one stays. */
class ModelCardTest {
  @TempDir Path folder;
  private HubServer server;
  private Path output;

  @BeforeEach
  void start() throws IOException {
    server = new HubServer(folder.resolve("store"));
    output = Files.createDirectories(folder.resolve("run"));
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private String push(ModelCardDetails details) throws IOException {
    TrainingArguments args =
        TinyRun.args(output)
            .hubModelId("tester/run")
            .gradientAccumulationSteps(1)
            .warmupSteps(2)
            .build();
    HubClient client = TinyRun.client(server.endpoint(), folder.resolve("cache")).build();
    try (Trainer trainer = TinyRun.trainer(args).build()) {
      trainer.train();
      client.push(trainer, "End of training", details);
    }
    return new String(server.content("tester/run", "main", "README.md"), StandardCharsets.UTF_8);
  }

  private static JsonNode metadata(String card) throws IOException {
    return new YAMLMapper().readTree(card.substring(4, card.indexOf("\n---\n", 4)));
  }

  @Test
  void isWrittenOfARunThatIsNotPushed() throws IOException {
    Path card;
    try (Trainer trainer = TinyRun.trainer(TinyRun.args(output).build()).build()) {
      trainer.train();
      trainer.saveModel(output);
      card = Hub.createModelCard(trainer, ModelCardDetails.none().license("mit"));
      Files.writeString(card, Files.readString(card) + "\nMy own words.\n");
      Hub.createModelCard(trainer, ModelCardDetails.none());
    }

    assertThat(card).isEqualTo(output.resolve("README.md"));
    String text = Files.readString(card);
    assertThat(metadata(text).get("license").asText()).isEqualTo("mit");
    assertThat(text)
        .contains(
            "- learning_rate: 0.05", "Path.of(\"run\")", "load_file(\"run/model.safetensors\")")
        .contains("My own words.")
        .doesNotContain(folder.toString());
  }

  @Test
  void saysWhatTheRunKnowsUnderHuggingFacesNames() throws IOException {
    Files.writeString(
        output.resolve("config.json"),
        "{\"architectures\": [\"BertForSequenceClassification\"], \"_name_or_path\":"
            + " \"/home/me/.cache/huggingface/hub/models--google-bert--bert-base/snapshots/"
            + "0123456789012345678901234567890123456789\"}");
    server.put("google-bert/bert-base", Map.of("x.json", new byte[] {'1'}));

    String card = push(ModelCardDetails.none().datasets("stanfordnlp/imdb").languages("en"));

    JsonNode metadata = metadata(card);
    assertThat(metadata.get("library_name").asText()).isEqualTo("transformers");
    assertThat(metadata.get("license").asText()).as("that of the base model").isEqualTo("mit");
    assertThat(metadata.get("base_model").asText()).isEqualTo("google-bert/bert-base");
    assertThat(metadata.get("pipeline_tag").asText()).isEqualTo("text-classification");
    assertThat(metadata.get("tags").toString())
        .isEqualTo("[\"generated_from_trainer\",\"trainer4j\"]");
    JsonNode result = metadata.get("model-index").get(0).get("results").get(0);
    assertThat(result.get("task").get("type").asText()).isEqualTo("text-classification");
    assertThat(result.get("dataset").get("name").asText()).isEqualTo("stanfordnlp/imdb");
    JsonNode metric = result.get("metrics").get(0);
    assertThat(metric.get("type").asText()).isEqualTo("accuracy");
    assertThat(metric.get("value").asDouble()).isBetween(0.0, 1.0);
    assertThat(card)
        .contains("# run\n")
        .contains(
            "fine-tuned version of [google-bert/bert-base](https://huggingface.co/google-bert/bert-base)"
                + " on the stanfordnlp/imdb data set")
        .contains(
            "- learning_rate: 0.05\n- train_batch_size: 8\n- eval_batch_size: 8\n- seed: 42\n")
        .contains("- lr_scheduler_warmup_steps: 2\n- num_epochs: 4\n")
        .containsPattern("\\| Training Loss \\| Epoch \\| Step \\| Validation Loss \\| Accuracy")
        .contains("PretrainedModel model = AutoModels.sequenceClassification(folder);")
        .contains("AutoModelForSequenceClassification.from_pretrained(\"tester/run\")")
        .contains("- PyTorch 2.")
        .doesNotContain("/home/me");
    assertThat(card.lines().filter(line -> line.matches("\\| [\\d.]+ .*\\| \\d+ .*"))).hasSize(4);
  }

  @Test
  void ofAnAdapterItSaysWhatItStandsOnAndHowPeftLoadsIt() throws IOException {
    Files.writeString(
        output.resolve("adapter_config.json"),
        "{\"peft_type\": \"LORA\", \"task_type\": \"CAUSAL_LM\", \"base_model_name_or_path\": \"org/base\"}");
    server.put("org/base", Map.of("x.json", new byte[] {'1'}));

    String card = push(ModelCardDetails.none());

    JsonNode metadata = metadata(card);
    assertThat(metadata.get("library_name").asText()).isEqualTo("peft");
    assertThat(metadata.get("base_model").asText()).isEqualTo("org/base");
    assertThat(metadata.get("pipeline_tag").asText()).isEqualTo("text-generation");
    assertThat(card)
        .contains("fine-tuned version of [org/base](https://huggingface.co/org/base)")
        .contains("PretrainedModel model = AutoModels.causalLm(base);")
        .contains("PeftModel.load(model, Hub.model(\"tester/run\"));")
        .contains("AutoPeftModelForCausalLM.from_pretrained(\"tester/run\")");
  }

  @Test
  void whatSomebodyWroteStaysHereAndThere() throws IOException {
    String first = push(ModelCardDetails.none().license("mit"));
    assertThat(first).contains("trained from scratch on an unknown data set");
    String edited =
        first
                .replace("license: mit", "license: apache-2.0\nauthor: me")
                .replace("# run\n", "# My model\n\nIt is mine.\n")
            + "\n## Limits\n\nMany.\n";
    server.put("tester/run", Map.of("README.md", edited.getBytes(StandardCharsets.UTF_8)));

    String second = push(ModelCardDetails.none().license("mit").tags("tiny"));

    assertThat(metadata(second).get("license").asText()).isEqualTo("apache-2.0");
    assertThat(metadata(second).get("author").asText()).isEqualTo("me");
    assertThat(metadata(second).get("tags").toString()).contains("trainer4j", "tiny");
    assertThat(second)
        .contains("# My model\n\nIt is mine.\n")
        .endsWith("\n## Limits\n\nMany.\n")
        .containsOnlyOnce("### Training results")
        .containsOnlyOnce("<!-- trainer4j: end -->");

    Files.writeString(output.resolve("README.md"), "Only a sentence of mine.\n");
    String third = push(ModelCardDetails.none());
    assertThat(third)
        .contains("---\n\nOnly a sentence of mine.\n\n<!-- trainer4j:".replaceFirst("\n\n", "\n"))
        .doesNotContain("# My model");
  }

  @Test
  void metadataThatIsNoYamlIsReplacedAndTheTextStays() {
    try (CapturedLog log = new CapturedLog(Level.WARN)) {
      CardText card = CardText.of("---\na: [\n---\nText\n");

      assertThat(card.metadata()).isEmpty();
      assertThat(card.body()).isEqualTo("Text\n");
      assertThat(log.lines()).anyMatch(line -> line.contains("no YAML and is replaced"));
    }
  }

  @Test
  void textsThatYamlWouldReadAsSomethingElseAreQuoted() throws IOException {
    Map<String, Object> metadata = new LinkedHashMap<>();
    metadata.put("license", "no");
    metadata.put("tags", List.of("1.0", "true", "a: b", "- c", "#d"));

    String yaml = CardText.frontMatter(metadata);

    JsonNode read = metadata(yaml + "\n");
    assertThat(read.get("license").isTextual()).isTrue();
    assertThat(read.get("tags").toString()).isEqualTo("[\"1.0\",\"true\",\"a: b\",\"- c\",\"#d\"]");
    assertThat(CardText.of(yaml).metadata()).isEqualTo(metadata);
  }

  /** Pushes a model that says where its weights come from: by hand, and by the callback. */
  private List<String> cardsOf(String nameOrPath) throws IOException {
    List<String> cards = new ArrayList<>();
    HubClient client = TinyRun.client(server.endpoint(), folder.resolve("cache")).build();
    try (NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch");
        BlockModel block = new BlockModel(TinyRun.model(), manager, List.of("labels"))) {
      TrainableModel model =
          new ForwardingModel() {
            @Override
            protected TrainableModel delegate() {
              return block;
            }

            @Override
            public Optional<String> nameOrPath() {
              return Optional.of(nameOrPath);
            }
          };
      for (boolean byHand : List.of(true, false)) {
        TrainingArguments args =
            TinyRun.args(folder.resolve("run-" + byHand))
                .hubModelId("tester/run-" + byHand)
                .maxSteps(3)
                .pushToHub(!byHand)
                .build();
        Trainer.Builder builder =
            Trainer.builder(model, args)
                .trainDataset(TinyRun.data(1, 24))
                .evalDataset(TinyRun.data(2, 16));
        if (!byHand) {
          builder.callback(new HubPushCallback(client, ModelCardDetails.none()));
        }
        try (Trainer trainer = builder.build()) {
          trainer.train();
          if (byHand) {
            client.push(trainer, "End of training", ModelCardDetails.none());
          }
        }
        cards.add(
            new String(
                server.content("tester/run-" + byHand, "main", "README.md"),
                StandardCharsets.UTF_8));
      }
    }
    return cards;
  }

  @Test
  void aModelThatWasLoadedByItsNameOnTheHubHasABaseModelThoughItsFilesNameNone()
      throws IOException {
    for (String card : cardsOf("google-bert/bert-base")) {
      assertThat(metadata(card).get("base_model").asText()).isEqualTo("google-bert/bert-base");
      assertThat(card)
          .contains("fine-tuned version of [google-bert/bert-base](https://huggingface.co/google-");
    }
  }

  @Test
  void aModelThatWasLoadedFromAFolderIsFineTunedAndItsFolderIsNotTold() throws IOException {
    Path secret = Files.createDirectories(folder.resolve("secret-project"));
    for (String card : cardsOf(secret.toString())) {
      assertThat(metadata(card).has("base_model")).isFalse();
      assertThat(card)
          .contains("a fine-tuned version of one that is not on the Hub, on")
          .doesNotContain("secret-project");
    }
  }
}
