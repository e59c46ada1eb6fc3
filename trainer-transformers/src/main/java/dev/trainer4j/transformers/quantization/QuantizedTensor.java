// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.quantization;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.checkpoint.SafetensorsType;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A weight in 4 or 8 bits.
 *
 * @param numbers what the model has in its place: uint8 of two numbers each, or int8 [out, in]
 * @param parts what belongs to it in a kernel, by the order of {@code quantized.py}; in memory for these alone, or
 *     among {@code saved}
 * @param saved what stands beside it in a file, by the end of the name: behind the name of the weight, or of the module for
 *     8 bits
 * @param shape [out, in]
 * @param storage the type that a file holds the bytes in
 */
record QuantizedTensor(
    NDArray numbers,
    List<NDArray> parts,
    Map<String, NDArray> saved,
    Shape shape,
    SafetensorsType storage) {

  private static final String WEIGHT = ".weight";

  boolean isFourBit() {
    return parts.size() > 1;
  }

  /** Returns what belongs to a weight in a file, by its name there. */
  Map<String, NDArray> saved(String weight) {
    Map<String, NDArray> named = new LinkedHashMap<>();
    String before = isFourBit() ? weight : weight.substring(0, weight.length() - WEIGHT.length());
    saved.forEach((end, array) -> named.put(before + "." + end, array));
    return named;
  }

  /**
   * Returns the values that the numbers stand for, float32 [out, in].
   *
   * @param owner of the result
   */
  NDArray values(NDManager owner) {
    return isFourBit()
        ? QuantizationKernels.get()
            .tensor(
                owner,
                "four_bit_values",
                numbers,
                parts.get(0),
                parts.get(1),
                parts.get(2),
                parts.get(3),
                shape.get(1))
        : QuantizationKernels.get().tensor(owner, "eight_bit_values", numbers, parts.get(0));
  }

  /** Returns the bytes in memory. */
  long bytes() {
    long bytes = numbers.size();
    for (NDArray part : parts) {
      bytes += part.size() * part.getDataType().getNumOfBytes();
    }
    return bytes;
  }
}
