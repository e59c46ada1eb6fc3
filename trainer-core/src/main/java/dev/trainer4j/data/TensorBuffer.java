// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.torch.TorchFunctions;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/**
 * The memory of one tensor, filled value by value.
 *
 * <p>libtorch allocates it on the CPU, and it is filled in place: nothing is copied, libtorch reuses it as
 * soon as the batch is closed, and the garbage collector has no direct buffers to find. For a manager of another
 * device it is then copied there; loaders make their batches on the CPU and {@link StagedBatchIterator} copies.
 */
final class TensorBuffer {

  private final NDManager manager;
  private final ElementType type;
  private final boolean isOnCpu;
  private final NDArray array;
  private final ByteBuffer bytes;

  TensorBuffer(NDManager manager, ElementType type, Shape shape) {
    this.manager = manager;
    this.type = type;
    long size = Math.multiplyExact(shape.size(), (long) type.bytes);
    if (size > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "has the shape " + shape + ", which is more than 2 GiB. Use a smaller batch");
    }
    isOnCpu = manager.getDevice().equals(Device.cpu());
    array = (isOnCpu ? manager : manager.newSubManager(Device.cpu())).create(shape, type.dataType);
    bytes = array.toByteBuffer(true).order(ByteOrder.nativeOrder());
  }

  ElementType type() {
    return type;
  }

  /** Adds the elements of a value whose layout was checked before. */
  void put(Object value) {
    if (value instanceof Object[] array) {
      for (Object element : array) {
        put(element);
      }
    } else if (value instanceof List<?> list) {
      for (Object element : list) {
        put(element);
      }
    } else if (value instanceof NDArray tensor) {
      putArray(NdArrayValue.elements(tensor));
    } else if (value instanceof Number number) {
      putNumber(number);
    } else if (value instanceof Boolean flag) {
      bytes.put((byte) (flag ? 1 : 0));
    } else {
      putArray(value);
    }
  }

  /** Adds the same number several times. */
  void fill(Number value, int count) {
    for (int i = 0; i < count; i++) {
      putNumber(value);
    }
  }

  private void putNumber(Number value) {
    switch (type) {
      case FLOAT32 -> bytes.putFloat(value.floatValue());
      case INT64 -> bytes.putLong(value.longValue());
      case UINT8 -> bytes.put(value.byteValue());
      case BOOLEAN -> bytes.put((byte) (value.doubleValue() != 0 ? 1 : 0));
    }
  }

  private void putArray(Object value) {
    if (value instanceof float[] floats) {
      bytes.asFloatBuffer().put(floats);
      bytes.position(bytes.position() + floats.length * Float.BYTES);
    } else if (value instanceof double[] doubles) {
      for (double element : doubles) {
        bytes.putFloat((float) element);
      }
    } else if (value instanceof byte[] unsigned) {
      bytes.put(unsigned);
    } else if (value instanceof boolean[] flags) {
      for (boolean flag : flags) {
        bytes.put((byte) (flag ? 1 : 0));
      }
    } else {
      putWhole(value);
    }
  }

  private void putWhole(Object value) {
    if (value instanceof int[] ints) {
      for (int element : ints) {
        putNumber(element);
      }
    } else if (type == ElementType.INT64 && value instanceof long[] longs) {
      bytes.asLongBuffer().put(longs);
      bytes.position(bytes.position() + longs.length * Long.BYTES);
    } else {
      for (long element : (long[]) value) {
        putNumber(element);
      }
    }
  }

  NDArray toArray() {
    if (isOnCpu) {
      return array;
    }
    try (NDManager host = array.getManager()) {
      return TorchFunctions.upload(List.of(array), manager, false).get(0);
    }
  }
}
