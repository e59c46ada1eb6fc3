// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ArrayBytesTest {
  @Test
  void visitsAnArrayThatIsLargerThanAChunkInParts() throws IOException {
    try (NDManager manager = NDManager.newBaseManager()) {
      NDArray array = manager.arange(10f).reshape(2, 5);
      List<Long> offsets = new ArrayList<>();
      ByteBuffer all = ByteBuffer.allocate(40).order(java.nio.ByteOrder.LITTLE_ENDIAN);
      ArrayBytes.forEach(
          array,
          (chunk, offset) -> {
            offsets.add(offset);
            all.put(chunk);
          },
          16);
      assertThat(offsets).containsExactly(0L, 16L, 32L);
      all.flip();
      for (int i = 0; i < 10; i++) {
        assertThat(all.getFloat()).isEqualTo(i);
      }
    }
  }

  @Test
  void writingToAChunkWritesToTheArray() throws IOException {
    try (NDManager manager = NDManager.newBaseManager()) {
      NDArray array = manager.zeros(new Shape(2, 3), DataType.INT8);
      ArrayBytes.forEach(array, (chunk, offset) -> chunk.put(0, (byte) (offset + 1)), 2);
      assertThat(array.toByteArray()).containsExactly(1, 0, 3, 0, 5, 0);
    }
  }

  @Test
  void leavesNoArrayBehind() throws IOException {
    try (NDManager manager = NDManager.newBaseManager()) {
      NDArray transposed = manager.arange(6f).reshape(2, 3).transpose();
      int before = manager.getManagedArrays().size();
      for (int i = 0; i < 10; i++) {
        ArrayBytes.forEach(transposed, (chunk, offset) -> {}, 8);
        ArrayBytes.read(new Shape(3), DataType.FLOAT32, manager, (chunk, offset) -> {}).close();
      }
      assertThat(manager.getManagedArrays()).hasSize(before);
    }
  }

  @Test
  void aFailedReadLeavesNoArrayBehind() {
    try (NDManager manager = NDManager.newBaseManager()) {
      try {
        ArrayBytes.read(
            new Shape(3),
            DataType.FLOAT32,
            manager,
            (chunk, offset) -> {
              throw new IOException("expected");
            });
      } catch (IOException e) {
        assertThat(manager.getManagedArrays()).isEmpty();
        return;
      }
      throw new AssertionError("The failure was swallowed");
    }
  }
}
