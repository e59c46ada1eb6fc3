// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.trainer4j.checkpoint.pytorch.TorchFileException;
import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.torch.ArrayScope;
import dev.trainer4j.torch.Autograd;
import dev.trainer4j.torch.Bfloat16;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Folders whose weights torch.save wrote, held to the logits that transformers gets from them. */
class PytorchFolderTest {
  private static final Path FOLDERS = Path.of("src/test/resources/parity/pytorch");
  private static final String WEIGHTS = "pytorch_model.bin";

  @TempDir Path temporary;

  @ParameterizedTest
  @ValueSource(strings = {"gpt2", "gpt2-shards-half", "bert-bfloat16"})
  void logitsAreThoseOfTransformers(String name) throws IOException {
    assertLogits(FOLDERS.resolve(name), FOLDERS.resolve(name));
  }

  @Test
  void aSavedFolderIsSafetensorsAndGivesTheSameLogits() throws IOException {
    try (PretrainedModel model = load(FOLDERS.resolve("gpt2"))) {
      model.save(temporary);
    }
    assertThat(temporary.resolve("model.safetensors")).exists();
    assertThat(temporary.resolve(WEIGHTS)).doesNotExist();
    assertLogits(temporary, FOLDERS.resolve("gpt2"));
  }

  @Test
  void safetensorsWinWhereBothAreThere() throws IOException {
    try (PretrainedModel model = load(FOLDERS.resolve("gpt2"))) {
      model.save(temporary);
    }
    Files.writeString(temporary.resolve(WEIGHTS), "not even a file of torch");
    assertLogits(temporary, FOLDERS.resolve("gpt2"));
  }

  @Test
  void theTypeOfTheFileIsKeptWhereItIsAskedFor() throws IOException {
    LoadOptions options = ParityModels.cpu().withAutoDtype();
    try (PretrainedModel model = AutoModels.load(FOLDERS.resolve("bert-bfloat16"), options)) {
      assertThat(model.state().values()).allMatch(Bfloat16::is);
    }
  }

  /** As for transformers, which then finds none of the names; there the model begins anew. */
  @ParameterizedTest
  @ValueSource(strings = {"module.", "_orig_mod."})
  void namesOfAWrappedModelAreNotThoseOfTheModel(String prefix) throws IOException {
    Path original = FOLDERS.resolve("gpt2");
    Files.copy(original.resolve("config.json"), temporary.resolve("config.json"));
    rename(original.resolve(WEIGHTS), temporary.resolve(WEIGHTS), "transformer.", prefix);
    assertThatThrownBy(() -> load(temporary).close())
        .isInstanceOf(PretrainedException.class)
        .hasMessageContaining(temporary.resolve(WEIGHTS).toString())
        .hasMessageContaining("missing: transformer.wpe.weight")
        .hasMessageContaining("unexpected: " + prefix + "wte.weight");
  }

  @Test
  void aTruncatedFileIsRefusedByItsName() throws IOException {
    Path original = FOLDERS.resolve("gpt2");
    Files.copy(original.resolve("config.json"), temporary.resolve("config.json"));
    byte[] bytes = Files.readAllBytes(original.resolve(WEIGHTS));
    Files.write(temporary.resolve(WEIGHTS), java.util.Arrays.copyOf(bytes, bytes.length / 2));
    assertThatThrownBy(() -> load(temporary).close())
        .isInstanceOf(TorchFileException.class)
        .hasMessageStartingWith(temporary.resolve(WEIGHTS) + ": is not a zip file")
        .hasMessageContaining("save_pretrained");
  }

  private static void assertLogits(Path folder, Path figures) throws IOException {
    JsonNode golden = new ObjectMapper().readTree(figures.resolve("golden.json").toFile());
    JsonNode logits = ((ObjectNode) golden).remove("logits");
    try (PretrainedModel model = load(folder);
        Autograd.Recording off = Autograd.record(false);
        ArrayScope scope = ArrayScope.open();
        NDManager manager = model.manager().newSubManager()) {
      ModelInputs inputs = ParityModels.inputs(golden, manager);
      NDArray actual = model.forward(inputs, false).get("logits");
      float[] values = actual.toFloatArray();
      assertThat(values).hasSize(logits.size());
      for (int i = 0; i < values.length; i++) {
        assertThat(values[i]).isCloseTo(logits.get(i).floatValue(), within(1e-5f));
      }
    }
  }

  private static PretrainedModel load(Path folder) throws IOException {
    return AutoModels.load(folder, ParityModels.cpu());
  }

  /** Copies an archive, with names in its pickle that begin in another way. */
  private static void rename(Path from, Path to, String prefix, String other) throws IOException {
    try (ZipFile original = new ZipFile(from.toFile());
        ZipOutputStream copy = new ZipOutputStream(Files.newOutputStream(to))) {
      for (ZipEntry entry : original.stream().toList()) {
        byte[] bytes = original.getInputStream(entry).readAllBytes();
        if (entry.getName().endsWith("/data.pkl")) {
          bytes = renamed(new String(bytes, StandardCharsets.ISO_8859_1), prefix, other);
        }
        CRC32 sum = new CRC32();
        sum.update(bytes);
        ZipEntry written = new ZipEntry(entry.getName());
        written.setMethod(ZipEntry.STORED);
        written.setSize(bytes.length);
        written.setCrc(sum.getValue());
        copy.putNextEntry(written);
        copy.write(bytes);
      }
    }
  }

  /** A text in a pickle is X, its length in four bytes, and its letters. */
  private static byte[] renamed(String pickle, String prefix, String other) {
    StringBuilder result = new StringBuilder(pickle);
    int at = result.indexOf(prefix);
    while (at >= 0) {
      int length = result.charAt(at - 4);
      if (result.charAt(at - 5) == 'X') {
        result.setCharAt(at - 4, (char) (length - prefix.length() + other.length()));
        result.replace(at, at + prefix.length(), other);
      }
      at = result.indexOf(prefix, at + other.length());
    }
    return result.toString().getBytes(StandardCharsets.ISO_8859_1);
  }
}
