// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.trainer4j.json.JsonException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files of a checkpoint that are JSON of another shape, or none: the error names the file and the place. */
class JsonShapesTest {

  private static final String POSITION =
      """
      {"seed": 42, "data_seed": 7, "dataset_size": 22, "epoch": 1, "samples_in_epoch": 8,
       "epoch_over": false, "samples_seen": 30, "losses": {"": [1, 2, 3, 4], "loss": ["NaN", 2]},
       "num_threads": 2, "frozen": {"at_start": [], "now": ["a"]},
       "loss_scale": {"scale": 2, "growth_tracker": 1, "skipped_steps": 0}}
      """;

  private static final String STATE =
      """
      {"epoch": 0.5, "global_step": 3, "max_steps": 6, "log_history": [{"loss": 1, "step": 3}],
       "best_metric": 1.5, "best_global_step": 3, "stateful_callbacks": {"A": {"args": {}}}}
      """;

  @TempDir Path folder;

  private ThrowingCallable reading(String file) {
    CheckpointFiles files = new CheckpointFiles(folder);
    return switch (file) {
      case "trainer_state.json" -> files::readState;
      case "training_args.json" -> files::readArguments;
      case "scheduler.json" -> files::readScheduler;
      default -> files::readPosition;
    };
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"trainer_state.json", "training_args.json", "scheduler.json", "rng_state.json"})
  void whatIsNoObjectIsRefusedByTheNameOfTheFile(String file) throws IOException {
    for (String text : new String[] {"", "null", "[]", "1", "{", "{} {}", "{\"a\":1,\"a\":2}"}) {
      Files.writeString(folder.resolve(file), text);
      assertThatThrownBy(reading(file))
          .as(text)
          .isInstanceOf(JsonException.class)
          .hasMessageStartingWith(folder.resolve(file).toString());
    }
    Files.write(folder.resolve(file), "{\"ä\": 1}".getBytes(StandardCharsets.ISO_8859_1));
    assertThatThrownBy(reading(file))
        .isInstanceOf(JsonException.class)
        .hasMessage(folder.resolve(file) + " is not UTF-8 text");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "\"epoch\": 1; \"epoch\": -1; epoch is -1, expected a whole number from 0 on",
        "\"samples_in_epoch\": 8; \"samples_in_epoch\": 1.5; samples_in_epoch is 1.5",
        "\"epoch_over\": false; \"epoch_over\": null; epoch_over is missing",
        "\"seed\": 42; \"seed\": 1e99; seed is 1.0E99",
        "\"dataset_size\": 22; \"dataset_size\": \"x\"; dataset_size is \"x\"",
        "[1, 2, 3, 4]; [1, 2, 3]; losses. is [1,2,3], expected at least 4 numbers",
        "[1, 2, 3, 4]; null; losses. is missing, expected at least 4 numbers",
        "[\"NaN\", 2]; [null, 2]; losses.loss[0] is missing, expected a number",
        "[\"NaN\", 2]; [1, 2, 3]; losses.loss is [1,2,3], expected 2 numbers",
        "\"num_threads\": 2; \"num_threads\": 0; num_threads is 0",
        "\"now\": [\"a\"]; \"now\": [1]; frozen.now[0] is 1, expected a text",
        "\"now\": [\"a\"]; \"now\": null; frozen.now is missing, expected an array",
        "\"scale\": 2; \"scale\": 0; loss_scale.scale is 0, expected a finite number above 0",
      })
  void positionsThatNoRunHasAreRefusedByTheirPlace(String old, String text, String message)
      throws IOException {
    Path file = folder.resolve("rng_state.json");
    Files.writeString(file, POSITION);
    assertThat(new CheckpointFiles(folder).readPosition().losses().get("loss")).contains(2);
    assertThat(POSITION).contains(old);
    Files.writeString(file, POSITION.replace(old, text));

    assertThatThrownBy(reading("rng_state.json"))
        .isInstanceOf(JsonException.class)
        .hasMessageStartingWith(file + ": ")
        .hasMessageContaining(message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "\"epoch\": 0.5; \"epoch\": -0.5; epoch is -0.5, expected a finite number from 0 on",
        "\"global_step\": 3; \"global_step\": -3; global_step is -3",
        "\"global_step\": 3; \"x\": 3; global_step is missing, expected a whole number from 0 on",
        "[{\"loss\": 1, \"step\": 3}]; {}; log_history is {}, expected an array",
        "[{\"loss\": 1, \"step\": 3}]; [1]; log_history[0] is 1, expected an object",
        "\"best_metric\": 1.5; \"best_metric\": []; best_metric is [], expected a number",
        "{\"A\": {\"args\": {}}}; {\"A\": 1}; stateful_callbacks.A is 1, expected an object",
        "{\"A\": {\"args\": {}}}; {\"A\": {\"args\": []}}; stateful_callbacks.A.args is []",
      })
  void statesThatNoRunHasAreRefusedByTheirPlace(String old, String text, String message)
      throws IOException {
    Path file = folder.resolve("trainer_state.json");
    Files.writeString(file, STATE);
    assertThat(new CheckpointFiles(folder).readState().globalStep()).isEqualTo(3);
    assertThat(STATE).contains(old);
    Files.writeString(file, STATE.replace(old, text));

    assertThatThrownBy(reading("trainer_state.json"))
        .isInstanceOf(JsonException.class)
        .hasMessageStartingWith(file + ": ")
        .hasMessageContaining(message);
  }

  @Test
  void metadataOfCountlessShortTextsIsRefused() {
    StringBuilder header = new StringBuilder("{\"__metadata__\":{");
    for (int i = 0; i <= HeaderReader.MAX_METADATA; i++) {
      header.append(i == 0 ? "" : ",").append('"').append(i).append("\":\"\"");
    }
    byte[] bytes = header.append("}}").toString().getBytes(StandardCharsets.UTF_8);
    assertThatThrownBy(
            () ->
                SafetensorsHeader.parse(
                    Path.of("m.safetensors"), bytes, SafetensorsHeader.PREFIX + bytes.length))
        .isInstanceOf(SafetensorsException.class)
        .hasMessageContaining("m.safetensors: __metadata__ has more than 100000 texts");
  }

  @Test
  void aHeaderThatTheHeapCannotHoldIsRefusedBeforeItIsRead() {
    long mega = 1_000_000;
    assertThat(SafetensorsHeader.maxLength(100 * mega)).isEqualTo(10 * mega);
    assertThat(SafetensorsHeader.maxLength(600 * mega)).isEqualTo(30 * mega);
    assertThat(SafetensorsHeader.maxLength(64_000 * mega)).isEqualTo(100 * mega);
  }
}
