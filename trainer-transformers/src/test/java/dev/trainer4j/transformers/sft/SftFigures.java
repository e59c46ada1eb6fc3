// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.sft;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.trainer4j.data.Dataset;
import dev.trainer4j.transformers.tokenization.PretrainedTokenizer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

/** What TRL makes of rows: the figures of the class path, or the folder {@code sft} of {@code -Dparity.dir=DIR}. */
final class SftFigures {

  private static final ObjectMapper JSON = new ObjectMapper();

  /** What says how rows are prepared. */
  private static final List<String> READ =
      List.of(
          "max_length",
          "packing",
          "packing_strategy",
          "completion_only_loss",
          "assistant_only_loss",
          "dataset_text_field",
          "truncation_mode",
          "eos_token",
          "pad_token");

  private SftFigures() {}

  static Path folder() {
    String given = System.getProperty("parity.dir");
    return given == null || given.isBlank() ? ownFolder() : Path.of(given).resolve("sft");
  }

  static Path ownFolder() {
    URL resource = Objects.requireNonNull(SftFigures.class.getResource("/parity/sft"));
    try {
      return Path.of(resource.toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  static List<String> cases() {
    try (Stream<Path> folders = Files.list(folder().resolve("cases"))) {
      return folders
          .filter(Files::isDirectory)
          .map(path -> path.getFileName().toString())
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static JsonNode run(String name) throws IOException {
    return JSON.readTree(folder().resolve("cases").resolve(name).resolve("run.json").toFile());
  }

  /** The tokenizer of the class path's figures. */
  static PretrainedTokenizer tokenizer() {
    return PretrainedTokenizer.load(ownFolder().resolve("model"));
  }

  /** The arguments of a figure that say how rows are prepared. */
  static Map<String, Object> arguments(JsonNode figure) {
    Map<String, Object> values = new LinkedHashMap<>();
    for (String key : READ) {
      if (figure.get("args").has(key)) {
        values.put(key, JSON.convertValue(figure.get("args").get(key), Object.class));
      }
    }
    return values;
  }

  static JsonNode read(String file) throws IOException {
    return JSON.readTree(ownFolder().resolve(file).toFile());
  }

  static List<Map<String, ?>> rows(JsonNode array) {
    return JSON.convertValue(array, new TypeReference<>() {});
  }

  static void assertSame(Dataset<Map<String, Object>> rows, JsonNode expected) {
    assertThat(rows.size()).isEqualTo(expected.size());
    for (int i = 0; i < expected.size(); i++) {
      Map<String, Object> row = rows.get(i);
      for (String column : List.of("input_ids", "labels", "seq_lengths")) {
        JsonNode wanted = expected.get(i).get(column);
        if (wanted != null) {
          assertThat((int[]) row.get(column))
              .as("%s of row %d", column, i)
              .isEqualTo(JSON.convertValue(wanted, int[].class));
        }
      }
    }
  }
}
