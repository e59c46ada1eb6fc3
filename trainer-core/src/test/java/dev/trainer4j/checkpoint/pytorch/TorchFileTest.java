// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.checkpoint.pytorch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.model.NamedParameter;
import dev.trainer4j.optim.ParameterGroup;
import dev.trainer4j.torch.Bfloat16;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TorchFileTest {
  private static final Path CHECKPOINT = Path.of("src/test/resources/checkpoint/hf-checkpoint");
  private static final Path OPTIMIZER = CHECKPOINT.resolve("optimizer.pt");

  /** A tensor of 4 by the pickle of torch.save; its storage is data/0. */
  private static final String TENSOR =
      "\u0080\2ctorch._utils\n_rebuild_tensor_v2\n((X\7\0\0\0storagectorch\nTYPEStorage\n"
          + "X\1\0\0\0000X\3\0\0\0cpuK\4tQK\0SHAPESTRIDES\u0089ccollections\nOrderedDict\n)RtR.";

  private final Path folder;

  TorchFileTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @Test
  void readsWhatTorchSaved() throws IOException {
    try (TorchFile file = TorchFile.open(OPTIMIZER);
        NDManager manager = NDManager.newBaseManager()) {
      Map<?, ?> root = (Map<?, ?>) present(file.value());
      Map<?, ?> first = (Map<?, ?>) present(((Map<?, ?>) present(root.get("state"))).get(0L));
      assertThat(first.keySet().stream().map(String::valueOf))
          .containsExactly("step", "exp_avg", "exp_avg_sq");
      assertThat(file.read((TorchTensor) present(first.get("step")), manager).toFloatArray())
          .containsExactly(9);
      NDArray average = file.read((TorchTensor) present(first.get("exp_avg")), manager);
      assertThat(average.getShape()).isEqualTo(new Shape(16, 8));
      assertThat(present(root.get("param_groups")).toString())
          .contains("betas=[0.9, 0.999]", "amsgrad=false", "params=[2, 3]");
    }
  }

  @ParameterizedTest
  @CsvSource({"false", "true"})
  void readsTensorsThatAreNotContiguous(boolean deflated) throws IOException {
    byte[] floats = {0, 0, 0, 0, 0, 0, (byte) 0x80, 0x3f, 0, 0, 0, 0x40, 0, 0, 0x40, 0x40};
    Path file = save(tensor("Float", "K\2K\2\u0086", "K\1K\2\u0086"), floats, deflated);
    assertThat(read(file)).containsExactly(0, 2, 1, 3);
    file = save(tensor("Float", "K\4\u0085", "K\1\u0085"), floats, deflated);
    assertThat(read(file)).containsExactly(0, 1, 2, 3);
    file = save(tensor("Float", "K\3\u0085", "K\0\u0085"), floats, deflated);
    assertThat(read(file)).containsExactly(0, 0, 0);
  }

  @Test
  void widensBfloat16() throws IOException {
    byte[] values = {0, 0, (byte) 0x80, 0x3f, 0, 0x40, 0x40, (byte) 0xc0};
    Path file = save(tensor("BFloat16", "K\4\u0085", "K\1\u0085"), values, false);
    assertThat(read(file)).containsExactly(0, 1, 2, -3);
  }

  @Test
  void aStorageOfAnotherLengthIsRefused() throws IOException {
    Path file = save(tensor("Float", "K\4\u0085", "K\1\u0085"), new byte[12], false);
    assertThatThrownBy(() -> read(file))
        .isInstanceOf(TorchFileException.class)
        .hasMessageContaining("storage 0 has 12 bytes instead of 16");
  }

  @Test
  void aStorageThatIsMissingIsRefused() throws IOException {
    String pickle = tensor("Float", "K\4\u0085", "K\1\u0085").replace("0X\3", "1X\3");
    Path file = save(pickle, new byte[16], false);
    assertThatThrownBy(() -> read(file))
        .isInstanceOf(TorchFileException.class)
        .hasMessageContaining("storage 1 has -1 bytes");
  }

  @Test
  void aBooleanThatIsNoneIsRefused() throws IOException {
    Path file = save(tensor("Bool", "K\4\u0085", "K\1\u0085"), new byte[] {0, 1, 2, 0}, false);
    assertThatThrownBy(() -> read(file))
        .isInstanceOf(TorchFileException.class)
        .hasMessageContaining("neither 0 nor 1");
  }

  @Test
  void anArchiveThatUnpacksToMuchMoreIsRefused() throws IOException {
    Path file = save(tensor("Float", "K\4\u0085", "K\1\u0085"), new byte[100 << 20], true);
    assertThat(Files.size(file)).isLessThan(1 << 20);
    try (ZipEntries entries = ZipEntries.open(file)) {
      assertThatThrownBy(() -> entries.view("x/data/0", 0, 100 << 20))
          .isInstanceOf(TorchFileException.class)
          .hasMessageContaining("unpacks to 104857600 bytes, which is refused");
    }
    Path pickle = save("N".repeat(20 << 20), new byte[0], true);
    assertThatThrownBy(() -> TorchFile.open(pickle).close())
        .isInstanceOf(TorchFileException.class)
        .hasMessageContaining("more than 16777216");
  }

  @Test
  void anEntryThatIsThereTwiceIsRefused() throws IOException {
    byte[] bytes = Files.readAllBytes(OPTIMIZER);
    String text = new String(bytes, StandardCharsets.ISO_8859_1);
    Path file = folder.resolve("twice.pt");
    // Only in the directory at the end, where names are followed by the next header.
    int last = text.lastIndexOf("optimizer/data/4");
    text = text.substring(0, last) + "optimizer/data/5" + text.substring(last + 16);
    Files.write(file, text.getBytes(StandardCharsets.ISO_8859_1));
    assertThatThrownBy(() -> TorchFile.open(file).close())
        .isInstanceOf(TorchFileException.class)
        .hasMessageContaining("'optimizer/data/5' twice");
  }

  @Test
  void everyTruncationIsRefused() throws IOException {
    byte[] bytes = Files.readAllBytes(OPTIMIZER);
    Path file = folder.resolve("short.pt");
    for (int length = 0; length < bytes.length; length += 7) {
      Files.write(file, java.util.Arrays.copyOf(bytes, length));
      assertThatThrownBy(() -> TorchFile.open(file).close()).isInstanceOf(TorchFileException.class);
    }
  }

  @Test
  void aFlippedBitInATensorIsNoticedBeforeAnythingIsCopied() throws IOException {
    byte[] bytes = Files.readAllBytes(OPTIMIZER);
    try (FileChannel channel = FileChannel.open(OPTIMIZER)) {
      bytes[(int) present(ZipDirectory.read(channel).get("optimizer/data/11")).offset()] ^= 1;
    }
    Path copy = folder.resolve("optimizer.pt");
    Files.write(copy, bytes);
    try (NDManager manager = NDManager.newBaseManager()) {
      Model model = new Model(manager, 16);
      assertThat(model.read(folder)).contains("'optimizer/data/11' has changed");
      assertThat(present(model.state.get("fc1.weight.exp_avg")).toFloatArray()).containsOnly(0);
      assertThat(model.read(CHECKPOINT)).isEmpty();
      assertThat(present(model.state.get("fc1.weight.exp_avg")).toFloatArray()).doesNotContain(0);
      assertThat(present(model.state.get("fc2.bias.step")).getFloat()).isEqualTo(9);
    }
  }

  @Test
  void theStateOfAnotherModelOrOptimizerIsRefused() throws IOException {
    try (NDManager manager = NDManager.newBaseManager()) {
      assertThat(new Model(manager, 15).read(CHECKPOINT))
          .contains("exp_avg of fc1.weight with shape [16, 8], here it is (15, 8)");
      Model model = new Model(manager, 16);
      model.state.remove("fc1.weight.exp_avg_sq");
      assertThat(model.read(CHECKPOINT))
          .contains("of another optimizer: it keeps 'exp_avg_sq' for fc1.weight");
      model = new Model(manager, 16);
      model.state.put("fc2.bias.max_exp_avg_sq", manager.zeros(new Shape(3)));
      assertThat(model.read(CHECKPOINT)).contains("it keeps no max_exp_avg_sq for fc2.bias");
      model = new Model(manager, 16);
      model.groups.remove(1);
      assertThat(model.read(CHECKPOINT))
          .contains("has groups of [2, 2] parameters, this optimizer has groups of [2]");
      assertThat(model.read(folder)).contains("does not exist");
    }
  }

  /** The shapes of the MLP that was saved, with as many hidden units as a test wants. */
  private static final class Model {
    final NDManager manager;
    final Map<String, NDArray> state = new LinkedHashMap<>();
    final List<ParameterGroup> groups;

    Model(NDManager manager, int hidden) {
      this.manager = manager;
      Map<String, Shape> shapes = new LinkedHashMap<>();
      shapes.put("fc1.weight", new Shape(hidden, 8));
      shapes.put("fc1.bias", new Shape(hidden));
      shapes.put("fc2.weight", new Shape(3, hidden));
      shapes.put("fc2.bias", new Shape(3));
      List<NamedParameter> parameters = new java.util.ArrayList<>();
      shapes.forEach(
          (name, shape) -> {
            parameters.add(NamedParameter.of(name, manager.zeros(shape)));
            state.put(name + ".step", manager.create(0f));
            state.put(name + ".exp_avg", manager.zeros(shape));
            state.put(name + ".exp_avg_sq", manager.zeros(shape));
          });
      groups = new java.util.ArrayList<>(ParameterGroup.decayAndNoDecay(parameters, 0.1, 0.1));
    }

    String read(Path folder) {
      return new HuggingFaceCheckpoint(folder).readOptimizer(groups, state, manager, 9).orElse("");
    }
  }

  private static String tensor(String type, String shape, String strides) {
    return TENSOR.replace("TYPE", type).replace("SHAPE", shape).replace("STRIDES", strides);
  }

  private Path save(String pickle, byte[] storage, boolean deflated) throws IOException {
    Path file = folder.resolve("x.pt");
    try (OutputStream out = Files.newOutputStream(file);
        ZipOutputStream zip = new ZipOutputStream(out)) {
      put(zip, "x/data.pkl", pickle.getBytes(StandardCharsets.ISO_8859_1), deflated);
      put(zip, "x/data/0", storage, deflated);
    }
    return file;
  }

  private static void put(ZipOutputStream zip, String name, byte[] bytes, boolean deflated)
      throws IOException {
    ZipEntry entry = new ZipEntry(name);
    if (!deflated) {
      java.util.zip.CRC32 sum = new java.util.zip.CRC32();
      sum.update(bytes);
      entry.setMethod(ZipEntry.STORED);
      entry.setSize(bytes.length);
      entry.setCrc(sum.getValue());
    }
    zip.putNextEntry(entry);
    zip.write(bytes);
    zip.closeEntry();
  }

  private static <T> T present(@Nullable T value) {
    return java.util.Objects.requireNonNull(value);
  }

  private static float[] read(Path path) throws IOException {
    try (TorchFile file = TorchFile.open(path);
        NDManager manager = NDManager.newBaseManager()) {
      NDArray array = file.read((TorchTensor) present(file.value()), manager);
      return Bfloat16.toFloat32(array, manager).toFloatArray();
    }
  }
}
