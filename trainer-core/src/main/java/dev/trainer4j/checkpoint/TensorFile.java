// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.checkpoint;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import dev.trainer4j.torch.Bfloat16;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Set;

/**
 * A file of tensors, open for reading. Opening it has checked which tensors there are and that the
 * file is long enough for them; none was read. Safe for use by several threads.
 */
public interface TensorFile extends AutoCloseable {

  /**
   * Returns the file.
   *
   * @return for messages; the first, or the index, where there are several
   */
  Path source();

  /**
   * Returns the names of the tensors.
   *
   * @return in the order of the file
   */
  Set<String> names();

  /**
   * Describes a tensor.
   *
   * @param name one of {@link #names()}
   * @return its type, shape and place
   * @throws IOException if the file has no such tensor
   */
  TensorInfo info(String name) throws IOException;

  /**
   * Returns the bytes of a tensor, without copying them where the file holds them one after the other.
   *
   * @param name one of {@link #names()}
   * @return a read-only, little-endian buffer, independent of earlier ones, which stays usable after
   *     the file is closed
   * @throws IOException if the file has no such tensor, if it takes 2 GiB or more, or if it cannot be
   *     read
   */
  ByteBuffer bytes(String name) throws IOException;

  /**
   * Reads a tensor of any length into a new array of the same type. BF16 gives an array that needs
   * care, see {@link Bfloat16}; {@link #readFloat32} gives one that does not.
   *
   * @param name one of {@link #names()}
   * @param manager owns the array, and says on which device it is created
   * @return an array with memory of its own
   * @throws IOException if the file has no such tensor, if there are no arrays of its type, if a BOOL
   *     is neither 0 nor 1, or if the file cannot be read
   */
  NDArray read(String name, NDManager manager) throws IOException;

  /**
   * Reads a tensor of any length into a new FLOAT32 array, as models that train in float32 need it.
   *
   * @param name one of {@link #names()}
   * @param manager owns the array, and says on which device it is created
   * @return an array with memory of its own; values of F16 and BF16 are exact, those of wider types
   *     are rounded
   * @throws IOException as {@link #read} does
   */
  default NDArray readFloat32(String name, NDManager manager) throws IOException {
    NDArray array = read(name, manager);
    if (array.getDataType() == DataType.FLOAT32) {
      return array;
    }
    try (array) {
      return Bfloat16.toFloat32(array, manager);
    }
  }

  /**
   * Reads some elements of a tensor into a new array of its type. By default all of them are read for it.
   *
   * @param name one of {@link #names()}
   * @param start the first element, counted in the order of the shape
   * @param end the element after the last
   * @param manager owns the array, and says on which device it is created
   * @return a vector of {@code end - start} elements; one of BF16 needs care, see {@link Bfloat16}
   * @throws IllegalArgumentException if that is not a range of the tensor
   * @throws IOException as {@link #read(String, NDManager)} does
   */
  default NDArray read(String name, long start, long end, NDManager manager) throws IOException {
    ElementRange.require(info(name), start, end);
    try (NDArray whole = read(name, manager);
        NDArray vector = whole.reshape(-1)) {
      return Bfloat16.range(vector, start, end, manager);
    }
  }

  /** Closes the file. */
  @Override
  void close() throws IOException;
}
