// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.process;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Arrays as the bytes that a group can gather: the name of the type (a byte for its length first), the
 * number of dimensions in a byte, the dimensions, and the memory.
 */
final class RaggedArrays {

  private RaggedArrays() {}

  static List<NDArray> gather(ProcessGroup group, NDArray array, NDManager manager) {
    List<byte[]> all = group.allGather(bytes(array));
    List<NDArray> arrays = new ArrayList<>();
    for (int rank = 0; rank < all.size(); rank++) {
      arrays.add(rank == group.rank() ? array : array(ByteBuffer.wrap(all.get(rank)), manager));
    }
    return arrays;
  }

  private static byte[] bytes(NDArray array) {
    DataType type = array.getDataType();
    // Asking such an array for its memory would end the JVM.
    if (type == DataType.UNKNOWN || type == DataType.BFLOAT16 || type == DataType.STRING) {
      throw new IllegalArgumentException(
          "an array of the type "
              + type
              + " and the shape "
              + array.getShape()
              + " cannot be gathered: turn it into float32 first.");
    }
    byte[] name = type.name().getBytes(StandardCharsets.US_ASCII);
    long[] shape = array.getShape().getShape();
    long size = array.size() * type.getNumOfBytes();
    long header = 2L + name.length + (long) shape.length * Long.BYTES;
    if (header + size > Integer.MAX_VALUE - 8) {
      throw new IllegalArgumentException(
          "an array of the shape "
              + array.getShape()
              + " has "
              + size
              + " bytes, but less than 2 GiB can be gathered at once: gather it in parts.");
    }
    ByteBuffer bytes = ByteBuffer.allocate((int) (header + size));
    bytes.put((byte) name.length).put(name).put((byte) shape.length);
    for (long dimension : shape) {
      bytes.putLong(dimension);
    }
    if (size > 0) {
      bytes.put(array.toByteBuffer());
    }
    return bytes.array();
  }

  private static NDArray array(ByteBuffer bytes, NDManager manager) {
    byte[] name = new byte[bytes.get()];
    bytes.get(name);
    DataType type = DataType.valueOf(new String(name, StandardCharsets.US_ASCII));
    long[] shape = new long[bytes.get()];
    for (int i = 0; i < shape.length; i++) {
      shape[i] = bytes.getLong();
    }
    NDArray array = manager.create(new Shape(shape), type, Device.cpu());
    if (bytes.hasRemaining()) {
      array.toByteBuffer(true).put(bytes);
    }
    return array;
  }
}
