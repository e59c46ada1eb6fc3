// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.IntervalStrategy;
import dev.trainer4j.args.SamplingStrategy;
import dev.trainer4j.args.SchedulerType;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.checkpoint.SafetensorsFile;
import dev.trainer4j.data.DataCollator;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.model.TrainableModel;
import dev.trainer4j.torch.ArrayScope;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Adapters against the figures of PEFT: logits, ten updates, the folder after them, the merged model. */
@Tag("parity")
class PeftParityTest {

  private static final double RELATIVE = 1e-4;

  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path outputDir;

  static Stream<String> cases() throws IOException {
    try (Stream<Path> folders = Files.list(folder())) {
      return folders
          .filter(Files::isDirectory)
          .map(path -> path.getFileName().toString())
          .sorted()
          .toList()
          .stream();
    }
  }

  private static Path folder() {
    String given = System.getProperty("parity.dir");
    return given == null || given.isBlank()
        ? ParityModels.ownFolder().resolveSibling("peft")
        : Path.of(given).resolve("peft");
  }

  @ParameterizedTest
  @MethodSource("cases")
  void anAdapterTrainsSavesAndMergesAsInPeft(String name) throws IOException {
    Path figures = folder().resolve(name);
    JsonNode golden = JSON.readTree(figures.resolve("golden.json").toFile());
    String of = golden.get("model").asText();
    List<JsonNode> batches = new ArrayList<>();
    golden.get("batches").forEach(batches::add);
    try (PretrainedModel base = ParityModels.load(of);
        PeftModel model = PeftModel.load(base, figures.resolve("adapter_init"))) {
      assertThat(model.parameters().stream().mapToLong(p -> p.array().size()).sum())
          .isEqualTo(golden.get("trainable").asLong());
      assertLogits(model, batches.get(0), figures, "init.logits");

      train(model, batches, golden);
      assertLogits(model, batches.get(0), figures, "final.logits");

      Path saved = outputDir.resolve("adapter");
      model.save(saved);
      assertSameAdapter(saved, figures.resolve("adapter_final"));

      assertMerged(model, batches.get(0), figures);
    }
    try (PretrainedModel base = ParityModels.load(of);
        PeftModel model = PeftModel.load(base, outputDir.resolve("adapter"))) {
      assertLogits(model, batches.get(0), figures, "final.logits");
    }
  }

  private void train(PeftModel model, List<JsonNode> batches, JsonNode golden) {
    TrainingArguments args =
        TrainingArguments.builder()
            .outputDir(outputDir.resolve("run"))
            .useCpu(true)
            .numTrainEpochs(1)
            .perDeviceTrainBatchSize(1)
            .trainSamplingStrategy(SamplingStrategy.SEQUENTIAL)
            .learningRate(1e-3)
            .lrSchedulerType(SchedulerType.CONSTANT)
            .maxGradNorm(1.0)
            .loggingSteps(1)
            .saveStrategy(IntervalStrategy.NO)
            .build();
    DataCollator<JsonNode> whole =
        (samples, manager) -> ParityModels.inputs(samples.get(0), manager);
    // The figures were made without dropout.
    try (Trainer trainer =
        Trainer.builder(model, args)
            .trainDataset(Datasets.of(batches))
            .dataCollator(whole)
            .build()) {
      trainer.train();
      List<Map<String, Double>> logs =
          trainer.state().logHistory().stream()
              .map(entry -> entry.values())
              .filter(values -> values.containsKey("loss"))
              .toList();
      assertThat(logs).hasSize(10);
      for (int i = 0; i < logs.size(); i++) {
        double loss = golden.get("losses").get(i).asDouble();
        double norm = golden.get("grad_norms").get(i).asDouble();
        assertThat(logs.get(i).get("loss"))
            .as("loss of update %d", i + 1)
            .isCloseTo(loss, within(RELATIVE * loss));
        assertThat(logs.get(i).get("grad_norm"))
            .as("gradient norm of update %d", i + 1)
            .isCloseTo(norm, within(10 * RELATIVE * norm));
      }
    }
  }

  private static void assertLogits(
      TrainableModel model, JsonNode batch, Path figures, String tensor) throws IOException {
    try (ArrayScope scope = ArrayScope.open();
        SafetensorsFile file = SafetensorsFile.open(figures.resolve("golden.safetensors"))) {
      NDArray logits = model.forward(ParityModels.inputs(batch, model.manager()), false).logits();
      NDArray expected = file.read(tensor, model.manager());
      // Of a batch the figures may hold the first rows alone.
      NDArray rows = logits.get(":" + expected.getShape().get(0));
      NDArray hidden = hidden(batch, expected, model.manager());
      assertClose(tensor, rows.mul(hidden), expected.mul(hidden));
    }
  }

