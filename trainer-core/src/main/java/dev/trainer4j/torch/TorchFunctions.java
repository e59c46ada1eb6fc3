// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.torch;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.IValue;
import ai.djl.pytorch.jni.JniUtils;
import java.util.List;

/** Operators that DJL's arrays do not offer. */
public final class TorchFunctions {

  private TorchFunctions() {}

  /**
   * Returns the summed cross entropy over all labels that are not {@code ignoreIndex}, within
   * autograd, and how many labels those are.
   *
   * @param logits shape [..., classes], floating point
   * @param labels shape [...], integers in [0, classes) or {@code ignoreIndex}
   * @param ignoreIndex the label that takes no part, -100 by convention
   * @param labelSmoothing the share of the target spread evenly over all classes, in [0, 1)
   * @return two scalars: the sum (with gradient) and the count (of any number type)
   */
  public static NDList crossEntropy(
      NDArray logits, NDArray labels, long ignoreIndex, double labelSmoothing) {
    Kernels kernels = Kernels.shared();
    if (ignoreIndex == -100 && labelSmoothing == 0) {
      return kernels.differentiable("cross_entropy", logits, labels);
    }
    return kernels.differentiable(
        "smoothed_cross_entropy",
        logits,
        labels,
        kernels.constant(ignoreIndex),
        kernels.constant(labelSmoothing));
  }

  /**
   * Returns the summed cross entropy over all labels that are not -100, each times the weight of its class, within
   * autograd, and the sum of the weights of those labels: what PyTorch's mean divides by.
   *
   * @param logits shape [..., classes], floating point
   * @param labels shape [...], integers in [0, classes) or -100
   * @param classWeights shape [classes], on the device of the logits
   * @param labelSmoothing the share of the target spread evenly over all classes, in [0, 1)
   * @return two scalars: the sum (with gradient) and its weight
   */
  public static NDList weightedCrossEntropy(
      NDArray logits, NDArray labels, NDArray classWeights, double labelSmoothing) {
    Kernels kernels = Kernels.shared();
    return kernels.differentiable(
        "weighted_cross_entropy", logits, labels, classWeights, kernels.constant(labelSmoothing));
  }

  /**
   * Returns the summed binary cross entropy of {@code logits} over all elements, within autograd: a scalar.
   *
   * @param labels from 0 to 1, the shape of the logits, any number type
   * @param positiveWeights shape [labels] or of no elements for none: what the share of label 1 counts times
   */
  public static NDArray binaryCrossEntropy(
      NDArray logits, NDArray labels, NDArray positiveWeights) {
    return Kernels.shared()
        .differentiable("binary_cross_entropy", logits, labels, positiveWeights)
        .singletonOrThrow();
  }

  /**
   * Returns embeddings with uniform noise of at most {@code alpha / sqrt(length * width)} in each number, within autograd. It is drawn
   * from libtorch's generator.
   *
   * @param embeddings shape [texts, length, width], any floating type
   */
  public static NDArray noisy(NDArray embeddings, double alpha) {
    Kernels kernels = Kernels.shared();
    return kernels.differentiable("noisy", embeddings, kernels.constant(alpha)).singletonOrThrow();
  }

  /**
   * Exchanges the values of each pair, bit by bit; those of {@code second} become those of {@code first} where
   * a step is 0.
   *
   * @param steps a scalar for each pair
   */
  public static void exchange(List<NDArray> first, List<NDArray> second, List<NDArray> steps) {
    try (IValue ps = Kernels.list(first);
        IValue xs = Kernels.list(second);
        IValue counts = Kernels.list(steps)) {
      Kernels.shared().run("exchange", ps, xs, counts);
    }
  }

  /**
   * Returns the value of a scalar of any number type, from whatever device.
   *
   * @throws IllegalArgumentException if the array has more or fewer elements than one
   */
  public static double number(NDArray scalar) {
    if (scalar.size() != 1) {
      throw new IllegalArgumentException(
          "expected a scalar, but the shape is " + scalar.getShape());
    }
    try (IValue value = IValue.from((PtNDArray) scalar)) {
      return Kernels.shared().number("number", value);
    }
  }

