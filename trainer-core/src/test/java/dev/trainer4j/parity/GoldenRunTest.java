// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.parity;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.trainer4j.PredictionOutput;
import dev.trainer4j.TrainOutput;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.checkpoint.SafetensorsFile;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.metrics.Metrics;
import dev.trainer4j.model.LossOutput;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.parity.EventRecorder.Event;
import dev.trainer4j.state.TrainerStateJson;
import dev.trainer4j.testing.PassLog;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whole runs against those of Hugging Face's Trainer: what was logged, which events came in which
 * order, what was saved, and where the weights ended.
 */
@Tag("parity")
class GoldenRunTest {

  private static final ObjectMapper MAPPER = new ObjectMapper();

  /** Near zero a float32 that is a difference of larger ones has no relative precision. */
  private static final JsonComparison CLOSE = new JsonComparison(1e-4, 1e-5);

  @TempDir Path outputDir;

  static Stream<String> runs() {
    return Golden.runs().stream();
  }

  @ParameterizedTest
  @MethodSource("runs")
  void equalsTheReferenceRun(String name) throws IOException {
    JsonNode golden = Golden.json("runs/" + name + "/run.json");
    EventRecorder recorder = new EventRecorder();
    try (GoldenMlp mlp = new GoldenMlp();
        Trainer trainer = trainer(name, golden, mlp, recorder);
        // Closed in reverse order: predictions before the trainer.
        PredictionOutput predictions = trainAndPredict(trainer, golden)) {
      assertEvents(recorder, golden.get("events"));
      CLOSE.compare("log_history", golden.get("log_history"), logHistory(trainer));
      assertState(trainer, golden.get("state"));
      assertCheckpoints(golden.get("checkpoints"));
      assertStateFile(name, golden.get("checkpoints"));
      assertPredictions(predictions, golden);
      assertWeights(name, mlp.parameters());
    }
  }

  /** Without a callback that looks between the phases, the update is one native call. */
  @ParameterizedTest
  @MethodSource("runs")
  void equalsTheReferenceRunWithTheUpdateInOneCall(String name) throws IOException {
    JsonNode golden = Golden.json("runs/" + name + "/run.json");
    try (GoldenMlp mlp = new GoldenMlp();
        Trainer trainer = trainer(name, golden, mlp, null);
        PredictionOutput predictions = trainAndPredict(trainer, golden)) {
      CLOSE.compare("log_history", golden.get("log_history"), logHistory(trainer));
      assertPredictions(predictions, golden);
      assertWeights(name, mlp.parameters());
    }
  }

  /** Runs whose layers cannot be kernels: gradients add up, labels are smoothed. */
  private static final Set<String> RECORDED = Set.of("accumulate", "label_smoothing");

  /**
   * A DJL block and the trainer's own loss, so that kernels serve it. It weighs updates by their samples, so
   * means over several of them are not the reference's means of means.
   */
  @ParameterizedTest
  @MethodSource("runs")
  void equalsTheReferenceRunWithABlockAndTheTrainersOwnLoss(String name) throws IOException {
    JsonNode golden = Golden.json("runs/" + name + "/run.json");
    try (PassLog passes = new PassLog();
        GoldenBlock mlp = new GoldenBlock();
        Trainer trainer =
            configure(Trainer.builder(mlp.block(), arguments(golden)), name, null).build()) {
      assertThat(trainer.train().globalStep()).isEqualTo(golden.get("global_step").asLong());
      assertThat(passes.chosen())
          .containsExactly(
              RECORDED.contains(name) ? "recorded by autograd" : "kernels of 3 layers");
      assertThat(passes.notTaken()).isEmpty();
      CLOSE.compare(
          "log_history",
          withoutMeansOverUpdates(golden.get("log_history"), golden),
          withoutMeansOverUpdates(logHistory(trainer), golden));
      assertWeights(name, mlp.parameters());
      try (PredictionOutput predictions = trainer.predict(GoldenMlp.data("eval"))) {
        assertPredictions(predictions, golden);
      }
    }
  }

