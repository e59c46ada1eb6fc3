// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.checkpoint.pytorch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.checkpoint.ModelTensors;
import dev.trainer4j.checkpoint.Mutations;
import dev.trainer4j.checkpoint.SafetensorsException;
import dev.trainer4j.checkpoint.SafetensorsFile;
import dev.trainer4j.checkpoint.SafetensorsType;
import dev.trainer4j.testing.CapturedLog;
import dev.trainer4j.torch.Bfloat16;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Weights that torch.save wrote, beside the same tensors that the safetensors library wrote. */
class PytorchWeightsTest {
  private static final Path RESOURCES = Path.of("src/test/resources/checkpoint/pytorch");
  private static final Path STATE_DICT = RESOURCES.resolve("state-dict.bin");
  private static final Path SAFETENSORS = RESOURCES.resolve("state-dict.safetensors");
  private static final String SINGLE = "pytorch_model.bin";
  private static final String INDEX = "pytorch_model.bin.index.json";

  private final Path folder;

  PytorchWeightsTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @Test
  void everyTensorIsThatOfTheSafetensorsFile() throws IOException {
    Files.copy(STATE_DICT, folder.resolve(SINGLE));
    try (ModelTensors tensors = open();
        SafetensorsFile expected = SafetensorsFile.open(SAFETENSORS)) {
      assertThat(tensors.names()).containsExactlyInAnyOrderElementsOf(expected.names());
      for (String name : expected.names()) {
        assertThat(tensors.info(name).type()).as(name).isEqualTo(expected.info(name).type());
        assertThat(tensors.info(name).shape()).as(name).isEqualTo(expected.info(name).shape());
        assertThat(tensors.info(name).byteLength()).isEqualTo(expected.info(name).byteLength());
        assertThat(bytes(tensors.bytes(name))).as(name).isEqualTo(bytes(expected.bytes(name)));
      }
    }
  }

  @Test
  void arraysAreThoseOfTheSafetensorsFile() throws IOException {
    Files.copy(STATE_DICT, folder.resolve(SINGLE));
    try (ModelTensors tensors = open();
        SafetensorsFile expected = SafetensorsFile.open(SAFETENSORS);
        NDManager manager = NDManager.newBaseManager()) {
      for (String name : expected.names()) {
        if (expected.info(name).type() == SafetensorsType.I16) {
          assertThatThrownBy(() -> tensors.read(name, manager))
              .isInstanceOf(TorchFileException.class)
              .hasMessageContaining("tensor 'short': holds a tensor of I16, unknown to DJL");
          continue;
        }
        NDArray array = tensors.read(name, manager);
        NDArray other = expected.read(name, manager);
        assertThat(array.getShape()).isEqualTo(other.getShape());
        assertThat(array.getDataType()).isEqualTo(other.getDataType());
        assertThat(Bfloat16.is(array)).isEqualTo(name.startsWith("bfloat16"));
        float[] values = tensors.readFloat32(name, manager).toFloatArray();
        assertThat(values).isEqualTo(expected.readFloat32(name, manager).toFloatArray());
      }
    }
  }

  @Test
  void whatIsFirstInTheFileIsAtItsOffset() throws IOException {
    Files.copy(STATE_DICT, folder.resolve(SINGLE));
    byte[] file = Files.readAllBytes(STATE_DICT);
    try (ModelTensors tensors = open()) {
      for (String name : new String[] {"rows", "column", "half"}) {
        int at = (int) tensors.info(name).fileOffset();
        assertThat(file[at]).as(name).isEqualTo(tensors.bytes(name).get(0));
        assertThat(file[at + 1]).as(name).isEqualTo(tensors.bytes(name).get(1));
      }
    }
  }

  @Test
  void safetensorsWinWhereBothAreThere() throws IOException {
    Files.write(folder.resolve(SINGLE), new byte[] {1});
    Files.copy(SAFETENSORS, folder.resolve("model.safetensors"));
    try (ModelTensors tensors = open()) {
      assertThat(tensors.source()).hasFileName("model.safetensors");
      assertThat(tensors.names()).contains("half");
    }
  }