  /**
   * Returns the values of scalars of any number types, reading the device once.
   *
   * @throws IllegalArgumentException if an array has more or fewer elements than one
   */
  public static double[] numbers(List<NDArray> scalars) {
    for (NDArray scalar : scalars) {
      if (scalar.size() != 1) {
        throw new IllegalArgumentException(
            "expected scalars, but one has the shape " + scalar.getShape());
      }
    }
    if (scalars.size() < 2) {
      return scalars.stream().mapToDouble(TorchFunctions::number).toArray();
    }
    try (IValue list = Kernels.list(scalars)) {
      return Kernels.shared().numbers("numbers", list);
    }
  }

  /** Copies each source into the target of the same position; shapes must agree. */
  public static void copy(List<NDArray> targets, List<NDArray> sources) {
    if (targets.size() != sources.size()) {
      throw new IllegalArgumentException(
          "copy of " + sources.size() + " arrays into " + targets.size());
    }
    if (targets.isEmpty()) {
      return;
    }
    try (IValue to = Kernels.list(targets);
        IValue from = Kernels.list(sources)) {
      Kernels.shared().run("copy", to, from);
    }
  }

  /**
   * Copies a vector into elements of an array, in the array's type.
   *
   * @param target an array without gaps
   * @param start the first element of the target, counted in the order of its shape
   */
  public static void put(NDArray target, long start, NDArray values) {
    try (IValue to = IValue.from((PtNDArray) target);
        IValue at = IValue.from(start);
        IValue from = IValue.from((PtNDArray) values)) {
      Kernels.shared().run("put", to, at, from);
    }
  }

  /**
   * Copies bytes of elements into a vector that has the bytes of elements.
   *
   * @param words FLOAT32, whose numbers are four bytes each
   * @param at the first byte of the target
   * @param values a vector, taken in the type of {@code like}
   * @param start the first byte of the values
   * @param end the byte after the last
   */
  public static void putBytes(
      NDArray words, long at, NDArray values, NDArray like, long start, long end) {
    try (IValue to = IValue.from((PtNDArray) words);
        IValue place = IValue.from(at);
        IValue from = IValue.from((PtNDArray) values);
        IValue type = IValue.from((PtNDArray) like);
        IValue first = IValue.from(start);
        IValue last = IValue.from(end)) {
      Kernels.shared().run("put_bytes", to, place, from, type, first, last);
    }
  }

  /** Sets arrays to zero. */
  public static void zero(List<NDArray> arrays) {
    if (arrays.isEmpty()) {
      return;
    }
    try (IValue list = Kernels.list(arrays)) {
      Kernels.shared().run("zero", list);
    }
  }

  /** Adds each source to the target of the same position, which may be on another device. */
  public static void add(List<NDArray> targets, List<NDArray> sources) {
    try (IValue to = Kernels.list(targets);
        IValue from = Kernels.list(sources)) {
      Kernels.shared().run("accumulate", to, from);
    }
  }

  /** Returns whether the elements lie in the order of the shape, without gaps. */
  public static boolean isContiguous(NDArray array) {
    try (IValue value = IValue.from((PtNDArray) array)) {
      return Kernels.shared().integer("contiguous", value) != 0;
    }
  }

  /** Returns how often the arrays were changed in place so far, all together. */
  public static long versions(List<NDArray> arrays) {
    if (arrays.isEmpty()) {
      return 0;
    }
    try (IValue list = Kernels.list(arrays)) {
      return Kernels.shared().integer("versions", list);
    }
  }

  /**
   * Returns the values on the CPU, cut from autograd; they belong to {@code owner}.
   *
   * <p>It is always a copy, also on the CPU: what a batch holds is freed with the batch, and
   * memory that came from Java is not counted by libtorch.
   */
  public static NDArray toCpu(NDArray array, NDManager owner) {
    try (IValue value = IValue.from((PtNDArray) array)) {
      NDArray result = Kernels.shared().tensor(owner, "to_cpu", value);
      NDScope.unregister(result);
      return result;
    }
  }

