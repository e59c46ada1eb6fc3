// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.json;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * Reads JSON files strictly: UTF-8, one value, no key twice. What Python writes for numbers that are not
 * finite ({@code NaN}) is read.
 */
public final class JsonFile {

  /** Configurations and states; the longest, the log of a long run, have some megabytes. */
  private static final int MAX_LENGTH = 128 << 20;

  // A table of interned names shared by all parsers would be ours to defend against hostile files.
  private static final JsonMapper JSON =
      JsonMapper.builder(
              JsonFactory.builder()
                  .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
                  .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
                  .build())
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
          .build();

  private JsonFile() {}

  /**
   * Reads a file whose value is an object.
   *
   * @throws IOException if the file is not there or cannot be read
   * @throws JsonException if it holds something else
   */
  public static JsonPlace read(Path file) throws IOException {
    byte[] bytes;
    try (InputStream in = Files.newInputStream(file)) {
      bytes = in.readNBytes(MAX_LENGTH + 1);
    }
    if (bytes.length > MAX_LENGTH) {
      throw new JsonException(file + " has more than " + MAX_LENGTH + " bytes, too many", null);
    }
    return parse(file.toString(), bytes);
  }

  /**
   * Parses the bytes of a file whose value is an object.
   *
   * @param source the file's name, for messages
   * @throws JsonException if they are something else
   */
  public static JsonPlace parse(String source, byte[] bytes) {
    return parse(source, text(source, bytes, JsonException::new), JsonException::new);
  }

  /**
   * Parses the text of a file whose value is an object.
   *
   * @param source the file's name, for messages
   * @throws JsonException if it is something else
   */
  public static JsonPlace parse(String source, String text) {
    return parse(source, text, JsonException::new);
  }

  /**
   * Parses the text of a file whose value is an object.
   *
   * @param errors makes the exceptions of a message and a cause, which may be null
   */
  public static JsonPlace parse(
      String source,
      String text,
      BiFunction<String, @Nullable Throwable, ? extends RuntimeException> errors) {
    JsonNode root;
    try {
      root = JSON.readTree(text);
    } catch (JsonProcessingException e) {
      JsonLocation where = e.getLocation();
      String place =
          where == null ? "" : " at line " + where.getLineNr() + ", column " + where.getColumnNr();
      throw errors.apply(source + " is not valid JSON" + place + ": " + e.getOriginalMessage(), e);
    }
    if (root == null || !root.isObject()) {
      String found = root == null || root.isMissingNode() ? "empty" : JsonPlace.shown(root);
      throw errors.apply(source + " is " + found + ", expected a JSON object", null);
    }
    return new JsonPlace(source, "", root, errors);
  }

  /** Decodes UTF-8; anything else is an error that names the file. */
  public static String text(
      String source,
      byte[] bytes,
      BiFunction<String, @Nullable Throwable, ? extends RuntimeException> errors) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw errors.apply(source + " is not UTF-8 text", e);
    }
  }
}
