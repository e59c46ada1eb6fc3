// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.sharding;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.testing.TestDevice;
import dev.trainer4j.torch.Bfloat16;
import dev.trainer4j.torch.MovableTensors;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Shares of a buffer, against the bytes of its tensors. */
class FlatTensorsTest {

  private static byte[] bytes(NDArray array, NDManager manager) {
    NDArray readable = Bfloat16.is(array) ? Bfloat16.bytes(array, 0, array.size(), manager) : array;
    ByteBuffer buffer = readable.toByteBuffer();
    byte[] bytes = new byte[buffer.remaining()];
    buffer.get(bytes);
    return bytes;
  }

  private static FlatTensors flat(List<NDArray> tensors) {
    List<FlatParameter> parameters = new ArrayList<>();
    for (NDArray tensor : tensors) {
      parameters.add(
          new FlatParameter(
              "p" + parameters.size(), tensor.getShape(), tensor.getDataType(), false));
    }
    return new FlatTensors(parameters, tensors);
  }

  /** Sizes are such that shares begin within tensors, and where they may within elements. */
  @ParameterizedTest
  @CsvSource({"FLOAT32", "FLOAT64", "BFLOAT16", "FLOAT16", "UINT8", "INT64"})
  void sharesOfAllRanksAreTheBytesOfTheTensors(String type) {
    try (NDManager manager = NDManager.newBaseManager(TestDevice.get(), "PyTorch")) {
      List<NDArray> tensors = new ArrayList<>();
      ByteArrayOutputStream expected = new ByteArrayOutputStream();
      for (Shape shape : List.of(new Shape(3, 5), new Shape(1), new Shape(2, 7), new Shape(5))) {
        NDArray values = manager.arange(1f, 1f + shape.size()).reshape(shape);
        NDArray tensor =
            type.equals("BFLOAT16")
                ? Bfloat16.of(values, manager)
                : values.toType(DataType.valueOf(type), true);
        tensors.add(tensor);
        expected.writeBytes(bytes(tensor, manager));
      }
      FlatTensors flat = flat(tensors);
      for (int worldSize : new int[] {1, 3, 4}) {
        ByteArrayOutputStream shares = new ByteArrayOutputStream();
        for (int rank = 0; rank < worldSize; rank++) {
          shares.writeBytes(bytes(flat.share(flat.layout(worldSize), rank, manager), manager));
        }
        byte[] all = shares.toByteArray();
        assertThat(Arrays.copyOf(all, expected.size())).isEqualTo(expected.toByteArray());
        assertThat(Arrays.copyOfRange(all, expected.size(), all.length))
            .as("padding")
            .isEqualTo(new byte[all.length - expected.size()]);
      }
    }
  }

  @Test
  void aTensorWithoutMemoryGetsItsPlaceFilledFromElsewhere() throws IOException {
    try (NDManager manager = NDManager.newBaseManager(TestDevice.get(), "PyTorch")) {
      NDArray known = manager.create(new float[] {1, 2, 3});
      NDArray unknown = MovableTensors.create(new Shape(2, 3), DataType.FLOAT32, manager);
      FlatTensors flat = flat(List.of(known, unknown));
      NDArray share = flat.share(flat.layout(2), 1, manager);
      assertThat(share.toFloatArray()).containsExactly(0, 0, 0, 0, 0);

      List<Long> asked = new ArrayList<>();
      flat.put(
          1,
          (start, end, owner) -> {
            asked.addAll(List.of(start, end));
            return owner.arange((float) start, (float) end);
          },
          1,
          share);

      assertThat(asked).as("no more than this rank's part").containsExactly(2L, 6L);
      assertThat(share.toFloatArray()).containsExactly(2, 3, 4, 5, 0);
      assertThat(unknown.getShape()).isEqualTo(new Shape(2, 3));
    }
  }
}
