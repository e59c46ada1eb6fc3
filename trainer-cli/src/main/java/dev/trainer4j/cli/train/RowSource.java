// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli.train;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.trainer4j.data.OriginIterator;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Rows to predict for, in pieces: of a file, or of standard input as they come. */
interface RowSource extends AutoCloseable {

  /** What messages call it. */
  String name();

  /** Where the first of the rows stands that were given last, such as {@code new.csv, line 3}. */
  String place();

  /** Up to so many rows; fewer where a program that writes them waits for answers; empty at the end. */
  List<Map<String, Object>> next(int most) throws IOException;

  @Override
  void close() throws IOException;

  static RowSource open(@Nullable String file) throws IOException {
    return file == null || file.equals("-")
        ? new Lines()
        : new Rows(file, DataFiles.stream("FILE", Path.of(file)));
  }

  /** A file, of which no more is in memory than was asked for. */
  final class Rows implements RowSource {
    private final String name;
    private final OriginIterator<Map<String, Object>> rows;
    private String place;
    private boolean begun;

    Rows(String name, OriginIterator<Map<String, Object>> rows) {
      this.name = name;
      this.rows = rows;
      place = name;
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public String place() {
      return place;
    }

    @Override
    public List<Map<String, Object>> next(int most) {
      List<Map<String, Object>> some = new ArrayList<>();
      while (some.size() < most && rows.hasNext()) {
        some.add(rows.next());
        place = some.size() == 1 ? rows.origin() : place;
        begun = true;
      }
      if (!begun) {
        throw new IllegalArgumentException(name + " holds no rows: is it the right file?");
      }
      return some;
    }

    @Override
    public void close() {
      rows.close();
    }
  }

  /** Standard input. */
  final class Lines implements RowSource {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    private long from;
    private long line;

    @Override
    public String name() {
      return "standard input";
    }

    @Override
    public String place() {
      return place(from);
    }

    @Override
    public List<Map<String, Object>> next(int most) throws IOException {
      List<Map<String, Object>> some = new ArrayList<>();
      from = line + 1;
      while (some.size() < most && (some.isEmpty() || in.ready())) {
        String text = in.readLine();
        if (text == null) {
          break;
        }
        line++;
        if (!text.isBlank()) {
          some.add(row(text));
        }
      }
      return some;
    }

    private static String place(long number) {
      return "standard input, line " + number;
    }

    private Map<String, Object> row(String text) {
      if (!text.stripLeading().startsWith("{")) {
        return Map.of(DataFiles.TEXT, text);
      }
      try {
        return JSON.readValue(text, new TypeReference<Map<String, Object>>() {});
      } catch (JsonProcessingException e) {
        throw new IllegalArgumentException(
            place(line) + " is no object of JSON: " + e.getOriginalMessage(), e);
      }
    }

    @Override
    public void close() {}
  }
}
