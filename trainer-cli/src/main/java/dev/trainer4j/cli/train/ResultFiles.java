// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli.train;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The figures of a run as Hugging Face's {@code save_metrics} writes them: {@code eval_results.json}, and all in {@code all_results.json}. */
final class ResultFiles {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final @Nullable Path folder;
  private final Map<String, Object> all = new TreeMap<>();

  ResultFiles(@Nullable Path folder) {
    this.folder = folder;
  }

  /**
   * Writes the figures of one part of a run.
   *
   * @param split train, eval or predict
   */
  void save(String split, Map<String, Double> metrics, long samples) throws IOException {
    Map<String, Object> own = new TreeMap<>();
    metrics.forEach((name, value) -> own.put(name, plain(name, value)));
    own.put(split + "_samples", samples);
    write(split + "_results.json", own);
    all.putAll(own);
    write("all_results.json", all);
  }

  /** All figures so far. */
  String text() throws IOException {
    return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(all);
  }

  private void write(String name, Map<String, Object> values) throws IOException {
    if (folder == null) {
      return;
    }
    Files.createDirectories(folder);
    Path draft = folder.resolve("." + name + ".tmp");
    Files.writeString(
        draft, JSON.writerWithDefaultPrettyPrinter().writeValueAsString(values) + "\n");
    Files.move(draft, folder.resolve(name), StandardCopyOption.REPLACE_EXISTING);
  }

  /** JSON has no NaN: Python writes one all the same, other readers fail. */
  private static Object plain(String name, double value) {
    if (!Double.isFinite(value)) {
      return String.valueOf(value);
    }
    boolean whole =
        name.endsWith("step") || name.endsWith("num_input_tokens_seen") || name.endsWith("_total");
    return whole ? (Object) (long) value : value;
  }

  /** A row of predictions as one line. */
  static String line(Map<String, Object> row) {
    try {
      return JSON.writeValueAsString(row);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }
}
