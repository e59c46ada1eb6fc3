// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli.train;

import static dev.trainer4j.cli.CommandLineRun.MODEL;
import static dev.trainer4j.cli.CommandLineRun.ROWS;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.trainer4j.checkpoint.CheckpointStore;
import dev.trainer4j.cli.CommandLineRun;
import dev.trainer4j.transformers.AutoModels;
import dev.trainer4j.transformers.PeftModel;
import dev.trainer4j.transformers.PretrainedModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SftCommandTest {

  @TempDir Path folder;

  private static CommandLineRun rows(Path file, Path out, String flag) {
    return CommandLineRun.of(
        "sft",
        "-q",
        "--model_name_or_path",
        MODEL,
        "--train_file",
        file,
        "--output_dir",
        out,
        flag);
  }

  private CommandLineRun sft(Path out, Object... more) {
    Object[] words = new Object[more.length + 10];
    System.arraycopy(
        new Object[] {
          "sft",
          "-q",
          "--model_name_or_path",
          MODEL,
          "--train_file",
          ROWS,
          "--output_dir",
          out,
          "--use_cpu",
          "--gradient_checkpointing=false"
        },
        0,
        words,
        0,
        10);
    System.arraycopy(more, 0, words, 10, more.length);
    return CommandLineRun.of(words);
  }

  @Test
  void trainsAnAdapterByFlagsOverAFileAndAnswersWithIt() throws IOException {
    Path config = folder.resolve("sft.yaml");
    Files.writeString(
        config,
        """
        learning_rate: 0.01
        max_steps: 5
        use_peft: true
        lora_r: 4
        lora_target_modules: all-linear
        load_in_4bit: true
        """);
    Path out = folder.resolve("out");

    CommandLineRun run =
        sft(
            out,
            "--config",
            config,
            "--max_steps",
            2,
            "--validation_file",
            ROWS,
            "--max_eval_samples",
            4);

    assertThat(run.exitCode()).as(run.err()).isZero();
    JsonNode figures = new ObjectMapper().readTree(run.out());
    assertThat(figures.path("train_loss").asDouble()).isPositive();
    assertThat(figures.path("eval_loss").asDouble()).isPositive();
    assertThat(out.resolve("trainer_state.json")).content().contains("\"global_step\": 2");
    try (PretrainedModel base = AutoModels.causalLm(MODEL);
        PeftModel adapter = PeftModel.load(base, out)) {
      assertThat(adapter.adapters().get("default").toString()).contains("r=4");
    }
    CommandLineRun answer =
        CommandLineRun.of(
            "generate",
            MODEL,
            "--adapter",
            out,
            "--prompt",
            "In Milan",
            "--max_new_tokens",
            4,
            "--use_cpu");
    assertThat(answer.exitCode()).as(answer.err()).isZero();
    assertThat(answer.out()).isNotBlank();
  }

  @Test
  void evaluationsWriteTextsAndGoOnFromACheckpointGivesWhatOneGoGives() throws IOException {
    Path whole = folder.resolve("whole");
    Path halves = folder.resolve("halves");
    Object[] common = {
      "--assistant_only_loss",
      "--save_steps",
      2,
      "--save_strategy",
      "steps",
      "--learning_rate",
      0.01,
      "--lr_scheduler_type",
      "constant"
    };
    assertThat(sft(whole, join(common, "--max_steps", 4)).exitCode()).isZero();
    assertThat(sft(halves, join(common, "--max_steps", 2)).exitCode()).isZero();
    CommandLineRun second =
        sft(
            halves,
            join(
                common,
                "--max_steps",
                4,
                "--resume_from_checkpoint",
                "true",
                "--validation_file",
                ROWS,
                "--max_eval_samples",
                4,
                "--predict_with_generate",
                "--generation_config",
                "{\"max_new_tokens\": 3}"));

    assertThat(second.exitCode()).as(second.err()).isZero();
    assertThat(new ObjectMapper().readTree(second.out()).path("eval_rougeL").isNumber()).isTrue();
    assertThat(Files.mismatch(model(halves), model(whole))).isEqualTo(-1);
    assertThat(new CheckpointStore(halves).latestValid()).isPresent();
  }

  private static Path model(Path out) {
    return out.resolve("model.safetensors");
  }

  private static Object[] join(Object[] first, Object... second) {
    Object[] all = new Object[first.length + second.length];
    System.arraycopy(first, 0, all, 0, first.length);
    System.arraycopy(second, 0, all, first.length, second.length);
    return all;
  }

  @Test
  void aDryRunShowsWhatIsTrainedAndWritesNothing() {
    Path out = folder.resolve("nothing");

    CommandLineRun run = sft(out, "--assistant_only_loss", "--num_train_epochs", 2, "--dry_run");

    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.out()).contains("«", "an epoch", "Nothing was trained or written");
    assertThat(out).doesNotExist();
  }

  @Test
  void mistakesAreToldTogetherWithWhatToDo() {
    CommandLineRun run =
        sft(
            folder.resolve("o"),
            "--lora_r",
            8,
            "--dataset_test_split",
            "x",
            "--load_in_4bit",
            "--load_in_8bit");

    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.err())
        .contains(
            "lora_r",
            "without use_peft",
            "dataset_test_split",
            "load_in_8bit",
            "trainer sft --help");
    assertThat(sft(folder.resolve("o"), "--eval_strategy", "epoch").err())
        .contains("eval_strategy", "validation_file");
    assertThat(CommandLineRun.of("sft", "--train_file", ROWS, "--output_dir", folder).err())
        .contains("model_name_or_path", "config_name");
  }

  /** What the library says to a programmer in Java's names, it says here in those of the flags. */
  @Test
  void mistakesThatShowUpInTheRowsAreToldInTheNamesOfFlags() throws IOException {
    Path texts = Files.writeString(folder.resolve("texts.jsonl"), "{\"text\": \"a\"}\n");
    Path empty =
        Files.writeString(
            folder.resolve("empty.jsonl"), "{\"prompt\": \"a\", \"completion\": \"\"}\n");
    Path out = folder.resolve("o");

    assertThat(rows(texts, out, "--assistant_only_loss").err())
        .contains("error: assistant_only_loss is set, but the train dataset has no conversations");
    assertThat(rows(empty, out, "--use_cpu").err())
        .contains(
            "empty.jsonl, line 1: 'completion' is empty",
            "leave such rows out with --invalid_rows skip");
    assertThat(sft(out, "--chat_template_path", texts).err())
        .contains("error: chat_template_path is " + texts + ", expected a file that ends in");
    assertThat(sft(out, "--eos_token", "<nope>").err())
        .contains("error: eos_token is '<nope>', which is not in the vocabulary");
    assertThat(sft(out, "--label_smoothing_factor", 0.1).err())
        .contains("label_smoothing_factor: 0.1 needs all logits; set --loss_type nll");
    assertThat(out).doesNotExist();
  }
}
