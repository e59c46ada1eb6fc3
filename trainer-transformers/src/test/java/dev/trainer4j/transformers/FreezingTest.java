// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.SamplingStrategy;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.CallbackContext;
import dev.trainer4j.callback.TrainerCallback;
import dev.trainer4j.callback.TrainerControl;
import dev.trainer4j.checkpoint.SafetensorsFile;
import dev.trainer4j.data.DataCollator;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.model.NamedParameter;
import dev.trainer4j.state.TrainerState;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Frozen weights stay as they are, and the others train as in {@code freezing/figures.py}. */
class FreezingTest {

  private static final String NAME = "bert-classify";
  private static final String EMBEDDINGS = "bert.embeddings";
  private static final int UPDATES = 4;

  @TempDir Path outputDir;

  /** The ways in which an update may run. */
  enum Way {
    DEFAULT,
    ACCUMULATED,
    CHECKPOINTED,
    WATCHED,
    BF16;

    void change(TrainingArguments.Builder args) {
      switch (this) {
        case ACCUMULATED -> args.perDeviceTrainBatchSize(2).gradientAccumulationSteps(2);
        case CHECKPOINTED -> args.gradientCheckpointing(true);
        case BF16 -> args.bf16(true);
        case DEFAULT, WATCHED -> {}
      }
    }
  }

  /** Looks on between clipping and the step. */
  private static final class Watcher implements TrainerCallback {
    @Override
    public void onOptimizerStep(CallbackContext ctx, TrainerState state, TrainerControl control) {}
  }

  private static PretrainedModel load() throws IOException {
    return AutoModels.load(
        ParityModels.ownFolder().resolve(NAME), Task.SEQUENCE_CLASSIFICATION, ParityModels.cpu());
  }

