// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli.train;

import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.trainer4j.data.OriginIterator;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;

/** The objects of one array, or of the array under {@code data}, one after the other: the file may be larger than memory. */
final class JsonArrayRows implements OriginIterator<Map<String, Object>> {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path file;
  private final JsonParser parser;
  private boolean ready;
  private long count;

  private JsonArrayRows(Path file, JsonParser parser) {
    this.file = file;
    this.parser = parser;
  }

  /** Opens a file; empty if it has no array there, as one with an object in each line. */
  static Optional<JsonArrayRows> open(Path file) throws IOException {
    JsonParser parser = JSON.createParser(file.toFile());
    try {
      if (findArray(parser)) {
        return Optional.of(new JsonArrayRows(file, parser));
      }
    } catch (JsonParseException e) {
      // Whoever reads it by lines says better what is wrong.
    } catch (IOException | RuntimeException e) {
      parser.close();
      throw e;
    }
    parser.close();
    return Optional.empty();
  }

  private static boolean findArray(JsonParser parser) throws IOException {
    JsonToken first = parser.nextToken();
    if (first == JsonToken.START_OBJECT) {
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        boolean data = parser.currentName().equals("data");
        if (parser.nextToken() == JsonToken.START_ARRAY && data) {
          return true;
        }
        parser.skipChildren();
      }
    }
    return first == JsonToken.START_ARRAY;
  }

  @Override
  public boolean hasNext() {
    try {
      ready = ready || parser.nextToken() != JsonToken.END_ARRAY;
      if (ready && parser.currentToken() != JsonToken.START_OBJECT) {
        throw new IllegalArgumentException(
            place() + ": the array has something that is no object of columns");
      }
      return ready;
    } catch (JsonParseException e) {
      throw damaged(e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public Map<String, Object> next() {
    if (!hasNext()) {
      throw new NoSuchElementException(file + " has no more rows");
    }
    ready = false;
    try {
      count++;
      return JSON.readValue(parser, new TypeReference<Map<String, Object>>() {});
    } catch (JsonParseException e) {
      throw damaged(e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private IllegalArgumentException damaged(JsonParseException e) {
    return new IllegalArgumentException(place() + " is no JSON: " + e.getOriginalMessage(), e);
  }

  private String place() {
    return file + ", line " + parser.currentLocation().getLineNr();
  }

  @Override
  public String origin() {
    return file + ", row " + count;
  }

  @Override
  public void close() {
    try {
      parser.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
