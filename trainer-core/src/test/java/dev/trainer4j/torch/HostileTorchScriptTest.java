// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Archives on which libtorch overflows its stack, or its loader fails without a word: refused, by file and entry. */
class HostileTorchScriptTest {

  private static final int MANY = 3_000;

  @TempDir Path folder;

  private static Map<String, byte[]> good() throws IOException {
    Map<String, byte[]> entries = new LinkedHashMap<>();
    URL file = HostileTorchScriptTest.class.getResource("/torchscript/net.pt");
    try (ZipFile zip = new ZipFile(Path.of(file.toURI()).toFile())) {
      for (ZipEntry entry : Collections.list(zip.entries())) {
        entries.put(entry.getName(), zip.getInputStream(entry).readAllBytes());
      }
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
    return entries;
  }

  private Path write(String end, UnaryOperator<byte[]> change) throws IOException {
    Path file = folder.resolve("model.pt");
    boolean changed = false;
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
      for (Map.Entry<String, byte[]> entry : good().entrySet()) {
        boolean mine = entry.getKey().endsWith(end);
        byte[] bytes = mine ? change.apply(entry.getValue()) : entry.getValue();
        changed |= mine;
        ZipEntry stored = new ZipEntry(entry.getKey());
        stored.setMethod(ZipEntry.STORED);
        stored.setSize(bytes.length);
        CRC32 crc = new CRC32();
        crc.update(bytes);
        stored.setCrc(crc.getValue());
        zip.putNextEntry(stored);
        zip.write(bytes);
      }
    }
    assertThat(changed).isTrue();
    return file;
  }

  private void load(Path file) throws IOException {
    try (NDManager manager = TorchEngine.get().newBaseManager(Device.cpu());
        TorchScriptModule module = TorchScriptModule.load(file, manager)) {
      assertThat(module.parameters()).isNotEmpty();
    }
  }

  /** Puts a line before the first return of the model's own class. */
  private Path withLine(String line) throws IOException {
    return write(
        "code/__torch__.py",
        bytes ->
            new String(bytes, StandardCharsets.UTF_8)
                .replaceFirst("    return ", "    " + line + "\n    return ")
                .getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void whatPytorchWroteIsLoaded() throws IOException {
    load(write("version", bytes -> bytes));
  }

  /** libtorch would read them for the message about a source that it does not take, and end the JVM. */
  @Test
  void positionsOfSourcesAreNeitherNeededNorRead() throws IOException {
    Path damaged = write(".debug_pkl", bytes -> Arrays.copyOf(bytes, bytes.length / 2));
    load(damaged);
    Path without = folder.resolve("without.pt");
    try (PlainArchive plain = PlainArchive.of(damaged)) {
      assertThat(plain.file()).isNotEqualTo(damaged);
      Files.copy(plain.file(), without);
      try (ZipFile before = new ZipFile(damaged.toFile());
          ZipFile after = new ZipFile(without.toFile())) {
        assertThat(before.stream().map(ZipEntry::getName))
            .filteredOn(name -> !name.endsWith(".debug_pkl"))
            .containsExactlyElementsOf(after.stream().map(ZipEntry::getName).toList())
            .hasSizeLessThan(before.size());
      }
    }
    load(without);
    try (PlainArchive plain = PlainArchive.of(without)) {
      assertThat(plain.file()).isEqualTo(without);
    }
    assertThat(without).exists();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "(; 1; )",
        "[; 1; ]",
        "-; 1; ''",
        "'not '; True; ''",
        "''; 1; ' + 1'",
        "''; x; .shape",
        "''; x; (1)",
        "List[; int; ]",
        "'1 if True else '; 1; ''"
      })
  void deepExpressionsAreRefused(String before, String middle, String after) throws IOException {
    Path file = withLine("y = " + before.repeat(MANY) + middle + after.repeat(MANY));
    assertThatThrownBy(() -> load(file))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("model.pt is no TorchScript file that can be loaded")
        .hasMessageContaining("code/__torch__.py nests more than 200 levels");
  }

  @Test
  void expressionsUpToTheLimitAreLoaded() throws IOException {
    load(withLine("y = " + "(".repeat(190) + "1" + ")".repeat(190)));
    load(withLine("y = [" + "-1, ".repeat(MANY) + "-1]  # " + "(".repeat(MANY)));
    load(withLine("y = \"" + "(".repeat(MANY) + "\""));
  }

  @Test
  void deepBlocksAreRefused() throws IOException {
    StringBuilder blocks = new StringBuilder("y = 1\n");
    for (int i = 0; i < MANY; i++) {
      blocks.append("  ".repeat(i + 2)).append("if True:\n");
    }
    Path file = withLine(blocks.append("  ".repeat(MANY + 2)).append("y = 2").toString());
    assertThatThrownBy(() -> load(file)).hasMessageContaining("nests more than 200 levels");
  }

  @ParameterizedTest
  @ValueSource(strings = {"\n", "  \n", "    # nothing\n"})
  void manyLinesThatHoldNothingAreRefused(String nothing) throws IOException {
    Path file = withLine("y = 1\n" + nothing.repeat(2 * MANY) + "    y = 2");
    assertThatThrownBy(() -> load(file))
        .hasMessageContaining("code/__torch__.py has more than 200 empty lines or comments");
    load(withLine("y = 1\n" + nothing.repeat(199) + "    y = 2"));
  }

  @Test
  void longChainsOfClassesAndMethodsAreRefused() throws IOException {
    Path classes =
        write(
            "code/__torch__.py",
            bytes -> append(bytes, chain("class C%d(Module):\n  c : __torch__.C%d\n")));
    assertThatThrownBy(() -> load(classes))
        .hasMessageContaining("needs a chain of more than 300 classes and functions");
    Path functions =
        write(
            "code/__torch__.py",
            bytes -> append(bytes, chain("def f%d(x: int) -> int:\n  return __torch__.f%d(x)\n")));
    assertThatThrownBy(() -> load(functions))
        .hasMessageContaining("needs a chain of more than 300 classes and functions");
  }

  private static String chain(String definition) {
    StringBuilder text = new StringBuilder("\n");
    for (int i = 0; i < MANY; i++) {
      text.append(String.format(definition, i, i + 1));
    }
    return text.toString();
  }

  private static byte[] append(byte[] bytes, String text) {
    return (new String(bytes, StandardCharsets.UTF_8) + text).getBytes(StandardCharsets.UTF_8);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "); \u0085; nests more than 500 objects within each other",
        "(; (; ends before",
        "']q\u0001'; 'h\u0001a'; contains itself",
        "''; 'h\u0001'; was not put away",
        "']r\u0001\u0001\u0001\u0010'; ''; puts an object away at 268501249",
        "''; a; ends in the middle of an instruction",
        "''; 0; unknown instruction 0x30"
      })
  void hostilePicklesAreRefused(String begin, String repeated, String expected) throws IOException {
    String pickle = "\u0080\u0002" + begin + repeated.repeat(MANY) + ".";
    Path file = write("data.pkl", bytes -> pickle.getBytes(StandardCharsets.ISO_8859_1));
    assertThatThrownBy(() -> load(file))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(
            expected.equals("ends before") ? "model.pt is no TorchScript file" : expected);
  }

