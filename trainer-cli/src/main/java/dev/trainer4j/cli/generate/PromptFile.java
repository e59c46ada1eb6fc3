// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli.generate;

import dev.trainer4j.cli.UsageException;
import dev.trainer4j.data.Dataset;
import dev.trainer4j.data.Datasets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A file of prompts: a text in each line, or rows with {@code prompt}, {@code text} or {@code messages}, and beside a
 * conversation what its template is told, as in the rows of a training.
 */
final class PromptFile {

  private static final List<String> TEXTS = List.of("prompt", "text");
  private static final String MESSAGES = "messages";

  private final Dataset<Map<String, Object>> rows;
  private final WriterArguments args;
  private final Writer writer;

  private PromptFile(Dataset<Map<String, Object>> rows, WriterArguments args, Writer writer) {
    this.rows = rows;
    this.args = args;
    this.writer = writer;
  }

  /** Refuses a file that is not there or of an unknown kind. */
  static void check(Path file) {
    if (!Files.isRegularFile(file)) {
      throw new UsageException(
          "input: there is no file " + file + ", from the folder " + Path.of("").toAbsolutePath());
    }
    if (!isText(file) && !lower(file).endsWith(".jsonl")) {
      throw new UsageException(
          "input: " + file + " ends neither in .jsonl nor in .txt: rename or convert it");
    }
  }

  static PromptFile open(Path file, WriterArguments args, Writer writer) {
    Dataset<Map<String, Object>> rows =
        isText(file)
            ? Datasets.textLines(file).map(line -> Map.of("prompt", (Object) line))
            : Datasets.jsonLines(file);
    if (rows.size() == 0) {
      throw new IllegalArgumentException("input: " + file + " has no row");
    }
    return new PromptFile(rows, args, writer);
  }

  private static boolean isText(Path file) {
    return lower(file).endsWith(".txt");
  }

  private static String lower(Path file) {
    return file.toString().toLowerCase(Locale.ROOT);
  }

  int size() {
    return Math.toIntExact(rows.size());
  }

  Map<String, Object> row(int index) {
    return rows.get(index);
  }

  /** Returns the tokens of some rows. */
  List<long[]> tokens(int from, int to) {
    List<long[]> tokens = new ArrayList<>();
    for (int i = from; i < to; i++) {
      try {
        tokens.add(tokens(rows.get(i)));
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException(rows.origin(i) + ": " + e.getMessage(), e);
      }
    }
    return tokens;
  }

  private long[] tokens(Map<String, Object> row) {
    for (String column : TEXTS) {
      if (row.get(column) instanceof String text) {
        return args.chat()
            ? writer.encode(
                conversation(List.of(said(text))),
                TemplateColumns.tools(row),
                TemplateColumns.options(row))
            : writer.encode(text);
      }
    }
    for (String column : List.of(MESSAGES, TEXTS.get(0))) {
      if (row.get(column) instanceof List<?> messages) {
        return writer.encode(
            conversation(withoutAnswer(messages)),
            TemplateColumns.tools(row),
            TemplateColumns.options(row));
      }
    }
    throw new IllegalArgumentException(
        "the row has the columns "
            + row.keySet()
            + ", expected prompt or text with a text, or messages with a conversation");
  }

  private static Map<String, Object> said(String text) {
    return Map.of("role", "user", "content", text);
  }

  /** A conversation of training data ends with the answer, which is what is to be written. */
  private static List<Map<String, Object>> withoutAnswer(List<?> messages) {
    List<Map<String, Object>> kept = new ArrayList<>();
    for (Object message : messages) {
      if (!(message instanceof Map<?, ?> map) || !(map.get("role") instanceof String)) {
        throw new IllegalArgumentException(
            "messages has " + message + ", expected an object with role and content");
      }
      @SuppressWarnings("unchecked") // Read from JSON.
      Map<String, Object> same = (Map<String, Object>) map;
      kept.add(same);
    }
    while (!kept.isEmpty() && "assistant".equals(kept.get(kept.size() - 1).get("role"))) {
      kept.remove(kept.size() - 1);
    }
    if (kept.isEmpty()) {
      throw new IllegalArgumentException("messages has nothing to answer");
    }
    return kept;
  }

  private List<Map<String, Object>> conversation(List<Map<String, Object>> messages) {
    @Nullable String system = args.system();
    if (system == null || "system".equals(messages.get(0).get("role"))) {
      return messages;
    }
    List<Map<String, Object>> all = new ArrayList<>();
    all.add(Map.of("role", "system", "content", system));
    all.addAll(messages);
    return all;
  }
}