  @Test
  void shardsAreReadByTheirIndex() throws IOException {
    Map<String, byte[]> first = Map.of("a", floats(1, 2, 3, 4));
    Map<String, byte[]> second = Map.of("b", floats(5, 6, 7, 8));
    save(folder.resolve("pytorch_model-00001-of-00002.bin"), first);
    save(folder.resolve("pytorch_model-00002-of-00002.bin"), second);
    writeIndex("pytorch_model-00001-of-00002.bin", "pytorch_model-00002-of-00002.bin");
    try (ModelTensors tensors = open();
        NDManager manager = NDManager.newBaseManager()) {
      assertThat(tensors.source()).hasFileName(INDEX);
      assertThat(tensors.read("a", manager).toFloatArray()).containsExactly(1, 2, 3, 4);
      assertThat(tensors.read("b", manager).toFloatArray()).containsExactly(5, 6, 7, 8);
      assertThat(tensors.info("b").shape()).isEqualTo(new Shape(4));
    }
    Files.delete(folder.resolve("pytorch_model-00002-of-00002.bin"));
    assertThatThrownBy(this::openAndClose)
        .isInstanceOf(SafetensorsException.class)
        .hasMessageContaining(INDEX)
        .hasMessageContaining("pytorch_model-00002-of-00002.bin is missing");
    writeIndex("pytorch_model-00001-of-00002.bin", "pytorch_model-00001-of-00002.bin");
    assertThatThrownBy(this::openAndClose)
        .hasMessageContaining("tensor 'b': is not in pytorch_model-00001-of-00002.bin");
  }

  @ParameterizedTest
  @ValueSource(strings = {"../x.bin", "/x.bin", "a/x.bin", "x.safetensors", ".x.bin", "x"})
  void anIndexNamesOnlyFilesBesideIt(String name) throws IOException {
    writeIndex(name, name);
    assertThatThrownBy(this::openAndClose)
        .isInstanceOf(SafetensorsException.class)
        .hasMessageContaining("'" + name + "' is not the name of a bin file beside");
  }

  @Test
  void aFileOfOldTorchIsRefusedWithTheWayToConvertIt() throws IOException {
    Files.copy(RESOURCES.resolve("legacy.bin"), folder.resolve(SINGLE));
    assertRefused("format of torch before 1.6", "torch.save(torch.load(f, weights_only=True), f)");
  }

  @Test
  void aPointerOfGitLfsIsToldFromAFile() throws IOException {
    Files.writeString(
        folder.resolve(SINGLE), "version https://git-lfs.github.com/spec/v1\noid sha256:12\n");
    assertRefused("pointer of Git LFS", "git lfs pull");
  }

  @Test
  void garbageAndNothingAreRefused() throws IOException {
    Files.write(folder.resolve(SINGLE), new byte[0]);
    assertRefused("is not a zip file", "Fetch the file again");
    Files.write(folder.resolve(SINGLE), new byte[100_000]);
    assertRefused("is not a zip file", "save_pretrained");
    Files.delete(folder.resolve(SINGLE));
    assertThatThrownBy(this::openAndClose)
        .isInstanceOf(SafetensorsException.class)
        .hasMessageContaining("neither model.safetensors nor")
        .hasMessageContaining(INDEX);
  }

  @Test
  void aFileThatWouldRunCodeIsRefusedAndRunsNothing() throws IOException {
    Path trace = folder.resolve("trace");
    zip(
        folder.resolve(SINGLE),
        ("\u0080\2cos\nsystem\nX" + length("touch " + trace) + "touch " + trace + "\u0085R.")
            .getBytes(StandardCharsets.ISO_8859_1),
        Map.of());
    assertRefused("its pickle asks for 'os.system', which is refused", "if you trust it");
    assertThat(trace).doesNotExist();
  }

