// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.model.LabelLayout;
import dev.trainer4j.torch.ArrayScope;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The first labels decide what a classifier of texts learns, and the saved folder says it, as in transformers. */
class ProblemTypeTest {

  @TempDir Path folder;

  private static PretrainedModel model(String family, int labels) {
    Map<String, Object> config = new HashMap<>();
    config.put("model_type", family);
    config.put("vocab_size", 30);
    config.put("num_labels", labels);
    config.put("pad_token_id", 0);
    switch (family) {
      case "gpt2" ->
          config.putAll(Map.of("n_embd", 8, "n_layer", 1, "n_head", 2, "n_positions", 8));
      case "bart" ->
          config.putAll(
              Map.of(
                  "d_model", 8,
                  "encoder_layers", 1,
                  "decoder_layers", 1,
                  "encoder_attention_heads", 2,
                  "decoder_attention_heads", 2,
                  "encoder_ffn_dim", 8,
                  "decoder_ffn_dim", 8,
                  "eos_token_id", 2,
                  "max_position_embeddings", 8));
      default ->
          config.putAll(
              Map.of(
                  "hidden_size", 8,
                  "num_hidden_layers", 1,
                  "num_attention_heads", 2,
                  "intermediate_size", 8));
    }
    return AutoModels.fromConfig(
        PretrainedConfig.of(config), Task.SEQUENCE_CLASSIFICATION, ParityModels.cpu().withSeed(1));
  }

  private static Object label(String kind, int sample) {
    return switch (kind) {
      case "regression" -> 0.5f * sample;
      case "multi_label_classification" -> new float[] {1, sample % 2, 0};
      default -> sample % 3;
    };
  }

  private static Map<String, Object> sample(String kind, int sample) {
    return Map.of("input_ids", new long[] {5 + sample, 6, 2}, "label", label(kind, sample));
  }

  private void train(PretrainedModel model, String kind) throws IOException {
    try (Trainer trainer =
        Trainer.builder(
                model,
                TrainingArguments.builder()
                    .outputDir(folder.resolve("run"))
                    .useCpu(true)
                    .maxSteps(1)
                    .perDeviceTrainBatchSize(2)
                    .saveStrategy(IntervalStrategy.STEPS)
                    .saveSteps(1)
                    .build())
            .trainDataset(Datasets.of(List.of(sample(kind, 1), sample(kind, 2))))
            .build()) {
      trainer.train();
      trainer.saveModel(folder.resolve("saved"));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "bert, 1, regression",
    "bert, 3, multi_label_classification",
    "bert, 3, single_label_classification",
    "roberta, 3, multi_label_classification",
    "gpt2, 1, regression",
    "gpt2, 3, multi_label_classification",
    "gpt2, 3, single_label_classification",
    "bart, 1, regression",
    "bart, 3, multi_label_classification"
  })
  void whatTheFirstLabelsMeanIsWrittenAndReadBack(String family, int labels, String kind)
      throws IOException {
    try (PretrainedModel model = model(family, labels)) {
      assertThat(model.config().problemType()).isEmpty();
      train(model, kind);
      assertThat(model.config().problemType()).map(ProblemType::key).hasValue(kind);
    }
    for (String saved : List.of("saved", "run/checkpoint-1")) {
      assertThat(Files.readString(folder.resolve(saved).resolve("config.json")))
          .contains("\"problem_type\": \"" + kind + "\"");
    }
    try (PretrainedModel again = AutoModels.load(folder.resolve("saved"), ParityModels.cpu())) {
      assertThat(again.labelLayout())
          .isEqualTo(kind.startsWith("single") ? LabelLayout.ALIGNED : LabelLayout.OTHER);
    }
  }

  private static NDArray ids(NDManager manager) {
    return manager.create(new long[] {5, 6, 2, 7, 6, 2}, new Shape(2, 3));
  }

  /** Of whole numbers, that would be cross entropy without what the folder says. */
  @Test
  void theSavedProblemDecidesWhateverTheTypeOfLabelsIs() throws IOException {
    try (PretrainedModel model = model("bert", 3)) {
      train(model, "multi_label_classification");
    }
    try (PretrainedModel model = AutoModels.load(folder.resolve("saved"), ParityModels.cpu());
        NDManager manager = NDManager.newBaseManager("PyTorch");
        ArrayScope scope = ArrayScope.open()) {
      NDArray whole = manager.create(new long[] {1, 0, 1, 0, 0, 1}, new Shape(2, 3));
      NDArray floats = manager.create(new float[] {1, 0, 1, 0, 0, 1}, new Shape(2, 3));
      ModelInputs inputs = ModelInputs.of("input_ids", ids(manager));
      assertThat(model.forward(inputs.with("labels", whole), false).loss().value().getFloat())
          .isCloseTo(
              model.forward(inputs.with("labels", floats), false).loss().value().getFloat(),
              within(1e-6f));
    }
  }

  @Test
  void labelsOfAnotherKindThanTheFirstAreRefused() {
    try (PretrainedModel model = model("gpt2", 3);
        NDManager manager = NDManager.newBaseManager("PyTorch");
        ArrayScope scope = ArrayScope.open()) {
      ModelInputs inputs = ModelInputs.of("input_ids", ids(manager));
      model.forward(inputs.with("labels", manager.create(new long[] {1, 2})), false);
      NDArray several = manager.create(new float[] {1, 0, 1, 0, 0, 1}, new Shape(2, 3));
      assertThatThrownBy(() -> model.forward(inputs.with("labels", several), false))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("labels are of type float32")
          .hasMessageContaining("multi_label_classification")
          .hasMessageContaining("the first ones meant single_label_classification");
    }
  }

  @Test
  void anotherProblemCanBeChosenWhenASavedModelIsLoaded() throws IOException {
    try (PretrainedModel model = model("bert", 3)) {
      train(model, "single_label_classification");
    }
    Path saved = folder.resolve("saved");
    LoadOptions one = ParityModels.cpu().withNumLabels(1).withIgnoreMismatchedSizes(true);
    assertThatThrownBy(() -> AutoModels.load(saved, one))
        .isInstanceOf(PretrainedException.class)
        .hasMessageContaining("problem_type is single_label_classification")
        .hasMessageContaining("withProblemType(REGRESSION)");
    try (PretrainedModel model =
        AutoModels.load(saved, one.withProblemType(ProblemType.REGRESSION))) {
      assertThat(model.config().problemType()).hasValue(ProblemType.REGRESSION);
    }
  }

  @Test
  void otherHeadsLearnOneThingAndSayNothing() throws IOException {
    try (PretrainedModel model = ParityModels.load("bert-token");
        NDManager manager = NDManager.newBaseManager("PyTorch");
        ArrayScope scope = ArrayScope.open()) {
      model.forward(ParityModels.inputs("bert-token", manager), false);
      assertThat(model.config().problemType()).isEmpty();
    }
  }
}
