// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.parity;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.trainer4j.ResumeFrom;
import dev.trainer4j.TrainOutput;
import dev.trainer4j.Trainer;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.checkpoint.SafetensorsFile;
import dev.trainer4j.state.LogEntry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A run that Hugging Face's Trainer began and this one ends, against the same run that Hugging
 * Face's Trainer resumed itself. It was saved after 9 of 18 updates, amid the second epoch.
 */
@Tag("parity")
class HuggingFaceResumeTest {

  private static final Path RESOURCES = Path.of("src/test/resources/checkpoint");
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final Path folder;

  HuggingFaceResumeTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @Test
  void endsWhereTheReferenceEnds() throws IOException {
    JsonNode golden = MAPPER.readTree(Files.readString(RESOURCES.resolve("hf-final.json")));
    try (GoldenMlp mlp = new GoldenMlp();
        Trainer trainer = trainer(mlp)) {
      TrainOutput output = trainer.train(ResumeFrom.path(RESOURCES.resolve("hf-checkpoint")));
      assertThat(output.globalStep()).isEqualTo(18);
      new JsonComparison(1e-4)
          .compare(
              "log_history",
              golden.get("log_history"),
              MAPPER.valueToTree(losses(trainer.state().logHistory())));
      assertThat(largestDifference(mlp)).isLessThan(1e-6);
    }
  }

  /** So that the test above cannot pass without the moments. */
  @Test
  void withoutMomentsTheRunEndsElsewhere() throws IOException {
    for (String name : List.of("model.safetensors", "trainer_state.json")) {
      Files.copy(RESOURCES.resolve("hf-checkpoint").resolve(name), folder.resolve(name));
    }
    Files.writeString(folder.resolve("optimizer.pt"), "damaged");
    try (GoldenMlp mlp = new GoldenMlp();
        Trainer trainer = trainer(mlp)) {
      TrainOutput output = trainer.train(ResumeFrom.path(folder));
      assertThat(output.globalStep()).isEqualTo(18);
      assertThat(largestDifference(mlp)).isGreaterThan(1e-3);
    }
  }

  private Trainer trainer(GoldenMlp mlp) throws IOException {
    Map<String, Object> args = new LinkedHashMap<>();
    args.put("output_dir", folder.resolve("out").toString());
    args.put("max_steps", 18);
    args.put("per_device_train_batch_size", 10);
    args.put("learning_rate", 0.01);
    args.put("weight_decay", 0.1);
    args.put("warmup_steps", 3);
    args.put("lr_scheduler_type", "cosine");
    args.put("logging_steps", 1);
    args.put("seed", 42);
    args.put("train_sampling_strategy", "sequential");
    args.put("use_cpu", true);
    args.put("optim", "adamw_torch");
    args.put("save_strategy", "no");
    return Trainer.builder(mlp.model(), TrainingArguments.fromMap(args))
        .trainDataset(
            GoldenMlp.data("train", Golden.ownFolder().resolve("runs").resolve("data.safetensors")))
        .build();
  }

  private static List<Map<String, Object>> losses(List<LogEntry> history) {
    return history.stream()
        .filter(entry -> entry.values().containsKey("loss"))
        .map(
            entry -> {
              Map<String, Object> line = new LinkedHashMap<>(entry.values());
              line.put("step", entry.step());
              return line;
            })
        .toList();
  }

  private static double largestDifference(GoldenMlp mlp) throws IOException {
    double largest = 0;
    try (NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch");
        SafetensorsFile file = SafetensorsFile.open(RESOURCES.resolve("hf-final.safetensors"))) {
      for (Map.Entry<String, NDArray> parameter : mlp.parameters().entrySet()) {
        float[] expected = file.read(parameter.getKey(), manager).toFloatArray();
        float[] actual = parameter.getValue().toFloatArray();
        assertThat(actual).hasSameSizeAs(expected);
        for (int i = 0; i < actual.length; i++) {
          largest = Math.max(largest, Math.abs(actual[i] - expected[i]));
        }
      }
    }
    return largest;
  }
}
