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
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SafetensorsFileTest {
  static final Path PYTHON = Path.of("src/test/resources/checkpoint/python_types.safetensors");

  private final Path folder;

  SafetensorsFileTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @Test
  void describesEveryTensorThatPythonWrote() throws IOException {
    try (SafetensorsFile file = SafetensorsFile.open(PYTHON)) {
      assertThat(file.metadata()).isEqualTo(Map.of("format", "pt"));
      assertThat(file.names()).hasSize(18).contains("größe");
      TensorInfo info = file.info("bf16");
      assertThat(info.type()).isEqualTo(SafetensorsType.BF16);
      assertThat(info.shape()).isEqualTo(new Shape(2, 3));
      assertThat(info.byteLength()).isEqualTo(12);
      assertThat(file.info("scalar").shape()).isEqualTo(new Shape());
      assertThat(file.info("empty").shape()).isEqualTo(new Shape(0, 4));
    }
  }

  @Test
  void aPointerOfGitLfsIsCalledByItsName() throws IOException {
    Path file =
        Files.writeString(
            folder.resolve("model.safetensors"),
            "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a21\nsize 12345\n");
    assertThatThrownBy(() -> SafetensorsFile.open(file))
        .isInstanceOf(SafetensorsException.class)
        .hasMessageContaining(file.toString())
        .hasMessageContaining("a pointer of Git LFS, not the file itself: run git lfs pull");
  }

  @ParameterizedTest
  @CsvSource({"u8", "i8", "i32", "i64", "f16", "f32", "f64"})
  void readsWhatPythonWroteIntoArrays(String name) throws IOException {
    try (SafetensorsFile file = SafetensorsFile.open(PYTHON);
        NDManager manager = NDManager.newBaseManager()) {
      NDArray array = file.read(name, manager);
      assertThat(array.getShape()).isEqualTo(new Shape(2, 3));
      assertThat(array.toType(DataType.FLOAT32, true).toFloatArray())
          .containsExactly(0, 1, 2, 3, 4, 100);
      assertThat(array.getManager()).isSameAs(manager);
    }
  }

  @Test
  void readsBooleansScalarsAndEmptyTensors() throws IOException {
    try (SafetensorsFile file = SafetensorsFile.open(PYTHON);
        NDManager manager = NDManager.newBaseManager()) {
      assertThat(file.read("bool", manager).toBooleanArray()).containsExactly(true, false, true);
      assertThat(file.read("scalar", manager).getFloat()).isEqualTo(1.5f);
      assertThat(file.read("empty", manager).getShape()).isEqualTo(new Shape(0, 4));
      assertThat(file.read("größe", manager).toFloatArray()).containsExactly(-1);
    }
  }

  @Test
  void anArrayThatWasReadCanBeWrittenToAndOutlivesTheFile() throws IOException {
    try (NDManager manager = NDManager.newBaseManager()) {
      NDArray array;
      try (SafetensorsFile file = SafetensorsFile.open(PYTHON)) {
        array = file.read("f32", manager);
      }
      assertThat(array.addi(1).toFloatArray()).containsExactly(1, 2, 3, 4, 5, 101);
    }
  }

  @ParameterizedTest
  @CsvSource({"u16, U16", "i16, I16", "u32, U32", "u64, U64", "f8_e4m3, F8_E4M3"})
  void givesTheBytesOfTypesThatArraysCannotHold(String name, SafetensorsType type)
      throws IOException {
    try (SafetensorsFile file = SafetensorsFile.open(PYTHON);
        NDManager manager = NDManager.newBaseManager()) {
      assertThatThrownBy(() -> file.read(name, manager))
          .isInstanceOf(SafetensorsException.class)
          .hasMessageContaining("python_types.safetensors: tensor '" + name + "'")
          .hasMessageContaining("no arrays of type " + type);
      assertThat(file.bytes(name).remaining()).isEqualTo(6 * type.bits() / 8);
    }
  }

  @Test
  void bytesAreReadOnlyLittleEndianAndIndependent() throws IOException {
    ByteBuffer kept;
    try (SafetensorsFile file = SafetensorsFile.open(PYTHON)) {
      ByteBuffer bytes = file.bytes("bf16");
      assertThat(bytes.isReadOnly()).isTrue();
      assertThat(bytes.getShort(2)).isEqualTo((short) 0x3f80);
      bytes.position(4);
      kept = file.bytes("bf16");
      assertThat(kept.position()).isZero();
      assertThat(file.bytes("empty").remaining()).isZero();
    }
    assertThat(kept.getShort(2)).isEqualTo((short) 0x3f80);
  }

  @Test
  void namesATensorThatIsNotThere() throws IOException {
    try (SafetensorsFile file = SafetensorsFile.open(PYTHON)) {
      assertThatThrownBy(() -> file.info("weight\nERROR forged"))
          .isInstanceOf(SafetensorsException.class)
          .hasMessageContaining("'weight\\u000aERROR forged'")
          .hasMessageContaining("not in the file");
    }
  }

  @Test
  void readsTensorsBeyondTwoGibibytes() throws IOException {
    long large = 3L << 30;
    String header =
        ("{'big':{'dtype':'U8','shape':[%d],'data_offsets':[0,%d]},"
                + "'small':{'dtype':'F32','shape':[1],'data_offsets':[%d,%d]}}")
            .formatted(large, large, large, large + 4)
            .replace('\'', '"');
    Path path = RawSafetensors.write(folder.resolve("big.safetensors"), header, 0);
    // A hole: the file takes no space on disk.
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
      ByteBuffer last = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putFloat(0, 2.5f);
      channel.write(last, channel.size() + large);
    }
    try (SafetensorsFile file = SafetensorsFile.open(path);
        NDManager manager = NDManager.newBaseManager()) {
      assertThat(file.read("small", manager).toFloatArray()).containsExactly(2.5f);
      assertThat(file.bytes("small").getFloat()).isEqualTo(2.5f);
      assertThatThrownBy(() -> file.bytes("big")).hasMessageContaining("more than one buffer");
    }
    Files.delete(path);
  }

  @ParameterizedTest
  @CsvSource({"0, 0", "7, 7", "8, 1331", "9, 1331", "1400, 51", "1450, 1"})
  void refusesATruncatedFile(int kept, int unused) throws IOException {
    Path path = folder.resolve("cut.safetensors");
    Files.write(path, Arrays.copyOf(Files.readAllBytes(PYTHON), kept));
    assertRefused(path, "truncated");
  }

  @Test
  void refusesAbsurdHeaderLengths() throws IOException {
    byte[] header = {'{', '}'};
    Path path = folder.resolve("m.safetensors");
    assertRefused(RawSafetensors.write(path, -1, header, 0), "18446744073709551615 bytes");
    assertRefused(RawSafetensors.write(path, Long.MIN_VALUE, header, 0), "claims a header");
    assertRefused(RawSafetensors.write(path, 100_000_001, header, 0), "claims a header");
    assertRefused(RawSafetensors.write(path, 3, header, 0), "ends after the file");
    assertRefused(RawSafetensors.write(path, 0, header, 0), "not a JSON object");
  }

  @Test
  void refusesAHeaderThatIsNotUtf8() throws IOException {
    byte[] header = {'{', '"', (byte) 0xc3, '"', '}'};
    Path path = RawSafetensors.write(folder.resolve("m.safetensors"), 5, header, 0);
    assertRefused(path, "not UTF-8");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "[] | 0 | not a JSON object",
        "{ | 0 | not valid JSON",
        "{} x | 0 | not valid JSON",
        "{} {} | 0 | goes on after",
        "` {}` | 0 | not a JSON object",
        "{'a':1} | 0 | tensor 'a': is not an object",
        "{'a':{'dtype':'F32','shape':[1]}} | 4 | needs dtype, shape and data_offsets",
        "{'a':{'dtype':'F33','shape':[1],'data_offsets':[0,4]}} | 4 | 'F33' is not one",
        "{'a':{'dtype':7,'shape':[1],'data_offsets':[0,4]}} | 4 | dtype is not a string",
        "{'a':{'dtype':'F32','shape':[-1],'data_offsets':[0,4]}} | 4 | '-1', not a size",
        "{'a':{'dtype':'F32','shape':[1.0],'data_offsets':[0,4]}} | 4 | '1.0', not a size",
        "{'a':{'dtype':'F32','shape':['1'],'data_offsets':[0,4]}} | 4 | not a size",
        "{'a':{'dtype':'F32','shape':[[1]],'data_offsets':[0,4]}} | 4 | not a size",
        "{'a':{'dtype':'F32','shape':4,'data_offsets':[0,4]}} | 4 | shape is not a list",
        "{'a':{'dtype':'F32','shape':[99999999999999999999],'data_offsets':[0,4]}} | 4 | not a size",
        "{'a':{'dtype':'F32','shape':[4611686018427387904,4],'data_offsets':[0,0]}} | 0 | overflow",
        "{'a':{'dtype':'F32','shape':[4611686018427387904],'data_offsets':[0,0]}} | 0 | overflow",
        "{'a':{'dtype':'F4','shape':[3],'data_offsets':[0,2]}} | 2 | last byte is not full",
        "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,4]}} | 4 | takes 8 bytes, its range has 4",
        "{'a':{'dtype':'F32','shape':[1],'data_offsets':[4,0]}} | 4 | not a range",
        "{'a':{'dtype':'F32','shape':[1],'data_offsets':[0]}} | 4 | not a range",
        "{'a':{'dtype':'F32','shape':[1],'data_offsets':[0,4,8]}} | 4 | more than 2 numbers",
        "{'a':{'dtype':'U8','shape':[1],'data_offsets':[9223372036854775806,9223372036854775807]}}"
            + " | 1 | not a range",
        "{'a':{'dtype':'F32','shape':[1],'data_offsets':[0,4]}} | 3 | truncated",
        "{'a':{'dtype':'F32','shape':[1],'data_offsets':[0,4]}} | 5 | 1 bytes after the last",
        "{} | 1 | 1 bytes after the last",
        "{'a':{'dtype':'U8','shape':[1],'data_offsets':[1,2]}} | 2 | leaves a gap",
        "{'a':{'dtype':'U8','shape':[2],'data_offsets':[0,2]},"
            + "'b':{'dtype':'U8','shape':[2],'data_offsets':[1,3]}} | 3 | 'b': its range overlaps",
        "{'a':{'dtype':'U8','shape':[2],'data_offsets':[0,2]},"
            + "'b':{'dtype':'U8','shape':[2],'data_offsets':[0,2]}} | 2 | overlaps",
        "{'a':{'dtype':'U8','shape':[1],'data_offsets':[0,1]},"
            + "'a':{'dtype':'U8','shape':[1],'data_offsets':[1,2]}} | 2 | 'a': the name is there twice",
        "{'a':{'dtype':'U8','dtype':'U8','shape':[1],'data_offsets':[0,1]}} | 1 | dtype is there twice",
        "{'__metadata__':[]} | 0 | __metadata__ is not an object",
        "{'__metadata__':{'format':1}} | 0 | __metadata__ 'format' is not a string",
        "{'__metadata__':{'a':{}}} | 0 | __metadata__ 'a' is not a string",
        "{'__metadata__':{'a':'1','a':'2'}} | 0 | __metadata__ 'a' is there twice",
        "{'__metadata__':{},'__metadata__':{}} | 0 | __metadata__ is there twice",
      })
  void refusesAHeaderThatDoesNotAddUp(String header, int dataBytes, String problem)
      throws IOException {
    Path path = folder.resolve("bad.safetensors");
    assertRefused(RawSafetensors.write(path, header.replace('\'', '"'), dataBytes), problem);
  }

  @Test
  void refusesAShapeMadeToExhaustMemory() throws IOException {
    String shape = "1,".repeat(1_000_000) + "1";
    String header = "{\"a\":{\"dtype\":\"U8\",\"shape\":[" + shape + "],\"data_offsets\":[0,1]}}";
    Path path = RawSafetensors.write(folder.resolve("long.safetensors"), header, 1);
    assertRefused(path, "more than 64 numbers");
  }

  @Test
  void refusesABooleanThatIsNeitherZeroNorOne() throws IOException {
    String header = "{\"a\":{\"dtype\":\"BOOL\",\"shape\":[1],\"data_offsets\":[0,1]}}";
    Path path = RawSafetensors.write(folder.resolve("bool.safetensors"), header, 1);
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.wrap(new byte[] {7}), channel.size() - 1);
    }
    try (SafetensorsFile file = SafetensorsFile.open(path);
        NDManager manager = NDManager.newBaseManager()) {
      assertThatThrownBy(() -> file.read("a", manager)).hasMessageContaining("BOOL holds 7");
    }
  }

  @Test
  void noticesAFileThatIsCutWhileItIsOpen() throws IOException {
    Path path = Files.copy(PYTHON, folder.resolve("m.safetensors"));
    try (SafetensorsFile file = SafetensorsFile.open(path);
        NDManager manager = NDManager.newBaseManager()) {
      try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
        channel.truncate(file.info("f32").fileOffset() + 5);
      }
      assertThatThrownBy(() -> file.read("f32", manager))
          .isInstanceOf(SafetensorsException.class)
          .hasMessageContaining("became shorter");
    }
  }

  @Test
  void aMissingFileIsThePlatformsOwnError() {
    assertThatThrownBy(() -> SafetensorsFile.open(folder.resolve("none")))
        .isInstanceOf(NoSuchFileException.class);
  }

  private static void assertRefused(Path path, String problem) {
    assertThatThrownBy(() -> SafetensorsFile.open(path).close())
        .isInstanceOf(SafetensorsException.class)
        .hasMessageStartingWith(path + ": ")
        .hasMessageContaining(problem);
  }
}