  /** The rows of the first two batches of the figures. */
  private static List<Map<String, JsonNode>> samples() throws IOException {
    Path file = ParityModels.ownFolder().resolve(NAME).resolve("golden.json");
    JsonNode batches = new ObjectMapper().readTree(file.toFile()).get("train_batches");
    List<Map<String, JsonNode>> samples = new ArrayList<>();
    for (int batch = 0; batch < 2; batch++) {
      for (int row = 0; row < 4; row++) {
        Map<String, JsonNode> sample = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> field : batches.get(batch).properties()) {
          sample.put(field.getKey(), field.getValue().get(row));
        }
        samples.add(sample);
      }
    }
    return samples;
  }

  private static final DataCollator<Map<String, JsonNode>> ROWS =
      (rows, manager) -> {
        ModelInputs inputs = ModelInputs.empty();
        for (String name : rows.get(0).keySet()) {
          NDArray array =
              manager.create(
                  rows.stream()
                      .flatMap(
                          row -> row.get(name).isArray() ? stream(row.get(name)) : one(row, name))
                      .mapToLong(JsonNode::longValue)
                      .toArray());
          boolean matrix = rows.get(0).get(name).isArray();
          inputs = inputs.with(name, matrix ? array.reshape(rows.size(), -1) : array);
        }
        return inputs;
      };

  private static Stream<JsonNode> stream(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false);
  }

  private static Stream<JsonNode> one(Map<String, JsonNode> row, String name) {
    return Stream.of(row.get(name));
  }

  private TrainingArguments.Builder args() {
    return TrainingArguments.builder()
        .outputDir(outputDir)
        .useCpu(true)
        .numTrainEpochs(2)
        .perDeviceTrainBatchSize(4)
        .trainSamplingStrategy(SamplingStrategy.SEQUENTIAL)
        .learningRate(.01)
        .weightDecay(.1)
        .maxGradNorm(.05)
        .loggingSteps(1)
        .saveStrategy(IntervalStrategy.NO);
  }

  private Trainer trainer(
      PretrainedModel model, TrainingArguments.Builder args, TrainerCallback... callbacks)
      throws IOException {
    Trainer.Builder builder =
        Trainer.builder(model, args.build())
            .trainDataset(Datasets.of(samples()))
            .dataCollator(ROWS);
    List.of(callbacks).forEach(builder::callback);
    return builder.build();
  }

  private static Map<String, float[]> weights(PretrainedModel model) {
    Map<String, float[]> weights = new LinkedHashMap<>();
    model.state().forEach((name, array) -> weights.put(name, array.toFloatArray()));
    return weights;
  }

  private static List<String> moved(Map<String, float[]> before, Map<String, float[]> after) {
    return before.keySet().stream()
        .filter(name -> !Arrays.equals(before.get(name), after.get(name)))
        .toList();
  }

  private static List<String> names(PretrainedModel model) {
    return model.parameters().stream().map(NamedParameter::name).toList();
  }

  @ParameterizedTest
  @EnumSource(Way.class)
  void trainsAsTheReferenceDoesWithFrozenEmbeddings(Way way) throws IOException {
    try (PretrainedModel model = load()) {
      model.freeze(EMBEDDINGS);
      trainAndCompare(model, way);
    }
  }

  @ParameterizedTest
  @EnumSource(Way.class)
  void aFlagOnTheArraysFreezesAsWell(Way way) throws IOException {
    try (PretrainedModel model = load()) {
      model
          .state()
          .forEach(
              (name, array) -> {
                if (name.startsWith(EMBEDDINGS)) {
                  array.setRequiresGradient(false);
                }
              });
      trainAndCompare(model, way);
    }
  }

  private void trainAndCompare(PretrainedModel model, Way way) throws IOException {
    Map<String, float[]> before = weights(model);
    List<String> trained = names(model);
    assertThat(trained).isNotEmpty().noneMatch(name -> name.startsWith(EMBEDDINGS));
    TrainingArguments.Builder args = args();
    way.change(args);
    TrainerCallback[] callbacks =
        way == Way.WATCHED ? new TrainerCallback[] {new Watcher()} : new TrainerCallback[0];
    try (Trainer trainer = trainer(model, args, callbacks)) {
      trainer.train();
      assertThat(moved(before, weights(model))).containsExactlyInAnyOrderElementsOf(trained);
      JsonNode golden = figures().get(way == Way.BF16 ? "bf16" : "fp32");
      double relative = way == Way.BF16 ? 5e-3 : 1e-5;
      for (String key : List.of("loss", "grad_norm")) {
        List<Double> values =
            trainer.state().logHistory().stream()
                .flatMap(line -> line.value(key).stream().boxed())
                .toList();
        assertThat(values).as(key).hasSize(UPDATES);
        for (int i = 0; i < UPDATES; i++) {
          double expected = golden.get(key).get(i).asDouble();
          assertThat(values.get(i))
              .as("%s of update %d", key, i + 1)
              .isCloseTo(expected, within(relative * Math.max(1, expected)));
        }
      }
    }
  }

  private static JsonNode figures() throws IOException {
    try (InputStream file = FreezingTest.class.getResourceAsStream("/freezing/figures.json")) {
      return new ObjectMapper().readTree(file);
    }
  }

  @Test
  void aCheckpointHoldsAllWeightsAndTheStateOfTheTrainedOnesOnly() throws IOException {
    try (PretrainedModel model = load()) {
      model.freeze(EMBEDDINGS);
      List<String> trained = names(model);
      try (Trainer trainer =
          trainer(model, args().saveStrategy(IntervalStrategy.STEPS).saveSteps(2))) {
        trainer.train();
      }
      Path checkpoint = outputDir.resolve("checkpoint-2");
      try (SafetensorsFile state =
              SafetensorsFile.open(checkpoint.resolve("optimizer.safetensors"));
          SafetensorsFile weights = SafetensorsFile.open(checkpoint.resolve("model.safetensors"))) {
        List<String> withState =
            state.names().stream()
                .filter(name -> name.endsWith(".exp_avg"))
                .map(name -> name.substring(0, name.length() - ".exp_avg".length()))
                .toList();
        assertThat(withState).containsExactlyInAnyOrderElementsOf(trained);
        assertThat(state.names()).noneMatch(name -> name.startsWith(EMBEDDINGS));
        assertThat(weights.names()).containsAll(model.state().keySet());
      }
    }
  }

  @Test
  void whatACallbackFreezesAndReleasesIsFollowedFromTheNextUpdateOn() throws IOException {
    try (PretrainedModel model = load()) {
      List<Map<String, float[]>> after = new ArrayList<>();
      TrainerCallback freezer =
          new TrainerCallback() {
            @Override
            public void onStepEnd(CallbackContext ctx, TrainerState state, TrainerControl control) {
              after.add(weights(model));
              if (state.globalStep() == 1) {
                model.freeze("bert");
              } else if (state.globalStep() == 2) {
                model.unfreeze("bert.pooler");
              }
            }
          };
      List<String> all = names(model);
      try (Trainer trainer = trainer(model, args(), freezer)) {
        trainer.train();
      }
      List<String> head = List.of("classifier.weight", "classifier.bias");
      List<String> pooler = List.of("bert.pooler.dense.weight", "bert.pooler.dense.bias");
      assertThat(all).containsAll(head).containsAll(pooler).hasSizeGreaterThan(4);
      assertThat(moved(after.get(0), after.get(1))).containsExactlyInAnyOrderElementsOf(head);
      assertThat(moved(after.get(1), after.get(2)))
          .containsExactlyInAnyOrderElementsOf(
              Stream.concat(head.stream(), pooler.stream()).toList());
    }
  }

  @Test
  void freezingTheBaseLeavesTheHead() throws IOException {
    try (PretrainedModel model = load()) {
      Map<String, float[]> before = weights(model);
      model.freezeBase();
      assertThat(names(model)).containsExactlyInAnyOrder("classifier.weight", "classifier.bias");
      assertThat(model)
          .hasToString("bert for SEQUENCE_CLASSIFICATION, 99 trainable parameters on cpu()");
      try (Trainer trainer = trainer(model, args())) {
        trainer.train();
      }
      assertThat(moved(before, weights(model)))
          .containsExactlyInAnyOrder("classifier.weight", "classifier.bias");
    }
  }

  @Test
  void patternsChooseNamesAndWhatBeginsWithThem() throws IOException {
    try (PretrainedModel model = load()) {
      List<String> all = names(model);
      model.freeze("bert\\.encoder\\.layer\\.0", "classifier.bias");
      assertThat(all).anyMatch(name -> name.startsWith("bert.encoder.layer.1."));
      assertThat(names(model))
          .containsExactlyElementsOf(
              all.stream()
                  .filter(name -> !name.startsWith("bert.encoder.layer.0."))
                  .filter(name -> !name.equals("classifier.bias"))
                  .toList());
      model.unfreeze("bert", "classifier");
      assertThat(names(model)).isEqualTo(all);
    }
  }

  @Test
  void aPatternThatFitsNothingIsRefusedAndNothingIsFrozen() throws IOException {
    try (PretrainedModel model = load()) {
      List<String> all = names(model);
      assertThatThrownBy(() -> model.freeze("classifier", "bert.embedding"))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("'bert.embedding'")
          .hasMessageContaining("bert.embeddings.word_embeddings");
      assertThatThrownBy(() -> model.freeze("bert.(")).isInstanceOf(IllegalArgumentException.class);
      assertThat(names(model)).isEqualTo(all);
    }
  }

  @Test
  void aModelOfWhichAllIsFrozenIsNotTrained() throws IOException {
    try (PretrainedModel model = load()) {
      model.freeze(".*");
      assertThat(names(model)).isEmpty();
      try (Trainer trainer = trainer(model, args())) {
        assertThatThrownBy(trainer::train)
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessageContaining("no trainable parameters");
      }
    }
  }

  @Test
  void onlyTheHeadOfAModelThatHasOneIsLeft() throws IOException {
    try (PretrainedModel model =
        AutoModels.load(
            ParityModels.ownFolder().resolve("gpt2"),
            Task.CAUSAL_LM,
            LoadOptions.defaults().withDevice(TestDevice.get()))) {
      List<String> all = names(model);
      assertThatThrownBy(model::freezeBase)
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("CAUSAL_LM")
          .hasMessageContaining("freeze(");
      assertThat(names(model)).isEqualTo(all);
    }
  }

  @Test
  void weightsThatAreNotTrainedAreNotFrozen() throws IOException {
    try (PretrainedModel model =
        AutoModels.load(
            ParityModels.ownFolder().resolve(NAME),
            Task.SEQUENCE_CLASSIFICATION,
            ParityModels.cpu().withDtype(Dtype.BFLOAT16))) {
      assertThatThrownBy(() -> model.freeze(EMBEDDINGS))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("BFLOAT16");
    }
  }
}
