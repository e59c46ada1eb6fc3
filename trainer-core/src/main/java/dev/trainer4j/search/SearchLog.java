// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.search;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.trainer4j.json.JsonFile;
import dev.trainer4j.json.JsonPlace;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The file {@code search.jsonl}: what the search is, and then an event a line, each on disk before the search goes on. A
 * process that ends in the middle of a line leaves a torn one, which the next search takes away.
 */
final class SearchLog {

  static final String FILE_NAME = "search.jsonl";

  private static final Logger LOG = LoggerFactory.getLogger(SearchLog.class);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path file;
  private final List<JsonPlace> events;

  private SearchLog(Path file, List<JsonPlace> events) {
    this.file = file;
    this.events = events;
  }

  /**
   * Opens the file; makes it if there is none.
   *
   * @param header what the search is
   * @throws IOException if it cannot be read or written
   * @throws IllegalArgumentException if it is of another search, or holds something else
   */
  static SearchLog open(Path folder, Map<String, Object> header) throws IOException {
    Path file = folder.resolve(FILE_NAME);
    List<JsonPlace> events = new ArrayList<>();
    if (Files.exists(file)) {
      int number = 0;
      for (String line : (Iterable<String>) wholeLines(file).lines()::iterator) {
        events.add(JsonFile.parse(file + ", line " + ++number, line));
      }
    }
    SearchLog log = new SearchLog(file, events);
    if (events.isEmpty()) {
      log.append(header);
    } else {
      requireSame(file, events.remove(0).map(), header);
    }
    return log;
  }

  private static String wholeLines(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    int end = bytes.length;
    while (end > 0 && bytes[end - 1] != '\n') {
      end--;
    }
    if (end < bytes.length) {
      LOG.warn("{} ends in the middle of a line, which is taken away", file);
      try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
        channel.truncate(end);
      }
    }
    return new String(bytes, 0, end, StandardCharsets.UTF_8);
  }

  /** Numbers of a file may have another type than those in memory, but not another text. */
  private static void requireSame(
      Path file, Map<String, @Nullable Object> found, Map<String, Object> header) {
    header.forEach(
        (key, value) -> {
          String before = json(found.get(key));
          if (!before.equals(json(value))) {
            throw new IllegalArgumentException(
                file
                    + " is of a search with "
                    + key
                    + " "
                    + before
                    + ", and this one has "
                    + json(value)
                    + "; search in another outputDir, or with what the file has");
          }
        });
  }

  private static String json(@Nullable Object value) {
    try {
      return JSON.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Returns the events of before a restart. */
  List<JsonPlace> events() {
    return events;
  }

  void began(int trial, Map<String, Object> hyperparameters) {
    Map<String, Object> event = event("begin", trial);
    event.put("hyperparameters", hyperparameters);
    append(event);
  }

  void evaluated(int trial, TrialEvaluation evaluation) {
    Map<String, Object> event = event("evaluation", trial);
    event.put("step", evaluation.step());
    event.put("objectives", evaluation.objectives());
    event.put("metrics", evaluation.metrics());
    event.put("pruned", evaluation.pruned());
    append(event);
  }

  void ended(TrialRecord trial) {
    Map<String, Object> event = event("end", trial.number());
    event.put("state", trial.state().name().toLowerCase(Locale.ROOT));
    event.put("objectives", trial.objectives());
    event.put("metrics", trial.metrics());
    if (!trial.error().isEmpty()) {
      event.put("error", trial.error());
    }
    append(event);
  }

  private static Map<String, Object> event(String name, int trial) {
    Map<String, Object> event = new LinkedHashMap<>();
    event.put("event", name);
    event.put("trial", trial);
    return event;
  }

  /** Not through a channel, which an interrupt would close. */
  private void append(Map<String, Object> event) {
    byte[] line = (json(event) + "\n").getBytes(StandardCharsets.UTF_8);
    try (FileOutputStream out = new FileOutputStream(file.toFile(), true)) {
      out.write(line);
      out.getFD().sync();
    } catch (IOException e) {
      throw new UncheckedIOException(file + " cannot be written: " + e.getMessage(), e);
    }
  }
}
