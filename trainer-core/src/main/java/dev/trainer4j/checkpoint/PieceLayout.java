// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.checkpoint;

import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;

/**
 * Which pieces a file holds, as its own metadata says: {@code {"part": 1, "of": 3, "tensors": {name:
 * {"shape": [4, 2], "start": 0, "end": 3}}}}.
 *
 * <p>It is in the file and not in an index beside it, because so nobody has to know the layout of
 * another rank, and no index can disagree with the files.
 *
 * @param part the number of the file, from 1
 * @param of how many files there are
 * @param ranges of each tensor of which the file holds a piece, by name
 */
record PieceLayout(int part, int of, Map<String, Range> ranges) {
  /** The key of the metadata. */
  static final String KEY = "pieces";

  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  /**
   * A range of the elements of a tensor.
   *
   * @param shape of the whole tensor
   * @param start the first element
   * @param end the element after the last
   */
  record Range(Shape shape, long start, long end) {
    long length() {
      return end - start;
    }
  }

  PieceLayout {
    ranges = Collections.unmodifiableMap(new LinkedHashMap<>(ranges));
  }

  static PieceLayout of(int part, int of, List<TensorPiece> pieces) {
    Map<String, Range> ranges = new LinkedHashMap<>();
    pieces.forEach(p -> ranges.put(p.name(), new Range(p.shape(), p.start(), p.end())));
    return new PieceLayout(part, of, ranges);
  }

  String toJson() {
    ObjectNode root = JSON.createObjectNode().put("part", part).put("of", of);
    ObjectNode tensors = root.putObject("tensors");
    ranges.forEach(
        (name, range) -> {
          ObjectNode tensor = tensors.putObject(name);
          ArrayNode shape = tensor.putArray("shape");
          LongStream.of(range.shape().getShape()).forEach(shape::add);
          tensor.put("start", range.start()).put("end", range.end());
        });
    return root.toString();
  }

  /** Reads what {@link #toJson} wrote; whether the file fits it is for {@link PieceFile} to say. */
  static PieceLayout parse(Path file, String json) throws SafetensorsException {
    JsonNode root;
    try {
      root = JSON.readTree(json);
    } catch (IOException e) {
      String reason = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
      throw new SafetensorsException(file, "its metadata pieces is not valid JSON: " + reason, e);
    }
    JsonNode tensors = root.path("tensors");
    if (!tensors.isObject()) {
      throw new SafetensorsException(file, "its metadata pieces lists no tensors");
    }
    Map<String, Range> ranges = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> tensor : tensors.properties()) {
      ranges.put(tensor.getKey(), range(file, tensor.getKey(), tensor.getValue()));
    }
    long part = number(root.path("part"));
    long of = number(root.path("of"));
    if (part < 1 || of < part || of > Integer.MAX_VALUE) {
      throw new SafetensorsException(
          file, "its metadata pieces does not say which part of how many it is");
    }
    return new PieceLayout((int) part, (int) of, ranges);
  }

  private static Range range(Path file, String name, JsonNode node) throws SafetensorsException {
    JsonNode sizes = node.path("shape");
    long[] shape = new long[sizes.size()];
    boolean bad = !sizes.isArray() || shape.length > HeaderReader.MAX_RANK;
    long elements = 1;
    try {
      for (int i = 0; i < shape.length; i++) {
        shape[i] = number(sizes.path(i));
        bad |= shape[i] < 0;
        elements = Math.multiplyExact(elements, shape[i]);
      }
    } catch (ArithmeticException e) {
      bad = true;
    }
    long start = number(node.path("start"));
    long end = number(node.path("end"));
    if (bad || start < 0 || end < start || end > elements) {
      throw SafetensorsException.of(
          file, name, "its metadata " + Quoted.of(node.toString()) + " is not a range of a shape");
    }
    return new Range(new Shape(shape), start, end);
  }

  /** Returns -1 for what is no whole number from 0. */
  private static long number(JsonNode node) {
    return node.isIntegralNumber() && node.canConvertToLong() && node.longValue() >= 0
        ? node.longValue()
        : -1;
  }
}
