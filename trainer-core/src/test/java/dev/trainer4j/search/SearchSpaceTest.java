// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.trainer4j.args.OptimizerName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SearchSpaceTest {

  @TempDir Path folder;

  private Path write(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text);
  }

  @Test
  void aSpaceOfAFileIsThatOfTheBuilder() throws IOException {
    SearchSpace space =
        SearchSpace.builder()
            .logUniform("learning_rate", 1e-5, 1e-3)
            .uniform("weight_decay", 0, 0.1)
            .intUniform("num_train_epochs", 1, 4)
            .intLogUniform("model.hidden_size", 8, 512)
            .choice("per_device_train_batch_size", 8, 16L, 32)
            .choice("optim", OptimizerName.ADAMW_TORCH, "sgd")
            .build();
    Path yaml =
        write(
            "space.yaml",
            """
            learning_rate: {distribution: log_uniform, min: 1e-5, max: 1e-3}
            weight_decay: {distribution: uniform, min: 0, max: 0.1}
            num_train_epochs: {distribution: int_uniform, min: 1, max: 4}
            model.hidden_size: {distribution: int_log_uniform, min: 8, max: 512}
            per_device_train_batch_size: [8, 16, 32]
            optim: {distribution: choice, values: [adamw_torch, sgd]}
            """);
    assertThat(SearchSpace.read(yaml).toMap()).isEqualTo(space.toMap());
    Path json =
        write(
            "space.json",
            "{\"learning_rate\": {\"distribution\": \"log_uniform\", \"min\": 1e-05, \"max\": 0.001}}");
    assertThat(SearchSpace.read(json).toMap())
        .isEqualTo(Map.of("learning_rate", space.toMap().get("learning_rate")));
  }

  @Test
  void theDefaultSpaceIsThatOfHuggingFace() {
    assertThat(SearchSpace.defaults().toMap().toString())
        .isEqualTo(
            "{learning_rate={distribution=log_uniform, min=1.0E-6, max=1.0E-4},"
                + " num_train_epochs={distribution=int_uniform, min=1, max=5},"
                + " seed={distribution=int_uniform, min=1, max=40},"
                + " per_device_train_batch_size={distribution=choice, values=[4, 8, 16, 32, 64]}}");
  }

  @Test
  void allMistakesAreToldAtOnce() {
    SearchSpace.Builder builder =
        SearchSpace.builder()
            .uniform("a", 2, 1)
            .logUniform("b", 0, 1)
            .intLogUniform("c", 0, 3)
            .choice("d")
            .choice("e", 1, 1)
            .choice("f", Map.of())
            .intUniform("f", 1, 2)
            .uniform("g", 0, Double.NaN);
    assertThatThrownBy(builder::build)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            """
            the search space cannot be built:
              a: from 2.0 to 1.0, expected numbers, the first below the second
              b: from 0.0 to 1.0, expected numbers above 0, the first below the second
              c: from 0 to 3, expected whole numbers of at least 1, the first below the second
              d: [], expected different values, at least one
              e: [1, 1], expected different values, at least one
              f: {} is a MapN, expected a text, a number, true or false
              f: is there twice
              g: from 0.0 to NaN, expected numbers, the first below the second""");
    assertThatThrownBy(() -> SearchSpace.builder().build())
        .hasMessageContaining("it has no hyperparameters");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "learning_rate: 1e-4; learning_rate: 1.0E-4, expected a list of values, or a mapping",
        "seed: {distribution: normal, min: 1, max: 2}; seed.distribution: normal, expected",
        "seed: {distribution: uniform, min: 1}; seed: {distribution=uniform, min=1}, expected",
        "seed: {distribution: int_uniform, min: 1.5, max: 2}; seed.min: 1.5, expected a whole number",
        "seed: {distribution: uniform, min: a, max: 2}; seed.min: a, expected a number",
        "seed: {distribution: choice, values: 3}; seed.values: 3, expected a list",
        "seed: [1, null]; seed: a value is missing in [1, null]",
        "seed: [[1]]; expected a text, a number, true or false",
        "seed: {distribution: uniform, min: 3, max: 2}; seed: from 3.0 to 2.0",
        "'- 1'; space.yaml",
        "''; space.yaml"
      })
  void mistakesOfAFileAreNamed(String text, String expected) throws IOException {
    Path file = write("space.yaml", text);
    assertThatThrownBy(() -> SearchSpace.read(file))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(file.toString())
        .hasMessageContaining(expected);
  }

  @Test
  void aMissingFileIsNamed() {
    assertThatThrownBy(() -> SearchSpace.read(folder.resolve("none.yaml")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("none.yaml");
  }
}
