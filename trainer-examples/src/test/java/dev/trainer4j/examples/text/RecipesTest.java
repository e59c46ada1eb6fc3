// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.examples.text;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.SchedulerType;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.data.Dataset;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.examples.snippets.Recipes;
import dev.trainer4j.examples.snippets.Service;
import dev.trainer4j.examples.snippets.Transformers;
import dev.trainer4j.model.BlockModel;
import dev.trainer4j.transformers.AutoModels;
import dev.trainer4j.transformers.LoadOptions;
import dev.trainer4j.transformers.PretrainedModel;
import dev.trainer4j.transformers.collate.DataCollatorWithPadding;
import dev.trainer4j.transformers.generation.GenerationConfig;
import dev.trainer4j.transformers.generation.Generator;
import dev.trainer4j.transformers.predict.LabelScore;
import dev.trainer4j.transformers.predict.TextClassifier;
import dev.trainer4j.transformers.tokenization.ChatTemplateOptions;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs the recipes of docs/recipes.md, and what docs/in-a-service.md does with their folders. */
final class RecipesTest {

  private static final List<String> WORDS = List.of("goal", "bank", "rain");

  @TempDir static Path shared;
  private static Path bert;

  @TempDir Path folder;

  @BeforeAll
  static void makeModel() throws IOException {
    bert = SmallModels.bert(shared.resolve("bert"), List.of("goal bank rain and again"));
  }