  @Test
  void aWholeTrainingStateIsRefusedByItsKeys() throws IOException {
    zip(
        folder.resolve(SINGLE),
        "\u0080\2}(X\5\0\0\0epochK\3X\5\0\0\0model}u.".getBytes(StandardCharsets.ISO_8859_1),
        Map.of());
    assertRefused("no tensor by its name, but 'epoch', 'model'", "a whole training state?");
    zip(folder.resolve(SINGLE), "\u0080\2}.".getBytes(StandardCharsets.ISO_8859_1), Map.of());
    assertRefused("no tensor by its name", "it is empty");
    zip(folder.resolve(SINGLE), "\u0080\2].".getBytes(StandardCharsets.ISO_8859_1), Map.of());
    assertRefused("holds no state dictionary");
  }

  @Test
  void whatIsNoTensorIsLeftAsideWithAWarning() throws IOException {
    String pickle = pickle("a", 0).replace("}X\1", "}X\5\0\0\0epochK\3sX\1");
    byte[] bytes = pickle.getBytes(StandardCharsets.ISO_8859_1);
    zip(folder.resolve(SINGLE), bytes, Map.of("x/data/0", floats(1, 2, 3, 4)));
    try (CapturedLog log = new CapturedLog(StateDictFile.class);
        ModelTensors tensors = open()) {
      assertThat(tensors.names()).containsExactly("a");
      assertThat(log.warnings()).singleElement().asString().contains(SINGLE).contains("'epoch'");
    }
  }

  @Test
  void aStorageShorterThanItSaysIsRefusedWhenTheFileIsOpened() throws IOException {
    Map<String, byte[]> tensors = new LinkedHashMap<>();
    tensors.put("a", Arrays.copyOf(floats(1, 2, 3, 4), 12));
    save(folder.resolve(SINGLE), tensors);
    assertRefused("storage 0 has 12 bytes instead of 16");
  }

  @Test
  void aSmallFileThatRepeatsAnElementToTerabytesIsRefused() throws IOException {
    byte[] pickle =
        pickle("a", 0)
            .replace("K\4\u0085K\1\u0085", "\u008a\6\0\0\0\0\0\1\u0085K\0\u0085")
            .getBytes(StandardCharsets.ISO_8859_1);
    zip(folder.resolve(SINGLE), pickle, Map.of("x/data/0", floats(1, 2, 3, 4)));
    assertRefused("repeats the 4 elements of its storage, which is refused");
  }

  @Test
  void aFlippedBitNamesTheFileAndTheTensor() throws IOException {
    Path file = folder.resolve(SINGLE);
    Files.copy(STATE_DICT, file);
    byte[] bytes = Files.readAllBytes(file);
    try (ModelTensors tensors = open()) {
      bytes[(int) tensors.info("double").fileOffset()] ^= 1;
    }
    Files.write(file, bytes);
    try (ModelTensors tensors = open();
        NDManager manager = NDManager.newBaseManager()) {
      assertThat(tensors.read("half", manager).getShape()).isEqualTo(new Shape(3, 2));
      assertThatThrownBy(() -> tensors.read("double", manager))
          .isInstanceOf(TorchFileException.class)
          .hasMessageStartingWith(file + ": tensor 'double': 'state-dict/data/7' has changed");
      assertThatThrownBy(() -> tensors.bytes("double")).isInstanceOf(TorchFileException.class);
    }
  }

  @Test
  void mutatedFilesAreRefusedOrReadable() throws IOException {
    byte[] file = Files.readAllBytes(STATE_DICT);
    Mutations mutations = new Mutations(20261128);
    int refused = 0;
    for (int i = 0; i < 3_000; i++) {
      Files.write(folder.resolve(SINGLE), mutations.mutate(file));
      refused += refusedOrReadable() ? 0 : 1;
    }
    assertThat(refused).isBetween(1_500, 2_999);
  }

