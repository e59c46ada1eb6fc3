// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SafetensorsWriterTest {
  private final Path folder;

  SafetensorsWriterTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @Test
  void writesTheSameBytesAsPython() throws IOException {
    Path copy = folder.resolve("copy.safetensors");
    try (SafetensorsFile file = SafetensorsFile.open(SafetensorsFileTest.PYTHON)) {
      List<TensorSource> sources = new ArrayList<>();
      for (String name : file.names()) {
        TensorInfo info = file.info(name);
        ByteBuffer bytes = file.bytes(name);
        sources.add(new TensorSource(name, info.type(), info.shape(), out -> out.write(bytes)));
      }
      Collections.shuffle(sources, new java.util.Random(7));
      SafetensorsWriter.write(copy, sources, file.metadata());
    }
    assertThat(copy).hasSameBinaryContentAs(SafetensorsFileTest.PYTHON);
  }

  @ParameterizedTest
  @EnumSource(
      value = DataType.class,
      names = {"FLOAT32", "FLOAT64", "FLOAT16", "INT64", "INT32", "INT8", "UINT8", "BOOLEAN"})
  void everyArrayComesBackAsItWas(DataType type) throws IOException {
    Path path = folder.resolve("m.safetensors");
    try (NDManager manager = NDManager.newBaseManager()) {
      NDArray array = manager.create(new float[] {0, 1, 1, 0, 1, 0}).reshape(3, 2);
      SafetensorsWriter.write(path, Map.of("w", array.toType(type, true)));
      try (SafetensorsFile file = SafetensorsFile.open(path)) {
        NDArray back = file.read("w", manager);
        assertThat(back.getDataType()).isEqualTo(type);
        assertThat(back.getShape()).isEqualTo(new Shape(3, 2));
        assertThat(back.contentEquals(array.toType(type, true))).isTrue();
        assertThat(file.metadata()).isEqualTo(Map.of("format", "pt"));
      }
    }
  }

  @Test
  void writesViewsScalarsAndEmptyArrays() throws IOException {
    Path path = folder.resolve("m.safetensors");
    try (NDManager manager = NDManager.newBaseManager()) {
      NDArray matrix = manager.arange(6f).reshape(2, 3);
      Map<String, NDArray> arrays =
          Map.of(
              "transposed", matrix.transpose(),
              "column", matrix.get(":, 1"),
              "scalar", manager.create(4f),
              "empty", manager.create(new Shape(0, 3)));
      SafetensorsWriter.write(path, arrays);
      try (SafetensorsFile file = SafetensorsFile.open(path)) {
        assertThat(file.read("transposed", manager).toFloatArray())
            .containsExactly(0, 3, 1, 4, 2, 5);
        assertThat(file.read("column", manager).toFloatArray()).containsExactly(1, 4);
        assertThat(file.read("scalar", manager).getFloat()).isEqualTo(4);
        assertThat(file.read("empty", manager).getShape()).isEqualTo(new Shape(0, 3));
      }
    }
  }

  @Test
  void alignsEveryTensorToItsElements() throws IOException {
    Path path = folder.resolve("m.safetensors");
    List<TensorSource> sources = new ArrayList<>();
    for (SafetensorsType type : SafetensorsType.values()) {
      for (String name : List.of("a", "é\"\\")) {
        byte[] bytes = new byte[(int) type.byteLength(new Shape(8))];
        sources.add(
            new TensorSource(
                type + name, type, new Shape(8), out -> out.write(ByteBuffer.wrap(bytes))));
      }
    }
    SafetensorsWriter.write(path, sources, Map.of("b", "2", "a", "1"));
    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      assertThat(file.names()).hasSize(2 * SafetensorsType.values().length);
      for (String name : file.names()) {
        TensorInfo info = file.info(name);
        assertThat(info.fileOffset() % Math.max(1, info.type().bits() / 8)).isZero();
      }
    }
  }

  @Test
  void refusesASourceThatWritesTooLittleOrTooMuch() throws IOException {
    Path path = folder.resolve("m.safetensors");
    Files.writeString(path, "earlier");
    for (int length : new int[] {3, 5}) {
      TensorSource liar =
          new TensorSource(
              "liar",
              SafetensorsType.F32,
              new Shape(1),
              out -> out.write(ByteBuffer.allocate(length)));
      assertThatThrownBy(() -> SafetensorsWriter.write(path, List.of(liar), Map.of()))
          .isInstanceOf(SafetensorsException.class)
          .hasMessageContaining("tensor 'liar'")
          .hasMessageContaining("4 bytes");
    }
    assertThat(folder.toFile().list()).containsExactly("m.safetensors");
    assertThat(path).hasContent("earlier");
  }

  @Test
  void aFailingSourceLeavesTheEarlierFileAlone() throws IOException {
    Path path = folder.resolve("m.safetensors");
    Files.writeString(path, "earlier");
    TensorSource failing =
        new TensorSource(
            "w",
            SafetensorsType.F32,
            new Shape(1),
            out -> {
              throw new IOException("No space left on device");
            });
    assertThatThrownBy(() -> SafetensorsWriter.write(path, List.of(failing), Map.of()))
        .hasMessage(path + ": No space left on device");
    assertThat(folder.toFile().list()).containsExactly("m.safetensors");
    assertThat(path).hasContent("earlier");
  }

  @Test
  void refusesTwoTensorsOfOneNameReservedNamesAndImpossibleShapes() {
    TensorSource one =
        new TensorSource("w", SafetensorsType.U8, new Shape(0), out -> out.write(nothing()));
    Path path = folder.resolve("m.safetensors");
    assertThatThrownBy(() -> SafetensorsWriter.write(path, List.of(one, one), Map.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("named w");
    assertThatThrownBy(
            () -> new TensorSource("__metadata__", one.type(), one.shape(), one.content()))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new TensorSource("w", one.type(), new Shape(-1), one.content()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("negative");
    assertThatThrownBy(() -> new TensorSource("w", SafetensorsType.F4, new Shape(3), one.content()))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void heapDoesNotGrowWithTheTensor() throws IOException {
    Path path = folder.resolve("m.safetensors");
    int pieces = 64;
    byte[] piece = new byte[1 << 20];
    TensorSource large =
        new TensorSource(
            "w",
            SafetensorsType.U8,
            new Shape((long) pieces << 20),
            out -> {
              for (int i = 0; i < pieces; i++) {
                out.write(ByteBuffer.wrap(piece));
              }
            });
    com.sun.management.ThreadMXBean threads =
        (com.sun.management.ThreadMXBean) java.lang.management.ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    SafetensorsWriter.write(path, List.of(large), Map.of());
    assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(4 << 20);
    assertThat(Files.size(path)).isGreaterThan((long) pieces << 20);
  }

  private static ByteBuffer nothing() {
    return ByteBuffer.allocate(0);
  }
}
