// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever the bytes, a parser answers with its own exception or with something consistent. */
class MutationTest {
  private static final int ROUNDS = 6_000;
  private static final long SEED = 20260131;

  private final Path folder;

  MutationTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @Test
  void mutatedHeadersAreRefusedOrConsistent() throws IOException {
    byte[] file = Files.readAllBytes(SafetensorsFileTest.PYTHON);
    int headerLength = (int) ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getLong();
    byte[] header = Arrays.copyOfRange(file, 8, 8 + headerLength);
    int data = file.length - 8 - header.length;
    Mutations mutations = new Mutations(SEED);
    int refused = 0;
    for (int i = 0; i < ROUNDS; i++) {
      byte[] mutant = mutations.mutate(header);
      long size = 8L + mutant.length + data;
      try {
        SafetensorsHeader parsed = SafetensorsHeader.parse(Path.of("m"), mutant, size);
        long total = parsed.tensors().values().stream().mapToLong(TensorInfo::byteLength).sum();
        assertThat(total).isEqualTo(data);
      } catch (SafetensorsException e) {
        refused++;
      }
    }
    // Most damage is noticed; what is not renamed a tensor or changed the metadata.
    assertThat(refused).isBetween(ROUNDS / 2, ROUNDS - 1);
  }

  @Test
  void mutatedFilesAreRefusedOrReadable() throws IOException {
    byte[] file = Files.readAllBytes(SafetensorsFileTest.PYTHON);
    Mutations mutations = new Mutations(SEED);
    Path path = folder.resolve("m.safetensors");
    for (int i = 0; i < 1_000; i++) {
      Files.write(path, mutations.mutate(file));
      try (SafetensorsFile opened = SafetensorsFile.open(path)) {
        for (String name : opened.names()) {
          assertThat(opened.info(name).fileOffset()).isBetween(8L, Files.size(path));
        }
      } catch (SafetensorsException e) {
        assertThat(e).hasMessageStartingWith(path.toString());
      }
    }
  }

  @Test
  void mutatedManifestsAreRefusedOrConsistent() {
    String hash = "0123456789abcdef".repeat(4);
    byte[] manifest =
        new Manifest(
                "0.1.0",
                500,
                List.of(
                    new Manifest.Entry("model.safetensors", 123456789, hash),
                    new Manifest.Entry("adapters/a/config.json", 0, hash)))
            .toJson();
    Mutations mutations = new Mutations(SEED);
    int refused = 0;
    for (int i = 0; i < ROUNDS; i++) {
      try {
        Manifest parsed = Manifest.parse(mutations.mutate(manifest));
        for (Manifest.Entry entry : parsed.files()) {
          Path resolved = folder.resolve(entry.name()).normalize();
          assertThat(resolved).startsWithRaw(folder).isNotEqualTo(folder);
        }
      } catch (CheckpointException e) {
        refused++;
      }
    }
    assertThat(refused).isBetween(ROUNDS / 4, ROUNDS - 1);
  }

  @Test
  void deepNestingIsRefusedWithoutExhaustingTheStack() {
    byte[] deep = ("{\"a\":" + "[".repeat(1_000_000)).getBytes(StandardCharsets.UTF_8);
    byte[] hidden = ("{\"a\":{\"later\":" + "[".repeat(1_000_000)).getBytes(StandardCharsets.UTF_8);
    Path file = Path.of("m");
    assertThatThrownBy(() -> SafetensorsHeader.parse(file, deep, deep.length + 8L))
        .isInstanceOf(SafetensorsException.class);
    assertThatThrownBy(() -> SafetensorsHeader.parse(file, hidden, hidden.length + 8L))
        .isInstanceOf(SafetensorsException.class);
    assertThatThrownBy(() -> Manifest.parse(deep)).isInstanceOf(CheckpointException.class);
  }
}