  private static JsonNode withoutMeansOverUpdates(JsonNode history, JsonNode golden) {
    JsonNode args = golden.get("args");
    boolean everyUpdate =
        args.path("logging_steps").asInt() == 1
            && !args.path("logging_strategy").asText("steps").equals("epoch");
    JsonNode copy = history.deepCopy();
    for (JsonNode line : copy) {
      ((ObjectNode) line)
          .remove(everyUpdate ? List.of("train_loss") : List.of("train_loss", "loss"));
    }
    return copy;
  }

  private Trainer trainer(
      String name,
      JsonNode golden,
      GoldenMlp mlp,
      @org.jspecify.annotations.Nullable EventRecorder recorder)
      throws IOException {
    return new MeanLossTrainer(
        configure(Trainer.builder(mlp.model(), arguments(golden)), name, recorder));
  }

  private TrainingArguments arguments(JsonNode golden) {
    Map<String, Object> args =
        MAPPER.convertValue(golden.get("args"), new TypeReference<Map<String, Object>>() {});
    // What the reference needs to keep quiet has no meaning here.
    args.keySet().removeAll(List.of("report_to", "disable_tqdm"));
    args.put("output_dir", outputDir.toString());
    return TrainingArguments.fromMap(args);
  }

  private static Trainer.Builder configure(
      Trainer.Builder builder,
      String name,
      @org.jspecify.annotations.Nullable EventRecorder recorder)
      throws IOException {
    builder
        .trainDataset(GoldenMlp.data("train"))
        .evalDataset(GoldenMlp.data("eval"))
        .computeMetrics(Metrics.accuracy());
    if (recorder != null) {
      builder.callback(recorder);
    }
    if (name.equals("early_stop")) {
      builder.callback(new Patience(2));
    }
    return builder;
  }

  private static PredictionOutput trainAndPredict(Trainer trainer, JsonNode golden)
      throws IOException {
    TrainOutput output = trainer.train();
    assertThat(output.globalStep()).isEqualTo(golden.get("global_step").asLong());
    CLOSE.compare(
        "train_loss", golden.get("train_loss"), MAPPER.valueToTree(output.trainingLoss()));
    List<String> keys = new ArrayList<>(output.metrics().keySet());
    keys.sort(Comparator.naturalOrder());
    assertThat(MAPPER.<JsonNode>valueToTree(keys)).isEqualTo(golden.get("metric_keys"));
    return trainer.predict(GoldenMlp.data("eval"));
  }

  private static void assertEvents(EventRecorder recorder, JsonNode golden) {
    List<Event> expected = new ArrayList<>();
    golden.forEach(event -> expected.add(new Event(event.get(0).asText(), event.get(1).asLong())));
    assertThat(recorder.events).containsExactlyElementsOf(expected);
  }

  private static JsonNode logHistory(Trainer trainer) throws IOException {
    JsonNode state = MAPPER.readTree(TrainerStateJson.write(trainer.state()));
    JsonNode history = state.get("log_history");
    for (JsonNode line : history) {
      ((ObjectNode) line)
          .remove(
              Stream.of("train_", "eval_")
                  .flatMap(
                      prefix ->
                          Stream.of("runtime", "samples_per_second", "steps_per_second")
                              .map(suffix -> prefix + suffix))
                  .toList());
    }
    return history;
  }

  private static void assertState(Trainer trainer, JsonNode golden) throws IOException {
    var state = (ObjectNode) MAPPER.readTree(TrainerStateJson.write(trainer.state()));
    state.remove(List.of("log_history", "stateful_callbacks"));
    if (state.hasNonNull("best_model_checkpoint")) {
      state.put(
          "best_model_checkpoint",
          Path.of(state.get("best_model_checkpoint").asText()).getFileName().toString());
    }
    CLOSE.compare("state", golden, state);
  }

