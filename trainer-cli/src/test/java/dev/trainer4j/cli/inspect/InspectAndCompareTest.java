// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli.inspect;

import static dev.trainer4j.cli.CommandLineRun.MODEL;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.checkpoint.CheckpointStore;
import dev.trainer4j.cli.CommandLineRun;
import dev.trainer4j.state.LogEntry;
import dev.trainer4j.state.TrainerState;
import dev.trainer4j.state.TrainerStateJson;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InspectAndCompareTest {

  @TempDir Path folder;

  /** A run of two checkpoints as the trainer commits them, whose loss falls from {@code first}. */
  private Path run(String name, double first, double learningRate) throws IOException {
    Path out = folder.resolve(name);
    CheckpointStore store = new CheckpointStore(out);
    for (long step : new long[] {10, 20}) {
      Path saved =
          store.commit(
              step,
              draft -> {
                Files.copy(MODEL.resolve("model.safetensors"), draft.resolve("model.safetensors"));
                Files.copy(MODEL.resolve("config.json"), draft.resolve("config.json"));
                Files.writeString(
                    draft.resolve("trainer_state.json"),
                    TrainerStateJson.write(state(step, first, out)));
                Files.writeString(
                    draft.resolve("training_args.json"),
                    TrainingArguments.builder()
                        .outputDir(out)
                        .learningRate(learningRate)
                        .build()
                        .toJson());
              });
      assertThat(saved).isDirectory();
    }
    return out;
  }

  private static TrainerState state(long step, double first, Path out) {
    List<LogEntry> history = new ArrayList<>();
    for (long at = 1; at <= step; at++) {
      history.add(new LogEntry(at, Map.of("loss", first / at)));
    }
    history.add(new LogEntry(step, Map.of("eval_loss", first / step)));
    return new TrainerState(
        step / 20.0,
        step,
        20,
        1,
        10,
        10,
        8,
        1,
        0,
        0,
        history,
        first / step,
        step,
        out.resolve("checkpoint-" + step).toString(),
        true,
        true,
        Map.of());
  }

  @Test
  void aCheckpointTellsArgumentsStateTensorsAndCurves() throws IOException {
    CommandLineRun run = CommandLineRun.of("inspect", run("a", 4, 1e-3).resolve("checkpoint-20"));

    assertThat(run.exitCode()).isZero();
    assertThat(run.out())
        .contains(
            "whole by names and sizes",
            "20 of 20, epoch 1",
            "0.2 in ",
            "LlamaForCausalLM",
            "learning_rate",
            "0.001  (default 5.0E-5)",
            "loss:  ● loss  ○ eval_loss",
            "step 20",
            "model.safetensors");
  }

  @Test
  void jsonCountsTheNumbersOfTheFile() throws IOException {
    CommandLineRun run = CommandLineRun.of("inspect", MODEL, "--json");

    JsonNode json = new ObjectMapper().readTree(run.out());
    long size = Files.size(MODEL.resolve("model.safetensors"));
    assertThat(json.path("kind").asText()).isEqualTo("model");
    assertThat(json.path("tensors").path("bytes").asLong()).isBetween(size - 8192, size);
    assertThat(json.path("tensors").path("elements").asLong() * 4)
        .isEqualTo(json.path("tensors").path("bytes").asLong());
    assertThat(json.path("files").path("model.safetensors").asLong()).isEqualTo(size);
  }

  @Test
  void damageThatSizesHideIsFoundByVerifyAndThatOneIsNotTheLatest() throws IOException {
    Path out = run("a", 4, 1e-3);
    Path weights = out.resolve("checkpoint-20/model.safetensors");
    byte[] bytes = Files.readAllBytes(weights);
    bytes[bytes.length - 1] ^= 1;
    Files.write(weights, bytes);

    CommandLineRun quick = CommandLineRun.of("inspect", out);
    CommandLineRun thorough = CommandLineRun.of("inspect", out, "--verify");

    assertThat(quick.exitCode()).isZero();
    assertThat(thorough.exitCode()).isEqualTo(1);
    assertThat(thorough.out()).contains("SHA-256 differs");
    assertThat(thorough.out().lines().filter(line -> line.contains("[latest")).findFirst())
        .hasValueSatisfying(line -> assertThat(line).contains("checkpoint-10"));
    Files.write(
        out.resolve("checkpoint-20/training_args.json"),
        new byte[] {' '},
        StandardOpenOption.APPEND);
    assertThat(CommandLineRun.of("inspect", out).out()).contains("bytes instead of");
  }

  @Test
  void whatIsNeitherModelNorCheckpointIsRefused() throws IOException {
    CommandLineRun run = CommandLineRun.of("inspect", folder);

    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.err()).contains("neither a checkpoint nor a model", "config.json");
    assertThat(CommandLineRun.of("inspect", folder.resolve("x")).err()).contains("does not exist");
    Files.writeString(folder.resolve("config.json"), "{");
    CommandLineRun damaged = CommandLineRun.of("inspect", folder);
    assertThat(damaged.exitCode()).isEqualTo(1);
    assertThat(damaged.out()).contains("damaged", "not valid JSON");
  }

  @Test
  void runsAreComparedByArgumentsResultsAndCurvesAlsoOnAPage() throws IOException {
    Path page = folder.resolve("page.html");
    Path a = run("a", 4, 1e-3);
    Path b = run("b", 2, 1e-4);

    CommandLineRun run = CommandLineRun.of("compare", a, b, "--html", page);

    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.out()).containsPattern("learning_rate +0.001 +1.0E-4").contains("● a  ○ b");
    assertThat(run.out())
        .containsPattern("eval_loss +0.2 +0.1 \\*")
        .doesNotContain("num_train_epochs");
    assertThat(page).content().contains("uPlot", "\"name\":\"b\"", "learning_rate");
    assertThat(CommandLineRun.of("compare", a, a).err()).contains("twice");
    assertThat(CommandLineRun.of("compare", a, b, "--curve", "x").err()).contains("eval_loss");
  }

  @Test
  void runsThatLoggedNothingHaveNothingToCompare() throws IOException {
    Object[] words = {
      "compare", folder.resolve("a/checkpoint-5"), folder.resolve("b/checkpoint-5")
    };
    for (int i = 1; i < words.length; i++) {
      Path checkpoint = Files.createDirectories((Path) words[i]);
      Files.writeString(
          checkpoint.resolve("trainer_state.json"), "{\"global_step\": 5, \"log_history\": []}");
    }

    CommandLineRun run = CommandLineRun.of(words);

    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.out())
        .contains("None of the runs has logged anything")
        .doesNotContain("Results, last value");
  }
}
