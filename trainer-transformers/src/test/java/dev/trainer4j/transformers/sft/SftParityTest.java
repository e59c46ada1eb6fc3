// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.sft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.trainer4j.checkpoint.SafetensorsFile;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.transformers.AutoModels;
import dev.trainer4j.transformers.ParityModels;
import dev.trainer4j.transformers.PeftModel;
import dev.trainer4j.transformers.PretrainedModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Fine-tuning against the figures of TRL, from the rows of a file to the logged values and the saved adapter. */
@Tag("parity")
class SftParityTest {

  private static final double RELATIVE = 1e-4;

  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path outputDir;

  static Stream<String> cases() throws IOException {
    try (Stream<Path> folders = Files.list(folder().resolve("cases"))) {
      return folders.map(path -> path.getFileName().toString()).sorted().toList().stream();
    }
  }

  static Stream<String> casesOfLikelihood() throws IOException {
    return cases().filter(name -> !name.equals("dft"));
  }

  private static Path folder() {
    String given = System.getProperty("parity.dir");
    return given == null || given.isBlank()
        ? ParityModels.ownFolder().resolveSibling("sft")
        : Path.of(given).resolve("sft");
  }

  private record Case(String name, JsonNode run) {

    static Case read(String name) throws IOException {
      Path file = folder().resolve("cases").resolve(name).resolve("run.json");
      return new Case(name, JSON.readTree(file.toFile()));
    }

    @SuppressWarnings("unchecked")
    SftArguments arguments(Path outputDir, Map<String, Object> other) {
      Map<String, Object> values =
          new LinkedHashMap<>(JSON.convertValue(run.get("args"), Map.class));
      values.remove("disable_tqdm");
      values.put("output_dir", outputDir.toString());
      values.putAll(other);
      return SftArguments.fromMap(values);
    }

    Path rows() {
      return folder().resolve(run.get("source").asText() + ".jsonl");
    }

    Path adapter(String which) {
      return folder().resolve("cases").resolve(name).resolve(which);
    }

    /** Of several micro batches TRL logs the mean of their accuracies, which is not that of their tokens. */
    boolean has(String key) {
      return !key.equals("mean_token_accuracy")
          || !run.get("args").has("gradient_accumulation_steps");
    }

    boolean hasAdapter() {
      return Files.isDirectory(adapter("adapter_init"));
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void aRunLogsWhatTrlLogs(String name) throws IOException {
    check(name, Map.of());
  }

  @ParameterizedTest
  @MethodSource("casesOfLikelihood")
  void aRunInChunksWithCheckpointingLogsTheSame(String name) throws IOException {
    check(
        name,
        Map.of(
            "loss_type",
            "chunked_nll",
            "loss_chunk_size",
            3 * 4 * 320,
            "gradient_checkpointing",
            true));
  }

  private void check(String name, Map<String, Object> other) throws IOException {
    Case golden = Case.read(name);
    SftArguments args = golden.arguments(outputDir.resolve("run"), other);
    try (PretrainedModel base =
        AutoModels.causalLm(folder().resolve("model"), ParityModels.cpu())) {
      if (golden.hasAdapter()) {
        try (PeftModel model = PeftModel.load(base, golden.adapter("adapter_init"))) {
          train(SftTrainer.builder(model, args), golden);
          model.save(outputDir.resolve("adapter"));
        }
        assertSameTensors(outputDir.resolve("adapter"), golden.adapter("adapter_final"));
      } else {
        train(SftTrainer.builder(base, args), golden);
      }
    }
  }

  private static void train(SftTrainer.Builder builder, Case golden) {
    try (SftTrainer trainer = builder.trainDataset(Datasets.jsonLines(golden.rows())).build()) {
      assertThat(trainer.numberOfTrainableParameters())
          .isEqualTo(golden.run().get("trainable").asLong());
      trainer.train();

      List<Map<String, Double>> lines =
          trainer.state().logHistory().stream()
              .map(entry -> entry.values())
              .filter(values -> values.containsKey("loss"))
              .toList();
      JsonNode history = golden.run().get("log_history");
      assertThat(lines).hasSize(history.size());
      for (int i = 0; i < lines.size(); i++) {
        assertLine(lines.get(i), history.get(i), golden, i + 1);
      }
    }
  }

  private static void assertLine(
      Map<String, Double> line, JsonNode expected, Case golden, int update) {
    expected
        .fields()
        .forEachRemaining(
            field -> {
              double value = field.getValue().asDouble();
              if (!field.getKey().equals("step") && golden.has(field.getKey())) {
                assertThat(line.get(field.getKey()))
                    .as("%s of update %d", field.getKey(), update)
                    .isCloseTo(value, within(RELATIVE * Math.abs(value) + 1e-12));
              }
            });
  }

  private static void assertSameTensors(Path actual, Path expected) throws IOException {
    try (NDManager manager = NDManager.newBaseManager();
        SafetensorsFile ours = SafetensorsFile.open(actual.resolve("adapter_model.safetensors"));
        SafetensorsFile theirs =
            SafetensorsFile.open(expected.resolve("adapter_model.safetensors"))) {
      assertThat(ours.names()).containsExactlyInAnyOrderElementsOf(theirs.names());
      for (String name : theirs.names()) {
        float[] is = ours.read(name, manager).toFloatArray();
        float[] wanted = theirs.read(name, manager).toFloatArray();
        double largest = 0;
        for (float value : wanted) {
          largest = Math.max(largest, Math.abs(value));
        }
        for (int i = 0; i < is.length; i++) {
          assertThat((double) is[i])
              .as("%s[%d]", name, i)
              .isCloseTo(wanted[i], within(10 * RELATIVE * largest));
        }
      }
    }
  }
}
