// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.quantization;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.checkpoint.SafetensorsType;
import dev.trainer4j.torch.ArrayScope;
import dev.trainer4j.torch.MovableTensors;
import dev.trainer4j.torch.ScriptKernels;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

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

  /** The scales of a weight of 4 bits. */
  static final String ABSMAX = "absmax";

  /** The scales of a weight of 8 bits. */
  static final String SCB = "SCB";

  private static final String WEIGHT = ".weight";

  /**
   * Puts together what a weight of 4 bits is made of; arrays become those of {@code owner}.
   *
   * @param factors what quantized scales are multiplied by; null where scales are float32
   * @param scaleCode the numbers that quantized scales stand for; null where scales are float32
   */
  static QuantizedTensor fourBit(
      NDArray numbers,
      NDArray absmax,
      NDArray code,
      @Nullable NDArray factors,
      @Nullable NDArray scaleCode,
      QuantState state,
      SafetensorsType storage,
      NDManager owner) {
    ScriptKernels kernels = QuantizationKernels.get();
    Map<String, NDArray> saved = new LinkedHashMap<>();
    saved.put(ABSMAX, absmax);
    NDArray nested = owner.create(new Shape(0), DataType.FLOAT32);
    NDArray ofScales = nested;
    Double offset = state.offset();
    if (factors != null && scaleCode != null && offset != null) {
      saved.put("nested_absmax", factors);
      saved.put("nested_quant_map", scaleCode);
      ofScales = scaleCode;
      nested = kernels.call("joined", factors, owner.create(offset.floatValue())).get(0);
    }
    saved.put("quant_map", code);
    saved.put("quant_state.bitsandbytes__" + state.book().quantType(), bytes(state, owner));
    NDArray pairs = kernels.call("pairs", code).get(0);
    List<NDArray> parts = List.of(absmax, pairs, nested, ofScales);
    saved.values().forEach(array -> ArrayScope.keep(array, owner));
    parts.forEach(array -> ArrayScope.keep(array, owner));
    return new QuantizedTensor(
        ArrayScope.keep(numbers, owner), parts, saved, state.shape(), storage);
  }

  private static NDArray bytes(QuantState state, NDManager owner) {
    byte[] bytes = state.bytes();
    int[] values = new int[bytes.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = bytes[i] & 0xff;
    }
    return owner.create(values).toType(DataType.UINT8, true);
  }

  /** Puts together what a weight of 8 bits is made of; arrays become those of {@code owner}. */
  static QuantizedTensor eightBit(NDArray numbers, NDArray scb, NDManager owner) {
    Map<String, NDArray> saved = new LinkedHashMap<>();
    saved.put(SCB, scb);
    saved.put("weight_format", owner.create(0).toType(DataType.UINT8, true));
    saved.values().forEach(array -> ArrayScope.keep(array, owner));
    return new QuantizedTensor(
        ArrayScope.keep(numbers, owner),
        List.of(scb),
        saved,
        numbers.getShape(),
        SafetensorsType.I8);
  }

  boolean isFourBit() {
    return parts.size() > 1;
  }

  /**
   * Makes the tensors of a weight that is read later: numbers and scales have no memory, and what else belongs to it is not
   * there.
   *
   * @param numbers their shape
   * @param scales how many there are
   * @param ofScales their type
   * @param fourBit whether it is one of 4 bits
   * @param shape [out, in]
   */
  static QuantizedTensor unread(
      Shape numbers,
      long scales,
      DataType ofScales,
      boolean fourBit,
      Shape shape,
      SafetensorsType storage,
      NDManager owner) {
    NDArray unreadScales = MovableTensors.create(new Shape(scales), ofScales, owner);
    NDArray none = ArrayScope.keep(owner.create(new Shape(0)), owner);
    return new QuantizedTensor(
        MovableTensors.create(numbers, fourBit ? DataType.UINT8 : DataType.INT8, owner),
        fourBit ? List.of(unreadScales, none, none, none) : List.of(unreadScales),
        Map.of(fourBit ? ABSMAX : SCB, unreadScales),
        shape,
        storage);
  }

  /** Returns this weight with the numbers and scales of another, which are the same. */
  QuantizedTensor in(QuantizedTensor other) {
    List<NDArray> otherParts = new ArrayList<>(parts);
    otherParts.set(0, other.scales());
    Map<String, NDArray> otherSaved = new LinkedHashMap<>(saved);
    otherSaved.put(isFourBit() ? ABSMAX : SCB, other.scales());
    return new QuantizedTensor(other.numbers, otherParts, otherSaved, shape, storage);
  }

  /** Returns the scales: all that there is many of beside the numbers. */
  NDArray scales() {
    return parts.get(0);
  }

  /** Returns what the scales of a weight are called in a file. */
  String scalesOf(String weight) {
    return named(weight, isFourBit() ? ABSMAX : SCB);
  }

  /** Returns what belongs to a weight in a file, by its name there. */
  Map<String, NDArray> saved(String weight) {
    Map<String, NDArray> named = new LinkedHashMap<>();
    saved.forEach((end, array) -> named.put(named(weight, end), array));
    return named;
  }

  private String named(String weight, String end) {
    String before = isFourBit() ? weight : weight.substring(0, weight.length() - WEIGHT.length());
    return before + "." + end;
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
