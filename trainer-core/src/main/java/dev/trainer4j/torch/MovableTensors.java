// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.torch;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.IValue;
import ai.djl.pytorch.jni.JniUtils;
import java.util.List;
import java.util.Objects;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * Tensors whose memory comes and goes while they stay the same objects: leaves of autograd, with all who hold
 * them.
 *
 * <p>Between {@link #displace} and {@link #place} they have no elements. Java still knows the shape of each, but for libtorch
 * it is an empty vector: most operators fail over that, a sum of it is 0, and none reads memory that is not there.
 */
public final class MovableTensors {

  private final List<NDArray> tensors;
  private final long[] dimensions;
  private final long[] ranks;

  /** Binds tensors that have their elements now; nothing changes yet. */
  public MovableTensors(List<NDArray> tensors) {
    this(tensors, tensors.stream().map(NDArray::getShape).toList());
  }

  /**
   * Binds tensors that may have no elements now; nothing changes yet.
   *
   * @param shapes that each has when it is placed
   */
  public MovableTensors(List<NDArray> tensors, List<Shape> shapes) {
    this.tensors = List.copyOf(tensors);
    // DJL asks libtorch for them once and keeps the answers.
    for (NDArray tensor : tensors) {
      Objects.requireNonNull(tensor.getDataType());
      Objects.requireNonNull(tensor.getDevice());
    }
    dimensions = shapes.stream().flatMapToLong(s -> LongStream.of(s.getShape())).toArray();
    ranks = shapes.stream().mapToLong(Shape::dimension).toArray();
  }

  /**
   * Makes a tensor without memory.
   *
   * @param type of 16 bits; null for float32
   */
  public static NDArray create(Shape shape, @Nullable HalfType type, NDManager owner) {
    return type == null
        ? create(shape, DataType.FLOAT32, owner)
        : withoutMemory(unset(shape, type, owner));
  }

  /** Makes a tensor without memory, of a type that DJL knows. */
  public static NDArray create(Shape shape, DataType type, NDManager owner) {
    return withoutMemory(owner.create(shape, type));
  }

  private static NDArray withoutMemory(NDArray tensor) {
    NDScope.unregister(tensor);
    new MovableTensors(List.of(tensor)).displace();
    return tensor;
  }

  private static NDArray unset(Shape shape, HalfType type, NDManager owner) {
    try (NDArray here = owner.zeros(new Shape(0));
        IValue place = IValue.from((PtNDArray) here);
        IValue number = IValue.from(type.scalarType());
        IValue dims = IValue.listFrom(shape.getShape())) {
      return Kernels.shared().weight(owner, "unset", place, number, dims);
    }
  }

  /** Returns whether the elements of a tensor have been taken by {@link #displace}. */
  public static boolean isDisplaced(NDArray tensor) {
    // DJL's own answer is the shape that it keeps.
    return tensor.size() > 0 && JniUtils.getShape((PtNDArray) tensor).size() == 0;
  }

  /** Returns the tensors. */
  public List<NDArray> tensors() {
    return tensors;
  }

  /**
   * Makes each tensor a view of {@code flat}, whatever it was before; its memory lives as long as a tensor lies
   * in it. Where the tensors are of another type, all of one, {@code flat} has their bytes, and they lie in a
   * copy of it.
   *
   * @param flat a vector
   * @param offsets where each tensor begins, in elements of its own type
   */
  public void place(NDArray flat, long[] offsets) {
    if (tensors.isEmpty()) {
      return;
    }
    try (IValue list = Kernels.list(tensors);
        IValue memory = IValue.from((PtNDArray) flat);
        IValue at = IValue.listFrom(offsets);
        IValue dims = IValue.listFrom(dimensions);
        IValue counts = IValue.listFrom(ranks)) {
      Kernels.shared().run("place", list, memory, at, dims, counts);
    }
  }

  /** Gives each tensor memory of its own, with any numbers in it. */
  public void allot() {
    if (tensors.isEmpty()) {
      return;
    }
    try (IValue list = Kernels.list(tensors);
        IValue dims = IValue.listFrom(dimensions);
        IValue counts = IValue.listFrom(ranks)) {
      Kernels.shared().run("allot", list, dims, counts);
    }
  }

  /** Takes the memory of all tensors: it is freed where nobody else holds it. */
  public void displace() {
    if (tensors.isEmpty()) {
      return;
    }
    try (IValue list = Kernels.list(tensors)) {
      Kernels.shared().run("displace", list);
    }
  }
}
