// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.quantization;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.checkpoint.SafetensorsType;
import dev.trainer4j.torch.ArrayScope;
import dev.trainer4j.torch.Autograd;
import dev.trainer4j.torch.ScriptKernels;
import dev.trainer4j.torch.TorchFunctions;
import dev.trainer4j.transformers.Dtype;
import dev.trainer4j.transformers.PretrainedException;
import dev.trainer4j.transformers.QuantizationConfig;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Quantizes weights one by one, as bitsandbytes does. */
final class Quantizer {

  /** Weights that share a scale: transformers leaves it at this. */
  private static final int BLOCKSIZE = 64;

  /** The powers of ten of the code for scales. */
  private static final double[] POWERS = {1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1};

  private final QuantizationConfig config;
  private final NDManager owner;
  private final Map<String, NDArray> room = new HashMap<>();

  /**
   * Makes one.
   *
   * @param owner of what is made
   */
  Quantizer(QuantizationConfig config, NDManager owner) {
    this.config = config;
    this.owner = owner;
  }

  /**
   * Quantizes a weight, which stays the caller's.
   *
   * @param name of the weight, for messages
   * @param transposed whether it lies as [in, out]
   * @param dtype the type that it is said to have been
   * @throws PretrainedException if it holds what is not finite
   */
  QuantizedTensor quantize(String name, NDArray weight, boolean transposed, Dtype dtype) {
    try (Autograd.Recording off = Autograd.record(false);
        ArrayScope scope = ArrayScope.open()) {
      NDArray upright =
          transposed ? QuantizationKernels.get().tensor(owner, "transposed", weight) : weight;
      return config.loadIn8bit() ? eightBit(name, upright) : fourBit(name, upright, dtype);
    }
  }

  private static PretrainedException notFinite(String name) {
    return new PretrainedException(
        name
            + " has values that are not finite, for which there are no numbers of fewer bits: mend the"
            + " weights, or leave the module out with llmInt8SkipModules");
  }

  private QuantizedTensor fourBit(String name, NDArray weight, Dtype dtype) {
    ScriptKernels kernels = QuantizationKernels.get();
    CodeBook book = CodeBook.named(config.bnb4bitQuantType()).orElseThrow();
    NDArray code = created(book.numbers());
    NDList made = kernels.call("four_bit_numbers", weight, code, owner.create(BLOCKSIZE));
    NDArray scales = made.get(1);
    if (!isFinite(scales)) {
      throw notFinite(name);
    }
    NDArray absmax = scales;
    NDArray factors = null;
    NDArray scaleCode = null;
    Double offset = null;
    if (config.bnb4bitUseDoubleQuant()) {
      scaleCode = kernels.call("dynamic_code", owner.create(POWERS)).get(0);
      NDList nested = kernels.call("nested_numbers", scales, scaleCode);
      absmax = nested.get(0);
      factors = nested.get(1);
      offset = TorchFunctions.number(nested.get(2));
    }
    QuantState state = QuantState.of(book, BLOCKSIZE, dtype.text(), weight.getShape(), offset);
    return QuantizedTensor.fourBit(
        reserved(name, made.get(0)),
        absmax,
        code,
        factors,
        scaleCode,
        state,
        SafetensorsType.U8,
        owner);
  }

  /**
   * Makes room for the numbers of a weight. Room that is made between weights lies between what those left, which is then too
   * scattered for the next.
   *
   * @param shape of the weight
   * @param transposed whether that is [in, out]
   */
  void reserve(String name, Shape shape, boolean transposed) {
    NDArray array =
        owner.create(
            numbers(upright(shape, transposed)),
            config.loadIn8bit() ? DataType.INT8 : DataType.UINT8);
    room.put(name, ArrayScope.keep(array, owner));
  }

  private static Shape upright(Shape shape, boolean transposed) {
    return transposed ? new Shape(shape.get(1), shape.get(0)) : shape;
  }

  private Shape numbers(Shape upright) {
    return config.loadIn8bit() ? upright : new Shape((upright.size() + 1) / 2, 1);
  }

  /**
   * Makes the tensors of a weight that is quantized later, without memory.
   *
   * @param shape of the weight
   * @param transposed whether that is [in, out]
   */
  QuantizedTensor unread(Shape shape, boolean transposed) {
    Shape upright = upright(shape, transposed);
    boolean fourBit = !config.loadIn8bit();
    return QuantizedTensor.unread(
        numbers(upright),
        fourBit ? (upright.size() + BLOCKSIZE - 1) / BLOCKSIZE : upright.get(0),
        fourBit && config.bnb4bitUseDoubleQuant() ? DataType.UINT8 : DataType.FLOAT32,
        fourBit,
        upright,
        fourBit ? SafetensorsType.U8 : SafetensorsType.I8,
        owner);
  }

  private NDArray reserved(String name, NDArray numbers) {
    NDArray array = room.remove(name);
    if (array == null) {
      return numbers;
    }
    TorchFunctions.copy(List.of(array), List.of(numbers));
    return array;
  }

  private QuantizedTensor eightBit(String name, NDArray weight) {
    NDList made = QuantizationKernels.get().call("eight_bit_numbers", weight);
    if (!isFinite(made.get(1))) {
      if (!isFinite(weight)) {
        throw notFinite(name);
      }
      throw new PretrainedException(
          name
              + " has values beyond 65504: weights of 8 bits are rounded to float16 before, as"
              + " bitsandbytes does. Take loadIn4bit, or leave the module out with"
              + " llmInt8SkipModules");
    }
    return QuantizedTensor.eightBit(reserved(name, made.get(0)), made.get(1), owner);
  }

  private NDArray created(float[] numbers) {
    // A copy that libtorch owns: what Java lends it ends with the lender.
    return QuantizationKernels.get().call("kept", owner.create(numbers)).get(0);
  }

  private static boolean isFinite(NDArray array) {
    return TorchFunctions.number(QuantizationKernels.get().call("all_finite", array).get(0)) != 0;
  }
}
