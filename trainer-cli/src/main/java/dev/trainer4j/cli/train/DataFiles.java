// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli.train;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.trainer4j.cli.UsageException;
import dev.trainer4j.data.Dataset;
import dev.trainer4j.data.Datasets;
import dev.trainer4j.data.IterableDataset;
import dev.trainer4j.data.OriginIterator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** Reads rows of a file by the ending of its name. */
final class DataFiles {
  /** The column that lines of a text file get, as in Hugging Face's Datasets. */
  static final String TEXT = "text";

  static final List<String> ENDINGS = List.of(".csv", ".jsonl", ".json", ".parquet", ".txt");

  private static final ObjectMapper JSON = new ObjectMapper();

  private DataFiles() {}

  /**
   * Reads a file into memory.
   *
   * @param flag the flag that named it, for messages
   * @throws IllegalArgumentException if there is no such file, or its ending is unknown
   */
  static Dataset<Map<String, Object>> read(String flag, Path file) throws IOException {
    return read(flag, file, Datasets::jsonLines);
  }

  /**
   * Reads a file into memory.
   *
   * @param jsonLines reads one of JSON Lines
   */
  static Dataset<Map<String, Object>> read(
      String flag, Path file, Function<Path, Dataset<Map<String, Object>>> jsonLines)
      throws IOException {
    return switch (ending(flag, file)) {
      case ".csv" -> Datasets.csv(file, LinkedHashMap<String, Object>::new);
      case ".jsonl" -> jsonLines.apply(file);
      case ".json" -> json(flag, file, jsonLines);
      case ".parquet" -> Datasets.parquet(file);
      default -> Datasets.textLines(file).map(line -> Map.of(TEXT, line));
    };
  }

  /**
   * Reads a file row by row.
   *
   * @param flag the flag that named it, for messages
   * @throws IllegalArgumentException if there is no such file, or its ending is unknown
   */
  static OriginIterator<Map<String, Object>> stream(String flag, Path file) throws IOException {
    IterableDataset<Map<String, Object>> lines =
        switch (ending(flag, file)) {
          case ".csv" -> Datasets.streamCsv(file, LinkedHashMap<String, Object>::new);
          case ".parquet" -> Datasets.streamParquet(file);
          case ".txt" -> Datasets.streamTextLines(file, line -> Map.of(TEXT, line));
          case ".json" -> {
            Optional<JsonArrayRows> rows = JsonArrayRows.open(file);
            if (rows.isPresent()) {
              yield epoch -> rows.get();
            }
            yield Datasets.streamJsonLines(file);
          }
          default -> Datasets.streamJsonLines(file);
        };
    return (OriginIterator<Map<String, Object>>) lines.iterator(0);
  }

  /** The ending of a file that is there and can be read. */
  private static String ending(String flag, Path file) {
    if (!Files.isRegularFile(file)) {
      throw new UsageException(
          flag
              + ": there is no file "
              + file
              + ". Check the path, from the folder "
              + Path.of("").toAbsolutePath());
    }
    String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
    String ending = name.substring(Math.max(0, name.lastIndexOf('.')));
    if (!ENDINGS.contains(ending)) {
      throw new UsageException(
          flag
              + ": "
              + file
              + " ends in none of "
              + String.join(", ", ENDINGS)
              + ": rename or convert it");
    }
    return ending;
  }

  /** A file of one array, or of an object with the array under {@code data}; else JSON Lines. */
  private static Dataset<Map<String, Object>> json(
      String flag, Path file, Function<Path, Dataset<Map<String, Object>>> jsonLines)
      throws IOException {
    try (var lines = Files.lines(file)) {
      String first =
          lines.map(String::strip).filter(line -> !line.isEmpty()).findFirst().orElse("");
      if (isWholeObject(first)) {
        return jsonLines.apply(file);
      }
    }
    try {
      JsonNode root = JSON.readTree(file.toFile());
      JsonNode rows = root.isArray() ? root : root.path("data");
      if (!rows.isArray()) {
        throw new IllegalArgumentException(
            flag
                + ": "
                + file
                + " has neither one object a line, nor an array of objects, nor one under 'data'");
      }
      return Datasets.of(
          JSON.convertValue(rows, new TypeReference<List<Map<String, Object>>>() {}));
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(
          flag
              + ": "
              + file
              + ", line "
              + e.getLocation().getLineNr()
              + " is no JSON: "
              + e.getOriginalMessage(),
          e);
    }
  }

  private static boolean isWholeObject(String line) {
    try {
      JsonNode node = JSON.readTree(line);
      return node != null && node.isObject() && !node.path("data").isArray();
    } catch (JsonProcessingException e) {
      return false;
    }
  }
}
