// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli.train;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.trainer4j.cli.CommandLineRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A search from the shell: a grid of two learning rates, of which one cannot learn. */
class SearchCommandTest {
  private static final Path MODEL =
      Path.of("../trainer-transformers/src/test/resources/parity/models/bert-classify");
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path folder;
  private Path out;

  @BeforeEach
  void write() throws IOException {
    List<String> rows = new ArrayList<>(List.of("text,topic"));
    for (int i = 0; i < 16; i++) {
      rows.add("who sold the coins,money");
      rows.add("please bring oslo,places");
    }
    Files.write(folder.resolve("data.csv"), rows);
    Files.writeString(folder.resolve("space.yaml"), "learning_rate: [1e-12, 5e-3]\n");
    out = folder.resolve("out");
  }

  private CommandLineRun search(Object... more) {
    List<Object> words =
        new ArrayList<>(
            List.of("search", "--model_name_or_path", MODEL, "--ignore_mismatched_sizes"));
    Path data = folder.resolve("data.csv");
    words.addAll(List.of("--train_file", data, "--validation_file", data, "--output_dir", out));
    words.addAll(List.of("--space", folder.resolve("space.yaml"), "--algorithm", "grid"));
    words.addAll(List.of("--max_steps", 8, "--eval_strategy", "epoch", "--use_cpu"));
    Collections.addAll(words, more);
    return CommandLineRun.of(words.toArray());
  }

  @Test
  void printsTheTrialThatWentBestAndGoesOnWhereItEnded() throws IOException {
    CommandLineRun run = search("--objective", "eval_loss", "--trials", 2);

    assertThat(run.exitCode()).as(run.err()).isZero();
    JsonNode best = JSON.readTree(run.out());
    assertThat(best.at("/hyperparameters/learning_rate").asDouble()).isEqualTo(5e-3);
    assertThat(best.get("objective").asDouble())
        .isEqualTo(best.at("/metrics/eval_loss").asDouble());
    assertThat(Files.readString(out.resolve("search.html"))).contains("learning_rate");
    List<String> events = Files.readAllLines(out.resolve("search.jsonl"));

    CommandLineRun again = search("--objective", "eval_loss", "--trials", 2);

    assertThat(JSON.readTree(again.out())).as(again.err()).isEqualTo(best);
    assertThat(Files.readAllLines(out.resolve("search.jsonl")))
        .startsWith(events.toArray(String[]::new));
    assertThat(trials()).as("no trial was trained again").hasSize(2);
  }

  private List<String> trials() {
    String[] names = out.toFile().list((parent, name) -> name.startsWith("run-"));
    return names == null ? List.of() : Arrays.asList(names);
  }

  @Test
  void asksForTheDirectionOfAFigureThatIsNoLoss() {
    CommandLineRun run = search("--objective", "eval_accuracy");

    assertThat(run.exitCode()).isNotZero();
    assertThat(run.err())
        .contains("direction: expected maximize or minimize for objective eval_accuracy");
    assertThat(out).doesNotExist();
  }

  @Test
  void refusesWhatASearchWouldNotHeed() {
    CommandLineRun run =
        search("--direction", "maximize", "--dry_run", "--test_file", folder.resolve("data.csv"));

    assertThat(run.exitCode()).isNotZero();
    assertThat(run.err()).contains("dry_run: ", "test_file and do_predict: ");
    assertThat(out).doesNotExist();
  }
}
