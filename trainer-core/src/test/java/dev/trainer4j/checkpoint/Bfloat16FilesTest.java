// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.torch.ArrayScope;
import dev.trainer4j.torch.Bfloat16;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class Bfloat16FilesTest {

  private final Path path;
  private final NDManager manager = NDManager.newBaseManager();

  Bfloat16FilesTest(@TempDir Path folder) {
    path = folder.resolve("model.safetensors");
  }

  @AfterEach
  void close() {
    manager.close();
  }

  /** A bfloat16 is a float whose lower half is zero: what the format says, without libtorch. */
  private static float[] widened(ByteBuffer bytes) {
    float[] values = new float[bytes.remaining() / 2];
    for (int i = 0; i < values.length; i++) {
      values[i] = Float.intBitsToFloat(bytes.getShort() << 16);
    }
    return values;
  }

  @Test
  void readsWhatPythonWroteAsFloat32() throws IOException {
    try (SafetensorsFile file = SafetensorsFile.open(SafetensorsFileTest.PYTHON)) {
      for (String name : new String[] {"bf16", "f16", "f32", "f64", "i32"}) {
        NDArray array = file.readFloat32(name, manager);
        assertThat(array.getDataType()).isEqualTo(DataType.FLOAT32);
        assertThat(array.getShape()).isEqualTo(new Shape(2, 3));
        assertThat(array.toFloatArray()).as(name).containsExactly(0, 1, 2, 3, 4, 100);
        assertThat(array.getManager()).isSameAs(manager);
      }
    }
  }

  @Test
  void everyBitPatternSurvivesReadingAndWriting() throws IOException {
    byte[] patterns = new byte[1 << 17];
    for (int i = 0; i < 1 << 16; i++) {
      patterns[2 * i] = (byte) i;
      patterns[2 * i + 1] = (byte) (i >> 8);
    }
    TensorSource all =
        new TensorSource(
            "w",
            SafetensorsType.BF16,
            new Shape(256, 256),
            out -> out.write(ByteBuffer.wrap(patterns)));
    SafetensorsWriter.write(path, java.util.List.of(all), Map.of());
    NDArray array;
    try (SafetensorsFile file = SafetensorsFile.open(path);
        ArrayScope scope = ArrayScope.open()) {
      array = file.read("w", manager);
      assertThat(file.readFloat32("w", manager).toFloatArray()).isEqualTo(widened(file.bytes("w")));
    }
    assertThat(Bfloat16.is(array)).isTrue();
    assertThat(array.getShape()).isEqualTo(new Shape(256, 256));
    Path copy = path.resolveSibling("copy.safetensors");
    SafetensorsWriter.write(copy, Map.of("w", array));
    try (SafetensorsFile file = SafetensorsFile.open(copy)) {
      assertThat(file.info("w").type()).isEqualTo(SafetensorsType.BF16);
      assertThat(file.bytes("w")).isEqualTo(ByteBuffer.wrap(patterns));
    }
  }

  @Test
  void writesViewsScalarsAndEmptyArraysOfBfloat16() throws IOException {
    NDArray matrix = Bfloat16.of(manager.arange(6f).reshape(2, 3), manager);
    SafetensorsWriter.write(
        path,
        Map.of(
            "transposed", matrix.transpose(),
            "scalar", Bfloat16.of(manager.create(4f), manager),
            "empty", Bfloat16.of(manager.create(new Shape(0, 3)), manager)));
    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      NDArray transposed = file.readFloat32("transposed", manager);
      assertThat(transposed.getShape()).isEqualTo(new Shape(3, 2));
      assertThat(transposed.toFloatArray()).containsExactly(0, 3, 1, 4, 2, 5);
      assertThat(file.readFloat32("scalar", manager).getFloat()).isEqualTo(4);
      assertThat(file.read("empty", manager).getShape()).isEqualTo(new Shape(0, 3));
    }
  }

  @Test
  void roundsToTheNearestAndToEven() {
    // 1 + 2^-8 lies between 1 and 1 + 2^-7, 1 + 3 * 2^-8 between 1 + 2^-7 and 1 + 2^-6.
    float[] values = {1.00390625f, 1.01171875f, 1.004f, -1.00390625f};
    NDArray rounded = Bfloat16.of(manager.create(values), manager);
    assertThat(Bfloat16.toFloat32(rounded, manager).toFloatArray())
        .containsExactly(1f, 1.015625f, 1.0078125f, -1f);
  }

  @Test
  void aFloat32ModelLoadsTensorsOfBfloat16AndFloat16() throws IOException {
    NDArray values = manager.create(new float[] {1.5f, -2, 0.25f});
    SafetensorsWriter.write(
        path,
        Map.of("a", Bfloat16.of(values, manager), "b", values.toType(DataType.FLOAT16, true)));
    Map<String, NDArray> model =
        Map.of("a", manager.zeros(new Shape(3)), "b", manager.zeros(new Shape(3)));
    TensorFiles.load(path, model, manager, "model");
    assertThat(model.get("a").toFloatArray()).containsExactly(1.5f, -2, 0.25f);
    assertThat(model.get("b").toFloatArray()).containsExactly(1.5f, -2, 0.25f);
  }

  @Test
  void aModelOfBfloat16LoadsTensorsOfFloat32() throws IOException {
    SafetensorsWriter.write(path, Map.of("a", manager.create(new float[] {1.5f, 1.004f})));
    NDArray target = Bfloat16.of(manager.zeros(new Shape(2)), manager);
    TensorFiles.load(path, Map.of("a", target), manager, "model");
    assertThat(Bfloat16.toFloat32(target, manager).toFloatArray())
        .containsExactly(1.5f, 1.0078125f);
  }

  @Test
  void bytesThatDoNotFillTheShapeAreRefused() {
    NDArray bytes = manager.zeros(new Shape(6), DataType.UINT8);
    assertThatThrownBy(() -> Bfloat16.fromBytes(bytes, new Shape(2, 2), manager))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("expected 8 elements of uint8 for a shape of (2, 2), got 6");
  }
}