  /** The folders are the reference's; of its files, those that are not pickles. */
  private void assertCheckpoints(JsonNode golden) throws IOException {
    List<String> expected = new ArrayList<>();
    golden.fieldNames().forEachRemaining(expected::add);
    assertThat(checkpoints()).containsExactlyInAnyOrderElementsOf(expected);
    for (String checkpoint : expected) {
      try (Stream<Path> files = Files.list(outputDir.resolve(checkpoint))) {
        assertThat(files.map(file -> file.getFileName().toString()))
            .containsExactlyInAnyOrder(
                "model.safetensors",
                "optimizer.safetensors",
                "scheduler.json",
                "rng_state.json",
                "trainer_state.json",
                "training_args.json",
                "manifest.json");
      }
    }
  }

  private List<String> checkpoints() throws IOException {
    if (!Files.isDirectory(outputDir)) {
      return List.of();
    }
    try (Stream<Path> folders = Files.list(outputDir)) {
      return folders
          .map(folder -> folder.getFileName().toString())
          .filter(folder -> folder.startsWith("checkpoint-"))
          .toList();
    }
  }

  /** The reference keeps the state file of the folder whose name sorts last. */
  private void assertStateFile(String name, JsonNode checkpoints) throws IOException {
    if (checkpoints.isEmpty()) {
      return;
    }
    JsonNode golden = Golden.json("runs/" + name + "/trainer_state.json");
    List<String> folders = new ArrayList<>(checkpoints());
    folders.sort(Comparator.naturalOrder());
    Path file = outputDir.resolve(folders.get(folders.size() - 1)).resolve("trainer_state.json");
    String text = Files.readString(file);
    assertThat(text).endsWith("}\n").startsWith("{\n  \"best_global_step\"");
    var state = (ObjectNode) MAPPER.readTree(text);
    for (JsonNode line : state.get("log_history")) {
      line.fieldNames()
          .forEachRemaining(
              key -> {
                if (key.endsWith("runtime") || key.endsWith("per_second")) {
                  ((ObjectNode) line).put(key, 0);
                }
              });
    }
    if (state.hasNonNull("best_model_checkpoint")) {
      state.put(
          "best_model_checkpoint",
          "OUTPUT_DIR/" + Path.of(state.get("best_model_checkpoint").asText()).getFileName());
    }
    CLOSE.compare("trainer_state.json", golden, state);
  }

  private static void assertPredictions(PredictionOutput predictions, JsonNode golden) {
    List<float[]> rows = new ArrayList<>();
    NDArray logits = predictions.predictions();
    for (int i = 0; i < logits.getShape().get(0); i++) {
      rows.add(logits.get(i).toFloatArray());
    }
    // A logit near zero has no relative precision of its own: it is held to that of the largest.
    double largest = logits.abs().max().getFloat();
    new JsonComparison(1e-4, 1e-4 * largest)
        .compare("predictions", golden.get("predictions"), MAPPER.valueToTree(rows));
    Map<String, Double> metrics = new LinkedHashMap<>(predictions.metrics());
    metrics.keySet().removeIf(key -> key.endsWith("runtime") || key.endsWith("per_second"));
    CLOSE.compare("predict_metrics", golden.get("predict_metrics"), MAPPER.valueToTree(metrics));
  }

  private static void assertWeights(String name, Map<String, NDArray> parameters)
      throws IOException {
    try (NDManager manager = NDManager.newBaseManager(ai.djl.Device.cpu(), "PyTorch");
        SafetensorsFile file =
            SafetensorsFile.open(GoldenMlp.file(name).resolve("final.safetensors"))) {
      for (Map.Entry<String, NDArray> parameter : parameters.entrySet()) {
        float[] expected = file.read(parameter.getKey(), manager).toFloatArray();
        new JsonComparison(1e-4, 1e-5)
            .compare(
                parameter.getKey(),
                MAPPER.valueToTree(expected),
                MAPPER.valueToTree(parameter.getValue().toFloatArray()));
      }
    }
  }

  /** The reference's rule where the library's own would weigh micro batches by their labels. */
  private static final class MeanLossTrainer extends Trainer {
    MeanLossTrainer(Builder builder) {
      super(builder);
    }

    @Override
    protected LossOutput computeLoss(TrainableModel model, ModelInputs inputs) {
      return super.computeLoss(model, inputs).asMean();
    }
  }
}
