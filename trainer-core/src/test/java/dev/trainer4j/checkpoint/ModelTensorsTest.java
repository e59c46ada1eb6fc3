// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.testing.CapturedLog;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ModelTensorsTest {
  private static final String INDEX = "model.safetensors.index.json";

  private final Path folder;

  ModelTensorsTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @Test
  void aModelUpToTheLimitIsOneFile() throws IOException {
    write(100, "a", 50, "b", 50);
    assertThat(names()).containsExactly("model.safetensors");
    assertThat(contents()).isEqualTo(Map.of("a", 50L, "b", 50L));
  }

  @Test
  void filesAreFilledInOrderAndLargeTensorsStandAlone() {
    // The example in the documentation of Hugging Face's rule, and one that exceeds the limit.
    assertThat(cut(10, 6, 6, 2, 6, 2, 2)).containsExactly("6", "6 2", "6 2 2");
    assertThat(cut(10, 4, 11, 6, 1)).containsExactly("11", "4 6", "1");
    assertThat(cut(10)).containsExactly("");
  }

  @Test
  void aLargerModelIsCutAndReadThroughItsIndex() throws IOException {
    write(100, "a", 60, "b", 30, "c", 20, "d", 200);
    assertThat(names())
        .containsExactly(
            "model-00001-of-00003.safetensors",
            "model-00002-of-00003.safetensors",
            "model-00003-of-00003.safetensors",
            INDEX);
    assertThat(Files.readString(folder.resolve(INDEX)))
        .isEqualToNormalizingNewlines(
            """
            {
              "metadata" : {
                "total_size" : 310
              },
              "weight_map" : {
                "a" : "model-00001-of-00003.safetensors",
                "b" : "model-00001-of-00003.safetensors",
                "c" : "model-00003-of-00003.safetensors",
                "d" : "model-00002-of-00003.safetensors"
              }
            }
            """);
    assertThat(contents()).isEqualTo(Map.of("a", 60L, "b", 30L, "c", 20L, "d", 200L));
  }

  @Test
  void anotherFormReplacesTheOneBefore() throws IOException {
    write(10, "a", 8, "b", 8);
    write(100, "a", 8);
    assertThat(names()).containsExactly("model.safetensors");
    write(10, "a", 8, "b", 8);
    assertThat(names()).hasSize(3).doesNotContain("model.safetensors");
    write(20, "a", 8, "b", 8, "c", 8);
    assertThat(names()).hasSize(3).contains("model-00002-of-00002.safetensors");
    assertThat(contents()).containsOnlyKeys("a", "b", "c");
  }

  @Test
  void loadsIntoArraysAndNamesTheIndexWhereTheyDiffer() throws IOException {
    write(10, "a", 8, "b", 8);
    try (NDManager manager = NDManager.newBaseManager();
        ModelTensors tensors = ModelTensors.open(folder)) {
      NDArray a = manager.zeros(new Shape(8), ai.djl.ndarray.types.DataType.INT8);
      NDArray b = a.duplicate();
      TensorFiles.load(tensors, Map.of("a", a, "b", b), manager, "model");
      assertThat(b.toByteArray()).containsOnly(1);
      assertThatThrownBy(() -> TensorFiles.load(tensors, Map.of("a", a), manager, "model"))
          .isInstanceOf(CheckpointMismatchException.class)
          .hasMessageContaining(INDEX)
          .hasMessageContaining("unexpected b");
    }
  }

  @Test
  void aMissingShardIsNamed() throws IOException {
    write(10, "a", 8, "b", 8);
    Files.delete(folder.resolve("model-00002-of-00002.safetensors"));
    assertRefused("model-00002-of-00002.safetensors is missing");
  }

  @Test
  void aTensorThatItsShardLacksIsNamed() throws IOException {
    write(10, "a", 8, "b", 8);
    editIndex("\"b\"", "\"c\"");
    assertRefused("'c': is not in model-00002-of-00002.safetensors");
  }

  @Test
  void aTensorInTwoShardsIsNamed() throws IOException {
    write(10, "a", 8, "b", 8);
    rewrite("model-00001-of-00002.safetensors", "a", "b");
    assertRefused("'b': is in two files");
  }

  @Test
  void aTensorThatTheIndexLacksIsNamed() throws IOException {
    write(10, "a", 8, "b", 8);
    rewrite("model-00002-of-00002.safetensors", "b", "stray");
    assertRefused("'stray': is in model-00002-of-00002.safetensors and not in the index");
  }

  @Test
  void aPretrainedModelMayConsistOfLinksAsInHuggingFacesCache() throws IOException {
    write(10, "a", 8, "b", 8);
    Path snapshot = Files.createDirectories(folder.resolve("snapshots/0123abc"));
    Path blobs = Files.createDirectory(folder.resolve("blobs"));
    String[] names = {
      "model-00001-of-00002.safetensors",
      "model-00002-of-00002.safetensors",
      "model.safetensors.index.json"
    };
    for (String name : names) {
      Files.move(folder.resolve(name), blobs.resolve("hash-of-" + name));
      Files.createSymbolicLink(snapshot.resolve(name), Path.of("../../blobs/hash-of-" + name));
    }
    try (ModelTensors tensors = ModelTensors.openPretrained(snapshot)) {
      assertThat(tensors.names()).containsExactly("a", "b");
      assertThat(tensors.bytes("b").remaining()).isEqualTo(8);
    }
    assertThatThrownBy(() -> ModelTensors.open(snapshot)).isInstanceOf(SafetensorsException.class);
    Files.delete(blobs.resolve("hash-of-" + names[1]));
    assertThatThrownBy(() -> ModelTensors.openPretrained(snapshot))
        .isInstanceOf(SafetensorsException.class)
        .hasMessageContaining(names[1] + " is missing");
  }

  @Test
  void aShardThatIsALinkIsRefused() throws IOException {
    write(10, "a", 8, "b", 8);
    Path shard = folder.resolve("model-00002-of-00002.safetensors");
    Files.move(shard, folder.resolve("elsewhere"));
    Files.createSymbolicLink(shard, folder.resolve("elsewhere"));
    assertRefused("model-00002-of-00002.safetensors is a symbolic link");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "../model.safetensors",
        "/etc/model.safetensors",
        "sub/model.safetensors",
        "sub\\\\model.safetensors",
        "C:model.safetensors",
        "..safetensors",
        "model.bin",
        "m\\u0000.safetensors",
        ""
      })
  void aNameThatIsNoneOfAFileBesideIsRefused(String name) throws IOException {
    Files.writeString(folder.resolve(INDEX), "{\"weight_map\":{\"a\":\"" + name + "\"}}");
    assertRefused("is not the name of a safetensors file beside");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[]",
        "{}",
        "{\"weight_map\":{}}",
        "{\"weight_map\":{\"a\":\"m.safetensors\",\"a\":\"m.safetensors\"}}",
        "{\"weight_map\":{\"a\":\"m.safetensors\"},\"metadata\":{\"total_size\":-1}}",
        "{\"weight_map\":{\"a\":\"m.safetensors\"},\"metadata\":{\"total_size\":\"many\"}}",
        "{\"weight_map\":{\"a\":1}}",
        "{\"weight_map\":{\"a\":\"m.safetensors\"}} more"
      })
  void anIndexThatIsNoneIsRefused(String json) throws IOException {
    Files.writeString(folder.resolve(INDEX), json);
    assertRefused(INDEX);
  }

  @Test
  void aWrongTotalIsTold() throws IOException {
    write(10, "a", 8, "b", 8);
    editIndex("16", "17.0");
    try (CapturedLog log = new CapturedLog(ModelTensors.class)) {
      contents();
      assertThat(log.warnings()).singleElement().asString().contains("17").contains("16 bytes");
    }
  }

  @Test
  void aFolderWithoutAModelIsRefused() {
    assertRefused("there is neither model.safetensors nor " + INDEX);
  }

  @Test
  void ofPickledWeightsItIsToldThatTheyAreNotRead() throws IOException {
    Files.write(folder.resolve("pytorch_model.bin"), new byte[1]);
    assertRefused("pytorch_model.bin is not read");
    assertRefused("save_pretrained");
  }

  private void assertRefused(String message) {
    assertThatThrownBy(() -> ModelTensors.open(folder).close())
        .isInstanceOf(SafetensorsException.class)
        .hasMessageContaining(message);
  }

  private void write(long maxShardSize, Object... namesAndSizes) throws IOException {
    try (NDManager manager = NDManager.newBaseManager()) {
      Map<String, NDArray> arrays = new LinkedHashMap<>();
      for (int i = 0; i < namesAndSizes.length; i += 2) {
        NDArray ones =
            manager.ones(
                new Shape((Integer) namesAndSizes[i + 1]), ai.djl.ndarray.types.DataType.INT8);
        arrays.put((String) namesAndSizes[i], ones);
      }
      ModelTensorsWriter.write(folder, arrays, maxShardSize);
    }
  }

  private void rewrite(String shard, String... names) throws IOException {
    SafetensorsWriter.write(
        folder.resolve(shard),
        java.util.stream.Stream.of(names).map(n -> source(n, 8)).toList(),
        Map.of());
  }

  private static TensorSource source(String name, int size) {
    return new TensorSource(
        name,
        SafetensorsType.I8,
        new Shape(size),
        channel -> channel.write(java.nio.ByteBuffer.allocate(size)));
  }

  private static List<String> cut(long limit, int... sizes) {
    List<TensorSource> tensors =
        java.util.stream.IntStream.range(0, sizes.length)
            .mapToObj(i -> source("t" + i, sizes[i]))
            .toList();
    return ModelTensorsWriter.cut(tensors, limit).stream()
        .map(
            shard ->
                String.join(" ", shard.stream().map(t -> String.valueOf(t.byteLength())).toList()))
        .toList();
  }

  private void editIndex(String from, String to) throws IOException {
    Path index = folder.resolve(INDEX);
    Files.writeString(index, Files.readString(index).replace(from, to));
  }

  private Map<String, Long> contents() throws IOException {
    try (ModelTensors tensors = ModelTensors.open(folder)) {
      Map<String, Long> contents = new LinkedHashMap<>();
      for (String name : tensors.names()) {
        contents.put(name, tensors.info(name).byteLength());
        assertThat(tensors.bytes(name).get(0)).isEqualTo((byte) 1);
      }
      return contents;
    }
  }

  private List<String> names() throws IOException {
    try (var files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void whatAKilledSaveLeftIsRemovedByTheNextAndNothingElse() throws IOException {
    String id = "-0badcafe-1234-5678-9abc-0123456789ab";
    for (String left :
        List.of(
            ".model.safetensors.index.json.tmp" + id,
            ".model.safetensors.index.json.tmp",
            ".model.safetensors.tmp" + id,
            ".model-00007-of-00009.safetensors.tmp" + id)) {
      Files.writeString(folder.resolve(left), "half");
    }
    List<String> others =
        List.of(".model.safetensors.tmp-mine", ".other.safetensors.tmp" + id, "model.tmp" + id);
    for (String other : others) {
      Files.writeString(folder.resolve(other), "somebody's");
    }

    write(10, "a", 8, "b", 8);

    assertThat(names()).contains(INDEX).containsAll(others).hasSize(3 + others.size());
  }

  @Test
  void anInterruptDoesNotBreakOffASaveAndIsKept() throws IOException {
    Thread.currentThread().interrupt();
    try {
      write(10, "a", 8, "b", 8);
      assertThat(Thread.interrupted()).isTrue();
    } finally {
      boolean unused = Thread.interrupted();
    }
    assertThat(contents()).isEqualTo(Map.of("a", 8L, "b", 8L));
  }
}
