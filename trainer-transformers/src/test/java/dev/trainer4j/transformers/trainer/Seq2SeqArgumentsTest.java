// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.trainer4j.args.HelpRequestedException;
import dev.trainer4j.args.InvalidArgumentsException;
import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.transformers.generation.GenerationConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Arguments of both kinds in one file or on one command line. */
class Seq2SeqArgumentsTest {

  @TempDir Path folder;

  private static final Seq2SeqArguments EXPECTED =
      new Seq2SeqArguments(
          TrainingArguments.builder().learningRate(3e-4).build(),
          Seq2SeqTrainingArguments.builder()
              .predictWithGenerate(true)
              .generationMaxLength(64)
              .generationNumBeams(4)
              .build());

  @Test
  void aFileHoldsBothKindsUnderTheNamesOfHuggingFace() throws IOException {
    Path yaml = folder.resolve("all.yaml");
    Files.writeString(
        yaml,
        """
        learning_rate: 3e-4
        predict_with_generate: true
        generation_max_length: 64
        generation_num_beams: 4
        """);
    Path json = folder.resolve("all.json");
    Files.writeString(
        json,
        """
        {"learning_rate": 3e-4, "predict_with_generate": true, "generation_max_length": 64,
         "generation_num_beams": 4, "generation_config": null}
        """);

    assertThat(Seq2SeqArguments.fromFile(yaml)).isEqualTo(EXPECTED);
    assertThat(Seq2SeqArguments.fromFile(json)).isEqualTo(EXPECTED);
  }

  @Test
  void flagsWinOverTheFileThatTheyName() throws IOException {
    Path yaml = folder.resolve("all.yaml");
    Files.writeString(yaml, "learning_rate: 3e-4\ngeneration_max_length: 32\n");

    assertThat(
            Seq2SeqArguments.fromCommandLine(
                "--config",
                yaml.toString(),
                "--predict-with-generate",
                "--generation_max_length=64",
                "--generation_num_beams",
                "4"))
        .isEqualTo(EXPECTED);
  }

  @Test
  void generationSettingsComeFromAFileOrItsFolder() throws IOException {
    Path file = folder.resolve("generation_config.json");
    Files.writeString(file, "{\"num_beams\": 3, \"max_new_tokens\": 9}");

    for (Path path : new Path[] {file, folder}) {
      GenerationConfig config =
          Seq2SeqArguments.fromMap(
                  Map.of("predict_with_generate", true, "generation_config", path.toString()))
              .seq2Seq()
              .generationConfig();
      assertThat(config).isNotNull();
      assertThat(config.numBeams()).isEqualTo(3);
      assertThat(config.maxNewTokens()).isEqualTo(9);
    }
  }

  @Test
  void generationSettingsMayStandInTheArgumentsThemselves() throws IOException {
    Path yaml = folder.resolve("all.yaml");
    Files.writeString(
        yaml,
        """
        predict_with_generate: true
        generation_config:
          num_beams: 3
          eos_token_id: [1, 2]
        """);

    GenerationConfig config = Seq2SeqArguments.fromFile(yaml).seq2Seq().generationConfig();

    assertThat(config).isEqualTo(GenerationConfig.builder().numBeams(3).eosTokenId(1, 2).build());
    assertThatThrownBy(
            () ->
                Seq2SeqArguments.fromMap(
                    Map.of("predict_with_generate", true, "generation_config", Map.of("top_p", 7))))
        .isInstanceOf(InvalidArgumentsException.class)
        .hasMessageContaining("generation_config = {")
        .hasMessageContaining("topP is 7.0");
  }

  @Test
  void mistakesOfBothKindsAreReportedTogether() {
    assertThatThrownBy(
            () ->
                Seq2SeqArguments.fromCommandLine(
                    "--learning_rate",
                    "fast",
                    "--generation_max_length",
                    "1",
                    "--generation_num_beam",
                    "4"))
        .isInstanceOf(InvalidArgumentsException.class)
        .hasMessageContaining("3 mistakes in the command line")
        .hasMessageContaining("learning_rate = fast")
        .hasMessageContaining("generation_max_length = 1: expected a whole number of at least 2")
        .hasMessageContaining("Did you mean generation_num_beams?");
  }

  @Test
  void settingsThatNothingWouldUseOrThatContradictAreRefused() throws IOException {
    Path file = folder.resolve("generation_config.json");
    Files.writeString(file, "{\"max_new_tokens\": 9}");

    assertThatThrownBy(
            () ->
                Seq2SeqArguments.fromMap(
                    Map.of("generation_max_length", 8, "generation_config", file.toString())))
        .isInstanceOf(InvalidArgumentsException.class)
        .hasMessageContaining("predict_with_generate = false: expected true")
        .hasMessageContaining("generation_config has max_new_tokens = 9");
  }

  @Test
  void aGenerationConfigurationThatCannotBeReadIsNamed() {
    assertThatThrownBy(
            () ->
                Seq2SeqArguments.fromMap(
                    Map.of("predict_with_generate", true, "generation_config", "nowhere.json")))
        .isInstanceOf(InvalidArgumentsException.class)
        .hasMessageContaining("generation_config = nowhere.json")
        .hasMessageContaining("generation_config.json");
  }

  @Test
  void trainingArgumentsAloneDoNotKnowThem() {
    assertThatThrownBy(() -> TrainingArguments.fromMap(Map.of("predict_with_generate", true)))
        .isInstanceOf(InvalidArgumentsException.class)
        .hasMessageContaining("predict_with_generate");
  }

  @Test
  void helpListsBothKinds() {
    assertThatThrownBy(() -> Seq2SeqArguments.fromCommandLine("--help"))
        .isInstanceOf(HelpRequestedException.class)
        .hasMessageContaining("--learning_rate")
        .hasMessageContaining("--generation_num_beams");
  }
}
