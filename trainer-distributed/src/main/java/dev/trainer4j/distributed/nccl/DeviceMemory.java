// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.nccl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import dev.trainer4j.torch.NativeTensors;
import dev.trainer4j.torch.TorchFunctions;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The memory of a tensor, wherever it is. It is the tensor's own, and stays where it is as long as the tensor is open.
 *
 * @param start of its first element; null if there is none
 * @param count of its elements
 */
record DeviceMemory(@Nullable Pointer start, long count, Element type) {

  /** What NCCL can add up, by its number for it, and libtorch's symbol for where such a tensor begins. */
  enum Element {
    FLOAT32(7, Float.BYTES, "f"),
    FLOAT64(8, Double.BYTES, "d"),
    INT64(4, Long.BYTES, "l");

    private final int nccl;
    private final int bytes;
    private final String symbol;

    Element(int nccl, int bytes, String letter) {
      this.nccl = nccl;
      this.bytes = bytes;
      // at::TensorBase::data_ptr<T>() const
      symbol = "_ZNK2at10TensorBase8data_ptrI" + letter + "EEPT_v";
    }

    int nccl() {
      return nccl;
    }

    int bytes() {
      return bytes;
    }

    static Element of(DataType type) {
      return switch (type) {
        case FLOAT32 -> FLOAT32;
        case FLOAT64 -> FLOAT64;
        case INT64 -> INT64;
        default ->
            throw new IllegalArgumentException(
                "a tensor of the type "
                    + type
                    + " cannot be exchanged: give one of float32, float64 or int64.");
      };
    }
  }

  /**
   * Finds it. libtorch ends the JVM if it is asked as another type, so that is looked at before.
   *
   * @throws IllegalArgumentException if the tensor is sparse, has gaps, or is of a type that is not exchanged
   */
  static DeviceMemory of(NDArray array) {
    Element type = Element.of(array.getDataType());
    if (array.isSparse()) {
      throw new IllegalArgumentException(
          "a sparse tensor of the shape "
              + array.getShape()
              + " cannot be exchanged: make it dense.");
    }
    if (array.size() == 0) {
      return new DeviceMemory(null, 0, type);
    }
    if (!TorchFunctions.isContiguous(array)) {
      throw new IllegalArgumentException(
          "a tensor of the shape "
              + array.getShape()
              + " whose elements have gaps between them, or another order, cannot be exchanged:"
              + " copy it.");
    }
    Pointer tensor = new Pointer(NativeTensors.handle(array));
    Pointer start = libtorch().getFunction(type.symbol).invokePointer(new Object[] {tensor});
    return new DeviceMemory(start, array.size(), type);
  }

  private static NativeLibrary libtorch() {
    Path file = NativeTensors.libtorch().resolve(System.mapLibraryName("torch_cpu"));
    return NativeLibrary.getInstance(file.toString());
  }

  /** The address of an element. */
  Pointer at(long element) {
    if (start == null) {
      throw new IndexOutOfBoundsException("an empty tensor has no element " + element);
    }
    return start.share(element * type.bytes());
  }
}