  /** The checksums are right here, as an attacker's are: it is for the pickle's reader to refuse. */
  @Test
  void mutatedPicklesAreRefusedOrReadable() throws IOException {
    byte[] pickle = (pickle("a", 0)).getBytes(StandardCharsets.ISO_8859_1);
    Mutations mutations = new Mutations(20261129);
    int refused = 0;
    for (int i = 0; i < 3_000; i++) {
      Map<String, byte[]> storages = Map.of("x/data/0", floats(1, 2, 3, 4));
      zip(folder.resolve(SINGLE), mutations.mutate(pickle), storages);
      refused += refusedOrReadable() ? 0 : 1;
    }
    assertThat(refused).isBetween(1_500, 2_999);
  }

  private boolean refusedOrReadable() throws IOException {
    try (ModelTensors tensors = open()) {
      for (String name : tensors.names()) {
        assertThat(tensors.bytes(name).remaining()).isEqualTo(tensors.info(name).byteLength());
      }
      return true;
    } catch (TorchFileException e) {
      assertThat(e).hasMessageStartingWith(folder.resolve(SINGLE) + ": ");
      return false;
    }
  }

  @Test
  void aFileThatIsMissingBehindALinkIsSaidToBeMissing() throws IOException {
    Files.createSymbolicLink(folder.resolve(SINGLE), folder.resolve("blob"));
    assertThatThrownBy(this::openAndClose).isInstanceOf(NoSuchFileException.class);
    Files.copy(STATE_DICT, folder.resolve("blob"));
    try (ModelTensors tensors = open()) {
      assertThat(tensors.names()).contains("half");
    }
  }

  private ModelTensors open() throws IOException {
    return ModelTensors.openPretrained(folder, PytorchWeights.FORMAT);
  }

  private void openAndClose() throws IOException {
    open().close();
  }

  private void assertRefused(String... messages) {
    assertThatThrownBy(this::openAndClose)
        .isInstanceOf(TorchFileException.class)
        .hasMessageStartingWith(folder.resolve(SINGLE) + ": ")
        .hasMessageContainingAll(messages);
  }

  private void writeIndex(String a, String b) throws IOException {
    Files.writeString(
        folder.resolve(INDEX),
        "{\"metadata\":{\"total_size\":32},\"weight_map\":{\"a\":\"%s\",\"b\":\"%s\"}}"
            .formatted(a, b));
  }

  /** A state dictionary of vectors of four floats, as torch.save pickles it. */
  private static void save(Path file, Map<String, byte[]> tensors) throws IOException {
    StringBuilder pickle = new StringBuilder();
    Map<String, byte[]> storages = new LinkedHashMap<>();
    for (Map.Entry<String, byte[]> tensor : tensors.entrySet()) {
      pickle.append(pickle(tensor.getKey(), storages.size()));
      storages.put("x/data/" + storages.size(), tensor.getValue());
    }
    zip(file, pickle.toString().getBytes(StandardCharsets.ISO_8859_1), storages);
  }

  private static String pickle(String name, int key) {
    return "\u0080\2}X"
        + length(name)
        + name
        + "ctorch._utils\n_rebuild_tensor_v2\n((X\7\0\0\0storagectorch\nFloatStorage\nX\1\0\0\0"
        + key
        + "X\3\0\0\0cpuK\4tQK\0K\4\u0085K\1\u0085\u0089ccollections\nOrderedDict\n)RtRs.";
  }

  private static String length(String text) {
    return (char) text.length() + "\0\0\0";
  }

  private static void zip(Path file, byte[] pickle, Map<String, byte[]> storages)
      throws IOException {
    try (OutputStream out = Files.newOutputStream(file);
        ZipOutputStream zip = new ZipOutputStream(out)) {
      zip.putNextEntry(new ZipEntry("x/data.pkl"));
      zip.write(pickle);
      for (Map.Entry<String, byte[]> storage : storages.entrySet()) {
        zip.putNextEntry(new ZipEntry(storage.getKey()));
        zip.write(storage.getValue());
      }
    }
  }

  private static byte[] floats(float... values) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (float value : values) {
      bytes.putFloat(value);
    }
    return bytes.array();
  }

  private static byte[] bytes(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.remaining()];
    buffer.get(bytes);
    return bytes;
  }
}
