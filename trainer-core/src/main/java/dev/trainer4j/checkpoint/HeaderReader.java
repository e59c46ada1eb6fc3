// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.checkpoint;

import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads the values of a safetensors header, one member at a time. */
final class HeaderReader {
  /** What libtorch's element-wise operations take; longer shapes only serve to exhaust memory. */
  static final int MAX_RANK = 64;

  /** Far more than any file has; a short text takes twenty times its bytes of the heap. */
  static final int MAX_METADATA = 100_000;

  private final Path file;
  private final JsonParser json;
  private final long dataStart;

  HeaderReader(Path file, JsonParser json, long dataStart) {
    this.file = file;
    this.json = json;
    this.dataStart = dataStart;
  }

  Map<String, String> metadata() throws IOException {
    if (json.nextToken() != JsonToken.START_OBJECT) {
      throw new SafetensorsException(file, SafetensorsHeader.METADATA + " is not an object");
    }
    Map<String, String> metadata = new LinkedHashMap<>();
    while (json.nextToken() != JsonToken.END_OBJECT) {
      String key = json.currentName();
      if (json.nextToken() != JsonToken.VALUE_STRING) {
        throw new SafetensorsException(
            file, SafetensorsHeader.METADATA + " " + Quoted.of(key) + " is not a string");
      }
      if (metadata.put(key, json.getText()) != null) {
        throw new SafetensorsException(
            file, SafetensorsHeader.METADATA + " " + Quoted.of(key) + " is there twice");
      }
      if (metadata.size() > MAX_METADATA) {
        throw new SafetensorsException(
            file, SafetensorsHeader.METADATA + " has more than " + MAX_METADATA + " texts");
      }
    }
    return metadata;
  }

  TensorInfo tensor(String name) throws IOException {
    if (json.nextToken() != JsonToken.START_OBJECT) {
      throw wrong(name, "is not an object");
    }
    SafetensorsType type = null;
    long[] shape = null;
    long[] range = null;
    while (json.nextToken() != JsonToken.END_OBJECT) {
      String member = json.currentName();
      json.nextToken();
      switch (member) {
        case "dtype" -> {
          once(name, member, type);
          type = type(name);
        }
        case "shape" -> {
          once(name, member, shape);
          shape = numbers(name, member, MAX_RANK);
        }
        case "data_offsets" -> {
          once(name, member, range);
          range = numbers(name, member, 2);
        }
        default -> json.skipChildren(); // A later version of the format may say more.
      }
    }
    if (type == null || shape == null || range == null) {
      throw wrong(name, "needs dtype, shape and data_offsets");
    }
    return checked(name, type, new Shape(shape), range);
  }

  private TensorInfo checked(String name, SafetensorsType type, Shape shape, long[] range)
      throws SafetensorsException {
    if (range.length != 2 || range[1] < range[0] || range[1] > Long.MAX_VALUE - dataStart) {
      throw wrong(name, "data_offsets " + Arrays.toString(range) + " is not a range of bytes");
    }
    long length = range[1] - range[0];
    long expected;
    try {
      expected = type.byteLength(shape);
    } catch (ArithmeticException e) {
      throw wrong(name, type + " of shape " + shape + " has no size: " + e.getMessage());
    }
    if (length != expected) {
      throw wrong(
          name,
          type + " of shape " + shape + " takes " + expected + " bytes, its range has " + length);
    }
    return new TensorInfo(name, type, shape, dataStart + range[0], length);
  }

  private SafetensorsType type(String name) throws IOException {
    if (json.currentToken() != JsonToken.VALUE_STRING) {
      throw wrong(name, "dtype is not a string");
    }
    String type = json.getText();
    return SafetensorsType.named(type)
        .orElseThrow(() -> wrong(name, "dtype " + Quoted.of(type) + " is not one of the format"));
  }

  private long[] numbers(String name, String member, int limit) throws IOException {
    if (json.currentToken() != JsonToken.START_ARRAY) {
      throw wrong(name, member + " is not a list");
    }
    long[] numbers = new long[limit];
    int count = 0;
    while (json.nextToken() != JsonToken.END_ARRAY) {
      if (count == limit) {
        throw wrong(name, member + " has more than " + limit + " numbers");
      }
      if (json.currentToken() != JsonToken.VALUE_NUMBER_INT
          || json.getNumberType() == JsonParser.NumberType.BIG_INTEGER
          || json.getLongValue() < 0) {
        throw wrong(name, member + " holds " + Quoted.of(json.getText()) + ", not a size");
      }
      numbers[count++] = json.getLongValue();
    }
    return Arrays.copyOf(numbers, count);
  }

  private void once(String name, String member, @Nullable Object earlier)
      throws SafetensorsException {
    if (earlier != null) {
      throw wrong(name, member + " is there twice");
    }
  }

  private SafetensorsException wrong(String name, String problem) {
    return SafetensorsException.of(file, name, problem);
  }
}