  /** Nobody reads what stands at padding, where models of windows differ from one library to the other. */
  private static NDArray hidden(JsonNode batch, NDArray logits, NDManager manager) {
    JsonNode mask = batch.get("attention_mask");
    long rows = logits.getShape().get(0);
    if (mask == null
        || logits.getShape().dimension() != 3
        || mask.get(0).size() != logits.getShape().get(1)) {
      return manager.ones(new Shape(1));
    }
    return ParityModels.inputs(batch, manager)
        .get("attention_mask")
        .get(":" + rows)
        .toType(DataType.FLOAT32, false)
        .expandDims(2);
  }

  private static void assertSameAdapter(Path actual, Path expected) throws IOException {
    try (ArrayScope scope = ArrayScope.open();
        NDManager manager = NDManager.newBaseManager();
        SafetensorsFile ours = SafetensorsFile.open(actual.resolve("adapter_model.safetensors"));
        SafetensorsFile theirs =
            SafetensorsFile.open(expected.resolve("adapter_model.safetensors"))) {
      Set<String> names = new TreeSet<>(theirs.names());
      names.removeIf(name -> name.matches(".*\\.(modules_to_save|original_module)\\..*"));
      assertThat(new TreeSet<>(ours.names())).isEqualTo(names);
      for (String name : names) {
        // A bias of keys shifts all scores alike: its gradient is noise, which AdamW makes steps
        // of.
        if (!name.endsWith("key.bias") && !name.endsWith("k_proj.base_layer.bias")) {
          assertClose(name, ours.read(name, manager), theirs.read(name, manager));
        }
      }
    }
    JsonNode written = JSON.readTree(actual.resolve("adapter_config.json").toFile());
    JsonNode config = JSON.readTree(expected.resolve("adapter_config.json").toFile());
    written
        .fields()
        .forEachRemaining(
            field -> {
              String key = field.getKey();
              if (!List.of("target_modules", "base_model_name_or_path", "task_type")
                  .contains(key)) {
                assertThat(plain(field.getValue())).as(key).isEqualTo(plain(config.get(key)));
              } // A set in any order; a path; and the task is ours to know.
            });
  }

  /** What is null in one file may be empty in the other, and a whole number have a point. */
  private static String plain(JsonNode value) {
    boolean empty = value == null || value.isNull() || (value.isContainerNode() && value.isEmpty());
    return empty ? "" : value.toString().replaceAll("\\.0\\b", "").replaceAll("[\\[\\]]", "");
  }

  private static void assertMerged(PeftModel model, JsonNode batch, Path figures)
      throws IOException {
    PretrainedModel base = model.base();
    try (SafetensorsFile file = SafetensorsFile.open(figures.resolve("golden.safetensors"))) {
      if (!file.names().contains("merged.logits")) {
        // PEFT merges into a table that the head shares, which makes another model of it.
        assertThatThrownBy(model::merge).hasMessageContaining("which is the same tensor as");
        return;
      }
    }
    List<String> before = new ArrayList<>();
    base.state().forEach((name, array) -> before.add(sum(array)));
    model.merge();
    assertLogits(base, batch, figures, "merged.logits");
    try (ArrayScope scope = ArrayScope.open();
        SafetensorsFile file = SafetensorsFile.open(figures.resolve("golden.safetensors"))) {
      for (String name : file.names()) {
        String prefix = "merged.weight.";
        if (name.startsWith(prefix)) {
          String tensor = name.substring(prefix.length());
          if (!isNoise(name)) {
            assertClose(name, base.state().get(tensor), file.read(name, base.manager()));
          }
        }
      }
    }
    model.unmerge();
    List<String> after = new ArrayList<>();
    base.state().forEach((name, array) -> after.add(sum(array)));
    assertThat(after).isEqualTo(before);
  }

  /** A bias of keys shifts all scores alike: its gradient is noise, which AdamW makes steps of. */
  private static boolean isNoise(String name) {
    return name.matches(".*(key|k_proj)(\\.base_layer)?\\.bias");
  }

  private static String sum(NDArray array) {
    return java.util.Arrays.toString(array.toFloatArray());
  }

  private static void assertClose(String what, NDArray actual, NDArray expected) {
    assertThat(actual.getShape()).as(what).isEqualTo(expected.getShape());
    float[] ours = actual.toFloatArray();
    float[] theirs = expected.toFloatArray();
    float largest = 0;
    for (float value : theirs) {
      largest = Math.max(largest, Math.abs(value));
    }
    for (int i = 0; i < ours.length; i++) {
      assertThat((double) ours[i])
          .as("%s[%d]", what, i)
          .isCloseTo(theirs[i], within(RELATIVE * largest));
    }
  }
}
