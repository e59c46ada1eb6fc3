// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CommandLineTest {
  private final Path folder;

  CommandLineTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @Test
  void readsEverySpellingOfAFlag() {
    TrainingArguments expected = TrainingArguments.builder().learningRate(3e-5).build();

    assertThat(TrainingArguments.fromCommandLine("--learning_rate", "3e-5")).isEqualTo(expected);
    assertThat(TrainingArguments.fromCommandLine("--learning_rate=3e-5")).isEqualTo(expected);
    assertThat(TrainingArguments.fromCommandLine("--learning-rate", "3e-5")).isEqualTo(expected);
    assertThat(TrainingArguments.fromCommandLine()).isEqualTo(TrainingArguments.builder().build());
  }

  @Test
  void readsFlagsNegativeNumbersListsAndJson() {
    TrainingArguments args =
        TrainingArguments.fromCommandLine(
            "--use_cpu",
            "--logging_first_step",
            "False",
            "--max_steps",
            "-1",
            "--label_names",
            "start",
            "end",
            "--include_for_metrics",
            "loss",
            "--lr_scheduler_type",
            "cosine",
            "--lr_scheduler_kwargs",
            "{\"num_cycles\": 2}",
            "--optim",
            "sgd",
            "--optim_args",
            "momentum=0.9,nesterov=true");

    assertThat(args.useCpu()).isTrue();
    assertThat(args.loggingFirstStep()).isFalse();
    assertThat(args.maxSteps()).isEqualTo(-1);
    assertThat(args.labelNames()).containsExactly("start", "end");
    assertThat(args.includeForMetrics()).containsExactly("loss");
    assertThat(args.lrSchedulerKwargs()).containsEntry("num_cycles", 2.0);
    assertThat(args.optimArgs()).containsEntry("momentum", "0.9");
  }

  @Test
  void flagsWinOverTheConfigurationFile() throws IOException {
    Path yaml =
        Files.writeString(
            folder.resolve("a.yaml"),
            "learning_rate: 1.0e-3\nevaluation_strategy: epoch\nseed: 1\n");
    Path json = Files.writeString(folder.resolve("a.json"), "{\"seed\": 2}");

    TrainingArguments args =
        TrainingArguments.fromCommandLine(
            "--eval_strategy", "no", "--config", yaml.toString(), "--seed", "3");

    assertThat(args.learningRate()).isEqualTo(1e-3);
    assertThat(args.evalStrategy()).isEqualTo(IntervalStrategy.NO);
    assertThat(args.seed()).isEqualTo(3);
    assertThat(TrainingArguments.fromCommandLine("--config=" + json).seed()).isEqualTo(2);
  }

  @Test
  void reportsTheMistakesOfFileAndFlagsTogether() throws IOException {
    Path yaml = Files.writeString(folder.resolve("a.yaml"), "learning_rat: 1\n");

    assertThatThrownBy(
            () ->
                TrainingArguments.fromCommandLine(
                    "loose",
                    "--config",
                    yaml.toString(),
                    "--seed",
                    "1",
                    "--seed",
                    "2",
                    "--max_steps",
                    "--optim",
                    "sgd",
                    "adam",
                    "--debug",
                    "--nonsense",
                    "x"))
        .isInstanceOf(InvalidArgumentsException.class)
        .hasMessageStartingWith("7 mistakes in " + yaml + " and the command line:")
        .hasMessageContaining("word 1: expected a flag such as --learning_rate.")
        .hasMessageContaining("seed = 2: expected to be given once.")
        .hasMessageContaining("max_steps: expected a whole number")
        .hasMessageContaining("optim = sgd …: expected one value.")
        .hasMessageContaining(
            "debug = true: expected not to be set: not supported yet: debug modes.")
        .hasMessageContaining("Did you mean learning_rate?")
        .hasMessageContaining("nonsense: expected a known argument");
  }

  @Test
  void helpIsAnExceptionWithEveryFlagBecauseALibraryMustNotEndTheProgram() {
    assertThatThrownBy(() -> TrainingArguments.fromCommandLine("--nonsense", "--help"))
        .isInstanceOf(HelpRequestedException.class)
        .hasMessage(TrainingArguments.commandLineHelp());
    assertThat(TrainingArguments.commandLineHelp())
        .contains(TrainingArguments.table().arguments().stream().map(Argument::name).toList())
        .contains("--learning_rate=<value>")
        .contains("peak learning rate (default 5e-5)")
        .doesNotContain("torch_compile");
  }
}
