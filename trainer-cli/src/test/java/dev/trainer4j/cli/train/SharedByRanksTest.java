// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli.train;

import static dev.trainer4j.cli.CommandLineRun.MODEL;
import static dev.trainer4j.cli.CommandLineRun.ROWS;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.trainer4j.cli.CommandLineRun;
import dev.trainer4j.cli.Main;
import dev.trainer4j.distributed.launch.Launch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The program in two processes that share a model which neither ever has whole. */
@Timeout(240)
class SharedByRanksTest {

  /** Refused for a model that was loaded whole. */
  private static final Launch RANKS =
      Launch.processes(2)
          .flag("use_fsdp", "true")
          .flag("fsdp_sharding_strategy", "FULL_SHARD")
          .flag("fsdp_cpu_ram_efficient_loading", "true")
          .silently()
          .jvmOptions("-XX:TieredStopAtLevel=1");

  @TempDir Path folder;

  private double lossIn(String out) throws IOException {
    Path figures = folder.resolve(out).resolve("train_results.json");
    return new ObjectMapper().readTree(figures.toFile()).path("train_loss").asDouble();
  }

  /** Runs the program in one process with batches of two, and in two with batches of one. */
  private void assertSameLoss(Path model, String... command) throws Exception {
    List<String> words = new ArrayList<>(List.of(command));
    words.addAll(
        List.of(
            "-q",
            "--model_name_or_path",
            model.toString(),
            "--max_steps",
            "3",
            "--learning_rate",
            "0.01",
            "--save_strategy",
            "no",
            "--use_cpu"));
    CommandLineRun alone = CommandLineRun.of((Object[]) with(words, "alone", 2));
    assertThat(alone.exitCode()).as(alone.err()).isZero();
    RANKS.run(Main.class, with(words, "ranks", 1)).orThrow();
    assertThat(lossIn("ranks"))
        .isPositive()
        .isCloseTo(lossIn("alone"), Percentage.withPercentage(0.1));
  }

  private String[] with(List<String> words, String out, int batch) {
    List<String> all = new ArrayList<>(words);
    all.addAll(List.of("--output_dir", folder.resolve(out).toString()));
    all.addAll(List.of("--per_device_train_batch_size", String.valueOf(batch)));
    return all.toArray(String[]::new);
  }

  @Test
  void sftTrainsAnAdapterOverABaseThatEachRankQuantizesInPart() throws Exception {
    assertSameLoss(
        MODEL.toAbsolutePath(),
        "sft",
        "--train_file",
        ROWS.toAbsolutePath().toString(),
        "--use_peft",
        "--lora_target_modules",
        "all-linear",
        "--lora_dropout",
        "0",
        "--load_in_4bit");
    assertThat(folder.resolve("ranks/adapter_model.safetensors")).exists();
  }

  @Test
  void trainTeachesAllOfAModel() throws Exception {
    Path rows = folder.resolve("rows.csv");
    StringBuilder text = new StringBuilder("text,label\n");
    for (int i = 0; i < 12; i++) {
      text.append(i % 2 == 0 ? "coins and miles,money\n" : "cheese and bowls,food\n");
    }
    Files.writeString(rows, text);
    Path model =
        Path.of("../trainer-transformers/src/test/resources/parity/models/bert-classify")
            .toAbsolutePath();

    assertSameLoss(model, "train", "--train_file", rows.toString(), "--ignore_mismatched_sizes");
    assertThat(folder.resolve("ranks/model.safetensors"))
        .hasSize(Files.size(folder.resolve("alone/model.safetensors")));
  }
}
