// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.quantization;

import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.JsonNode;
import dev.trainer4j.json.JsonFile;
import dev.trainer4j.transformers.PythonFloat;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What bitsandbytes notes of a weight of 4 bits, as the JSON that lies in a tensor of bytes.
 *
 * @param book the numbers
 * @param blocksize weights that share a scale
 * @param dtype the type that the weight had, by PyTorch's name
 * @param shape [out, in]
 * @param offset what is added to quantized scales; null where scales are float32
 * @param json the JSON
 */
record QuantState(
    CodeBook book, int blocksize, String dtype, Shape shape, @Nullable Double offset, String json) {

  /** The scales that share a scale of their own: what bitsandbytes can do, too. */
  static final int NESTED_BLOCKSIZE = 256;

  private static final List<Integer> BLOCKSIZES = List.of(32, 64, 128, 256, 512, 1024, 2048, 4096);
  private static final List<String> DTYPES = List.of("float32", "float16", "bfloat16");

  /** Makes one, with the JSON that Python's {@code json.dumps} gives. */
  static QuantState of(
      CodeBook book, int blocksize, String dtype, Shape shape, @Nullable Double offset) {
    StringBuilder json = new StringBuilder();
    json.append("{\"quant_type\": \"").append(book.quantType());
    json.append("\", \"blocksize\": ").append(blocksize);
    json.append(", \"dtype\": \"").append(dtype);
    json.append("\", \"shape\": [").append(shape.get(0)).append(", ").append(shape.get(1));
    json.append(']');
    if (offset != null) {
      json.append(", \"nested_blocksize\": ").append(NESTED_BLOCKSIZE);
      json.append(", \"nested_dtype\": \"float32\", \"nested_offset\": ");
      json.append(PythonFloat.repr(offset));
    }
    return new QuantState(book, blocksize, dtype, shape, offset, json.append('}').toString());
  }

  /**
   * Parses the JSON of a file.
   *
   * @param tensor what its tensor is called in which file, for messages
   * @param book the one that the tensor's name tells
   * @throws Lie if it says what cannot be
   */
  static QuantState parse(String tensor, byte[] bytes, CodeBook book) {
    JsonNode json;
    try {
      json = JsonFile.parse(tensor, bytes).node();
    } catch (IllegalArgumentException e) {
      throw new Lie("is no JSON object in UTF-8: " + e.getMessage());
    }
    String type = json.path("quant_type").asText();
    if (!type.equals(book.quantType())) {
      throw new Lie("quant_type is '" + type + "', expected " + book.quantType());
    }
    int blocksize = json.path("blocksize").isInt() ? json.path("blocksize").intValue() : -1;
    if (!BLOCKSIZES.contains(blocksize)) {
      throw new Lie("blocksize is " + json.path("blocksize") + ", expected one of " + BLOCKSIZES);
    }
    String dtype = json.path("dtype").asText();
    if (!DTYPES.contains(dtype)) {
      throw new Lie("dtype is '" + dtype + "', expected one of " + DTYPES);
    }
    Double offset = null;
    if (json.has("nested_blocksize") || json.has("nested_offset")) {
      if (json.path("nested_blocksize").asInt(-1) != NESTED_BLOCKSIZE) {
        throw new Lie(
            "nested_blocksize is "
                + json.path("nested_blocksize")
                + ", expected "
                + NESTED_BLOCKSIZE);
      }
      if (!json.path("nested_dtype").asText().equals("float32")) {
        throw new Lie("nested_dtype is " + json.path("nested_dtype") + ", expected \"float32\"");
      }
      JsonNode number = json.path("nested_offset");
      if (!number.isNumber() || !Float.isFinite((float) number.doubleValue())) {
        throw new Lie("nested_offset is " + number + ", expected a finite number");
      }
      offset = number.doubleValue();
    }
    return new QuantState(
        book,
        blocksize,
        dtype,
        shape(json.path("shape")),
        offset,
        new String(bytes, StandardCharsets.UTF_8));
  }

  private static Shape shape(JsonNode sizes) {
    long out = sizes.path(0).isIntegralNumber() ? sizes.path(0).longValue() : 0;
    long in = sizes.path(1).isIntegralNumber() ? sizes.path(1).longValue() : 0;
    if (sizes.size() != 2
        || out < 1
        || in < 1
        || out > Integer.MAX_VALUE
        || in > Integer.MAX_VALUE) {
      throw new Lie("shape is " + sizes + ", expected [out, in], both from 1");
    }
    return new Shape(out, in);
  }

  /** Returns the JSON as it lies in a file. */
  byte[] bytes() {
    return json.getBytes(StandardCharsets.UTF_8);
  }

  /** Returns how many scales there are. */
  long blocks() {
    return (shape.size() + blocksize - 1) / blocksize;
  }

  /** Something of a file that cannot be; the message says what it is and what was expected. */
  static final class Lie extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final String problem;

    Lie(String problem) {
      super(problem);
      this.problem = problem;
    }

    String problem() {
      return problem;
    }
  }
}