  /** libtorch parses the names of classes, and the types of lists and dictionaries, as it does a source. */
  @Test
  void deepNamesOfTypesInPicklesAreRefused() throws IOException {
    String name = "x.".repeat(MANY) + "Net";
    String type = "List[".repeat(MANY) + "int" + "]".repeat(MANY);
    requireRefused("c__torch__." + name + "\nNet\n)\u0081");
    requireRefused("c__torch__\n" + type + "\n)\u0081");
    String length =
        new String(
            ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(type.length()).array(),
            StandardCharsets.ISO_8859_1);
    requireRefused("ctorch.jit._pickle\nrestore_type_tag\n]X" + length + type + "\u0086R");
  }

  private void requireRefused(String objects) throws IOException {
    String pickle = "\u0080\u0002" + objects + ".";
    Path file = write("data.pkl", bytes -> pickle.getBytes(StandardCharsets.ISO_8859_1));
    assertThatThrownBy(() -> load(file))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("data.pkl has the name of a type that nests more than 200 levels");
  }

  @Test
  void typesOutsideOfCodeAreCountedAsCode() throws IOException {
    String deep = "List[".repeat(MANY) + "int" + "]".repeat(MANY);
    assertThatThrownBy(() -> load(withLine("y = 1  # type: " + deep)))
        .hasMessageContaining("nests more than 200 levels");
    String hidden = "y = \"\"\" \" \"\"\" + " + "(".repeat(MANY) + "1" + ")".repeat(MANY);
    assertThatThrownBy(() -> load(withLine(hidden)))
        .hasMessageContaining("nests more than 200 levels");
    load(withLine("y = \"\"\" \" " + "(".repeat(MANY) + "\n \"\"\""));
  }

  @Test
  void whatIsNoArchiveIsSaidToBeNone() throws IOException {
    Path file = Files.writeString(folder.resolve("model.pt"), "no zip");
    assertThatThrownBy(() -> load(file))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("model.pt is no TorchScript file that can be loaded");
    Files.writeString(file, "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a21\n");
    assertThatThrownBy(() -> load(file))
        .hasMessage(
            file + " is a pointer of Git LFS, not the file itself: run git lfs pull in its folder");
  }
}