  /** Texts of three words that may come together; the label says which are there. */
  private static List<float[]> holds(int count) {
    Random random = new Random(1);
    List<float[]> all = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      all.add(new float[] {random.nextInt(2), random.nextInt(2), random.nextInt(2)});
    }
    return all;
  }

  private static String text(float[] held) {
    StringBuilder text = new StringBuilder("and");
    for (int word = 0; word < held.length; word++) {
      text.append(held[word] > 0 ? " " + WORDS.get(word) : " again");
    }
    return text.toString();
  }

  private interface Label {
    Object of(float[] held);
  }

  private static Dataset<Map<String, Object>> samples(PretrainedTokenizer tokenizer, Label label) {
    List<Map<String, Object>> samples = new ArrayList<>();
    for (float[] held : holds(64)) {
      Map<String, Object> sample = tokenizer.encode(text(held)).toSample();
      sample.put("labels", label.of(held));
      samples.add(sample);
    }
    return Datasets.of(samples);
  }

  private TrainingArguments.Builder args(int updates, double rate) {
    return TrainingArguments.builder()
        .outputDir(folder.resolve("out"))
        .useCpu(true)
        .maxSteps(updates)
        .perDeviceTrainBatchSize(16)
        .learningRate(rate)
        .lrSchedulerType(SchedulerType.CONSTANT)
        .loggingSteps(1)
        .saveStrategy(IntervalStrategy.NO);
  }

  private static Map<String, float[]> values(PretrainedModel model) {
    Map<String, float[]> values = new LinkedHashMap<>();
    for (Map.Entry<String, NDArray> tensor : model.state().entrySet()) {
      values.put(tensor.getKey(), tensor.getValue().toFloatArray());
    }
    return values;
  }

  @Test
  void theHeadAloneMoves() throws IOException {
    try (PretrainedTokenizer tokenizer = PretrainedTokenizer.load(bert);
        PretrainedModel model =
            AutoModels.sequenceClassification(bert, LoadOptions.defaults().withNumLabels(2))) {
      Map<String, float[]> before = values(model);
      Recipes.headOnly(
          model,
          Trainer.builder(model, args(2, 1e-2).build())
              .trainDataset(samples(tokenizer, held -> (long) held[0]))
              .dataCollator(new DataCollatorWithPadding(tokenizer)));
      values(model)
          .forEach(
              (name, after) ->
                  assertThat(Arrays.equals(after, before.get(name)))
                      .as(name)
                      .isEqualTo(!name.startsWith("classifier.")));
    }
  }

  @Test
  void twoRatesAreLogged() throws IOException {
    try (PretrainedTokenizer tokenizer = PretrainedTokenizer.load(bert);
        PretrainedModel model =
            AutoModels.sequenceClassification(bert, LoadOptions.defaults().withNumLabels(2))) {
      List<Map<String, Double>> lines = new ArrayList<>();
      Recipes.twoRates(
          Trainer.builder(model, args(2, 5e-5).build())
              .trainDataset(samples(tokenizer, held -> (long) held[0]))
              .dataCollator(new DataCollatorWithPadding(tokenizer))
              .callback(
                  new dev.trainer4j.callback.TrainerCallback() {
                    @Override
                    public void onLog(
                        dev.trainer4j.callback.CallbackContext ctx,
                        dev.trainer4j.state.TrainerState state,
                        dev.trainer4j.callback.TrainerControl control,
                        dev.trainer4j.state.LogEntry logs) {
                      lines.add(logs.values());
                    }
                  }));
      assertThat(lines.get(0))
          .containsEntry("learning_rate", 5e-5)
          .containsEntry("learning_rate_1", 1e-3);
    }
  }

  @Test
  void labelsThatHoldTogetherAreLearnedAndPredicted() throws IOException {
    Path out = folder.resolve("labels");
    try (PretrainedTokenizer tokenizer = PretrainedTokenizer.load(bert)) {
      Recipes.multiLabel(
          bert, out, args(60, 3e-3).build(), tokenizer, samples(tokenizer, held -> held));
    }
    try (TextClassifier classifier = TextClassifier.load(out)) {
      int right = 0;
      List<float[]> all = holds(16);
      for (float[] held : all) {
        for (LabelScore label : classifier.scores(text(held))) {
          right += label.score() > 0.5 == held[label.index()] > 0 ? 1 : 0;
        }
      }
      assertThat(right).isGreaterThan(40); // of 48
      assertThat(classifier.labels()).containsExactly("sports", "money", "weather");
      // Both hold, which a softmax could not say.
      assertThat(classifier.above(text(new float[] {1, 1, 0}), 0.5)).hasSizeGreaterThan(1);
    }
    assertThat(Service.classify(out, List.of("goal", "bank", "rain"))).hasSize(3);
  }

  @Test
  void aConversationIsAnsweredAsItsTextIsContinued() throws IOException {
    Path chat = Path.of("../trainer-transformers/src/test/resources/parity/sft/model");
    try (PretrainedTokenizer tokenizer = PretrainedTokenizer.load(chat);
        PretrainedModel model = AutoModels.causalLm(chat)) {
      GenerationConfig config = model.generationConfig().toBuilder().maxNewTokens(8).build();
      String text =
          tokenizer
              .renderChat(
                  List.of(
                      Map.of("role", "system", "content", "You answer in one word."),
                      Map.of("role", "user", "content", "What is the capital of Norway?")),
                  null,
                  ChatTemplateOptions.prompt())
              .text();

      assertThat(Transformers.chat(model, tokenizer, config))
          .isEqualTo(Generator.of(model).generate(tokenizer, text, config));
    }
  }

  @Test
  void numbersAreLearnedAndPredicted() throws IOException {
    Path out = folder.resolve("numbers");
    try (PretrainedTokenizer tokenizer = PretrainedTokenizer.load(bert)) {
      Recipes.regression(
          bert,
          out,
          args(60, 3e-3).build(),
          tokenizer,
          samples(tokenizer, held -> held[0] + held[1] + held[2] - 1.5f));
    }
    double none = Service.number(out, text(new float[] {0, 0, 0}));
    double all = Service.number(out, text(new float[] {1, 1, 1}));
    assertThat(all - none).isBetween(2.0, 4.0); // 3 is right
    assertThat(Service.similarity(out, "goal bank", "goal bank")).isGreaterThan(0.999);
  }

  private static SequentialBlock layers(int classes) {
    return new SequentialBlock()
        .add(Linear.builder().setUnits(8).build())
        .add(Activation.reluBlock())
        .add(Linear.builder().setUnits(classes).build());
  }

  @Test
  void aFrozenLayerOfABlockStays() {
    try (NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch")) {
      SequentialBlock block = layers(3);
      block.initialize(manager, DataType.FLOAT32, new Shape(1, 2));
      NDArray first = block.getParameters().get(0).getValue().getArray();
      NDArray last = block.getParameters().get(2).getValue().getArray();
      float[] before = first.toFloatArray();
      float[] moved = last.toFloatArray();
      Map<String, Object> sample = Map.of("x", new float[] {1, 2}, "labels", 1L);
      Recipes.freezeParameters(
          block,
          Trainer.builder(block, args(2, 1e-2).build())
              .trainDataset(Datasets.of(List.of(sample, sample))));
      assertThat(first.toFloatArray()).isEqualTo(before);
      assertThat(last.toFloatArray()).isNotEqualTo(moved);
    }
  }

  @Test
  void aTableIsLearnedAndARowIsScoredWithWhatWasSaved() throws IOException {
    Path csv = folder.resolve("rows.csv");
    StringBuilder rows = new StringBuilder("age,income,country,churn\n");
    Random random = new Random(2);
    for (int i = 0; i < 400; i++) {
      double age = 20 + random.nextInt(50);
      boolean goes = age > 60;
      rows.append(age).append(',').append(1000 + random.nextInt(5000)).append(',');
      rows.append(random.nextBoolean() ? "no" : "de").append(',').append(goes).append('\n');
    }
    Files.writeString(csv, rows);
    Path out = folder.resolve("table");
    SequentialBlock[] made = new SequentialBlock[1];
    try (NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch")) {
      Recipes.table(
          csv,
          out,
          args(120, 1e-2).build(),
          classes -> {
            made[0] = layers(classes);
            made[0].initialize(manager, DataType.FLOAT32, new Shape(1, 4));
            return made[0];
          });
      BlockModel model = new BlockModel(made[0], manager, List.of("labels"));
      float[] old = Service.score(model, out, row(68));
      float[] young = Service.score(model, out, row(30));
      assertThat(old[1]).isGreaterThan(old[0]);
      assertThat(young[0]).isGreaterThan(young[1]);
    }
  }

  private static Map<String, Object> row(double age) {
    return Map.of("age", age, "income", 3000, "country", "no");
  }
}