  /**
   * Copies arrays to the device of a manager, within no gradient; they belong to it, and to no scope.
   *
   * @param pinned whether to copy by way of pinned memory, which needs a GPU: then nobody waits for the copy, and
   *     what follows on the device comes behind it. The arrays may be closed at once all the same
   */
  public static List<NDArray> upload(List<NDArray> arrays, NDManager owner, boolean pinned) {
    if (arrays.isEmpty()) {
      return List.of();
    }
    try (Autograd.Recording off = Autograd.record(false);
        NDArray place = owner.zeros(new Shape(0))) {
      NDList copies =
          Kernels.shared().differentiableList(pinned ? "upload_pinned" : "upload", place, arrays);
      copies.forEach(NDScope::unregister);
      return List.copyOf(copies);
    }
  }

  /**
   * Counts what is not finite, reading the device once.
   *
   * @return for each array how many values are NaN, and how many infinite
   */
  public static long[][] nonFinite(List<NDArray> arrays) {
    if (arrays.isEmpty()) {
      return new long[0][];
    }
    try (IValue list = Kernels.list(arrays)) {
      long[] found = Kernels.shared().integers("non_finite", list);
      long[][] counts = new long[arrays.size()][];
      for (int i = 0; i < counts.length; i++) {
        counts[i] = new long[] {found[2 * i], found[2 * i + 1]};
      }
      return counts;
    }
  }

  /**
   * Counts the values of an array on its device.
   *
   * @param limits the upper ends of the buckets, rising; a value that equals one is in the next bucket, what is larger than
   *     the last one is in the last
   * @return smallest and largest value, number, sum and sum of squares of the finite values, then how many of them each
   *     bucket has; zeros if there are none
   */
  public static double[] histogram(NDArray array, double[] limits) {
    try (NDManager owner = NDManager.newBaseManager(Device.cpu(), "PyTorch");
        IValue value = IValue.from((PtNDArray) array);
        IValue ends = IValue.from((PtNDArray) owner.create(limits));
        NDArray result = Kernels.shared().tensor(owner, "histogram", value, ends)) {
      return result.toDoubleArray();
    }
  }

  /**
   * Returns the arrays in a type of 16 bits, within autograd; those of no floating type as they are.
   *
   * <p>Do not ask an array of bfloat16 for its values: {@link Bfloat16} says what it can.
   */
  public static List<NDArray> toHalf(List<NDArray> arrays, HalfType type) {
    if (arrays.isEmpty()) {
      return List.of();
    }
    return Kernels.shared()
        .differentiableList("to_half", Kernels.shared().constant(type.scalarType()), arrays);
  }

  /**
   * Returns the values of an array in a type of 16 bits (to nearest, ties to even), cut from autograd.
   *
   * @param array of any number type
   * @param owner of the new array, which is a copy
   */
  public static NDArray toHalf(NDArray array, HalfType type, NDManager owner) {
    try (IValue x = IValue.from((PtNDArray) array);
        IValue to = IValue.from(type.scalarType())) {
      return Kernels.shared().weight(owner, "to_type", x, to);
    }
  }

  /** Returns an array of 16 bits as float32, within autograd; another one as it is. */
  public static NDArray toFloat32(NDArray array) {
    return switch (array.getDataType()) {
      case UNKNOWN, FLOAT16, BFLOAT16 ->
          Kernels.shared().differentiable("to_full", array).singletonOrThrow();
      default -> array;
    };
  }

  /** Gives memory that libtorch holds in reserve for a GPU back to it; a CPU has no such reserve. */
  public static void emptyCache(Device device) {
    if (device.isGpu()) {
      JniUtils.emptyCudaCache();
    }
  }

  /** Returns the device to train on: the first GPU that this libtorch sees, else the CPU; see {@link Devices}. */
  public static Device defaultDevice() {
    return Devices.best();
  }
}
