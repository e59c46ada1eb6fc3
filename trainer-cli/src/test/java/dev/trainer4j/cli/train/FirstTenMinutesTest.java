// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.trainer4j.cli.CommandLineRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a newcomer does first: a CSV with two columns, from nothing to predictions. */
class FirstTenMinutesTest {
  private static final Path MODEL =
      Path.of("../trainer-transformers/src/test/resources/parity/models/bert-classify");
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path folder;
  private Path data;
  private Path out;

  /** Texts about coins and texts about oslo. */
  @BeforeEach
  void write() throws IOException {
    Random random = new Random(1);
    List<String> rows = new java.util.ArrayList<>(List.of("text,topic"));
    for (int i = 0; i < 64; i++) {
      boolean money = random.nextBoolean();
      rows.add(
          (money ? "who sold the coins" : "please bring oslo")
              + " the clock".repeat(random.nextInt(3))
              + (money ? ",money" : ",places"));
    }
    data = folder.resolve("data.csv");
    out = folder.resolve("out");
    Files.write(data, rows);
  }

  private CommandLineRun train(Object... more) {
    Object[] words = {
      "train",
      "--model_name_or_path",
      MODEL,
      "--ignore_mismatched_sizes",
      "--train_file",
      data,
      "--validation_file",
      data,
      "--output_dir",
      out,
      "--learning_rate",
      "5e-3",
      "--use_cpu"
    };
    return CommandLineRun.of(
        java.util.stream.Stream.of(words, more).flatMap(java.util.Arrays::stream).toArray());
  }

  @Test
  void aCsvOfTwoColumnsBecomesAModelThatPredicts() throws IOException {
    CommandLineRun trained = train("--test_file", data, "--num_train_epochs", 4);

    assertThat(trained.exitCode()).as(trained.err()).isZero();
    assertThat(trained.err())
        .contains("Task: classification (a label for each text), as there is a column of labels.")
        .contains("Labels: column topic, one of money, places.")
        .contains("Model saved: " + out);
    JsonNode figures = JSON.readTree(trained.out());
    assertThat(figures.path("eval_accuracy").asDouble()).isEqualTo(1);
    assertThat(JSON.readTree(out.resolve("all_results.json").toFile())).isEqualTo(figures);
    assertThat(
            JSON.readTree(out.resolve("eval_results.json").toFile()).path("eval_samples").asInt())
        .isEqualTo(64);
    assertThat(out.resolve("train_results.json")).exists();
    assertThat(out.resolve("trainer_state.json")).exists();
    assertThat(Files.readAllLines(out.resolve("predictions.jsonl"))).hasSize(64);

    CommandLineRun evaluated = CommandLineRun.of("evaluate", out, data, "--use_cpu", "-q");
    assertThat(evaluated.exitCode()).as(evaluated.err()).isZero();
    JsonNode again = JSON.readTree(evaluated.out());
    assertThat(again.path("eval_loss")).isEqualTo(figures.path("eval_loss"));
    assertThat(again.path("eval_accuracy")).isEqualTo(figures.path("eval_accuracy"));

    CommandLineRun predicted =
        CommandLineRun.withInput(
            "who sold the coins\n\n{\"text\": \"please bring oslo\"}\n",
            "predict",
            out,
            "--use_cpu",
            "--with_input");
    assertThat(predicted.exitCode()).as(predicted.err()).isZero();
    List<String> lines = predicted.out().lines().toList();
    assertThat(lines).hasSize(2);
    assertThat(JSON.readTree(lines.get(0)).path("prediction").path("label").asText())
        .isEqualTo("money");
    assertThat(JSON.readTree(lines.get(1)).path("prediction").path("label").asText())
        .isEqualTo("places");
    assertThat(JSON.readTree(lines.get(1)).path("text").asText()).isEqualTo("please bring oslo");

    Path written = folder.resolve("predictions.jsonl");
    CommandLineRun toFile = CommandLineRun.of("predict", out, data, "-o", written, "--use_cpu");
    assertThat(toFile.out()).isEmpty();
    assertSamePredictions(Files.readAllLines(written), out.resolve("predictions.jsonl"));
  }

  /** Rows in batches of another size may be rounded otherwise, so scores agree to the digits that are written but the last. */
  private static void assertSamePredictions(List<String> lines, Path expected) throws IOException {
    List<String> others = Files.readAllLines(expected);
    assertThat(lines).hasSameSizeAs(others);
    for (int i = 0; i < lines.size(); i++) {
      JsonNode line = JSON.readTree(lines.get(i));
      JsonNode other = JSON.readTree(others.get(i));
      assertThat(line.path("label")).isEqualTo(other.path("label"));
      assertThat(line.path("score").asDouble())
          .isCloseTo(other.path("score").asDouble(), within(2e-6));
    }
  }

  @Test
  void aRunGoesOnFromItsCheckpointAndBeginsAnewOnlyWhenTold() throws IOException {
    assertThat(train("--max_steps", 8, "--save_steps", 8).exitCode()).isZero();

    CommandLineRun more = train("--max_steps", 16, "--save_steps", 8);

    assertThat(more.exitCode()).as(more.err()).isZero();
    assertThat(more.err()).contains("Goes on from " + out.resolve("checkpoint-8"));
    assertThat(out.resolve("checkpoint-16")).isDirectory();

    CommandLineRun anew = train("--max_steps", 4, "--overwrite_output_dir");

    assertThat(anew.exitCode()).as(anew.err()).isZero();
    assertThat(out.resolve("checkpoint-4")).isDirectory();
    assertThat(out.resolve("checkpoint-8")).doesNotExist();
    assertThat(out.resolve("checkpoint-16")).doesNotExist();
  }

  @Test
  void aDryRunTellsThePlanAndWritesNothing() throws IOException {
    CommandLineRun run =
        train(
            "--dry_run",
            "--warmup_steps",
            "0.1",
            "--per_device_train_batch_size",
            16,
            "--train_sampling_strategy",
            "sequential");

    assertThat(run.exitCode()).as(run.err()).isZero();
    String first = Files.readAllLines(data).get(1);
    assertThat(run.out())
        .contains("Train: " + data + ", 64 rows")
        .contains("Updates: 12, 4 an epoch, of 16 samples each; 2 of warm-up")
        .containsPattern("; about \\d+ MiB for a batch of 16 x \\d+ tokens, as the first one")
        .contains("[CLS] " + first.substring(0, first.indexOf(',')) + " [SEP]")
        .contains("label: " + first.substring(first.indexOf(',') + 1))
        .contains("Written into " + out)
        .contains("Nothing was written");
    assertThat(out).doesNotExist();
    assertThat(folder.toFile().list()).containsExactly("data.csv");
  }

  @Test
  void flagsWinOverTheFileOfArguments() throws IOException {
    Path config = folder.resolve("run.yaml");
    Files.writeString(config, "max_steps: 3\nsave_strategy: \"no\"\nlearning_rate: 1.0e-4\n");

    CommandLineRun run =
        CommandLineRun.of(
            "train",
            "--config",
            config,
            "--model-name-or-path",
            MODEL,
            "--ignore-mismatched-sizes",
            "--train-file",
            data,
            "--output_dir",
            out,
            "--max_steps=2",
            "--use_cpu");

    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.err()).contains("(2 updates)");
    assertThat(out.resolve("checkpoint-2")).doesNotExist();
    assertThat(run.out()).doesNotContain("eval_loss");
  }
}
