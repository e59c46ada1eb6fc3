// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FileDatasetsTest {

  @TempDir Path folder;

  private static Path resource(String name) throws Exception {
    return Path.of(FileDatasetsTest.class.getResource(name).toURI());
  }

  @ParameterizedTest
  @ValueSource(strings = {"snappy.parquet", "zstd.parquet"})
  void parquetGivesTextNumbersListsAndStructs(String name) throws Exception {
    Dataset<Map<String, Object>> rows = Datasets.parquet(resource(name));
    assertThat(rows.size()).isEqualTo(3);
    assertThat(rows.get(0))
        .containsEntry("text", "Oslo is far")
        .containsEntry("label", 1L)
        .containsEntry("score", 0.5f)
        .containsEntry("ok", true)
        .containsEntry("input_ids", List.of(1, 2, 3))
        .containsEntry("words", List.of("a", "b"))
        .containsEntry("answers", Map.of("text", List.of("x"), "answer_start", List.of(3L)))
        .containsEntry("nested", List.of(List.of(1L), List.of(2L, 3L)))
        .containsEntry("raw", new byte[] {0, -1})
        .containsEntry("tag", "u");
    assertThat(rows.get(0).keySet())
        .containsExactly(
            "text",
            "label",
            "score",
            "ok",
            "input_ids",
            "words",
            "answers",
            "nested",
            "raw",
            "tag");
    assertThat(rows.get(1)).containsEntry("text", null).containsEntry("score", null);
    assertThat(rows.get(1)).containsEntry("input_ids", List.of());
    assertThat(rows.get(1)).containsEntry("words", Arrays.asList((Object) null));
    assertThat(rows.get(2)).containsEntry("text", "Lima 😀").containsEntry("input_ids", null);

    List<Map<String, Object>> streamed = new ArrayList<>();
    Iterator<Map<String, Object>> stream = Datasets.streamParquet(resource(name)).iterator(0);
    stream.forEachRemaining(streamed::add);
    assertThat(streamed).extracting(row -> row.get("label")).containsExactly(1L, 0L, 2L);
  }

  @Test
  void damagedParquetIsAnErrorThatNamesTheFile() throws Exception {
    byte[] whole = Files.readAllBytes(resource("snappy.parquet"));
    Path damaged = folder.resolve("damaged.parquet");
    Files.write(damaged, Arrays.copyOf(whole, whole.length / 2));
    assertThatThrownBy(() -> Datasets.parquet(damaged))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("damaged.parquet");
    Files.writeString(damaged, "no parquet");
    assertThatThrownBy(() -> Datasets.parquet(damaged))
        .hasMessageStartingWith(damaged + ": cannot be read as Parquet: it is not a Parquet file");
    assertThatThrownBy(() -> Datasets.parquet(folder.resolve("none.parquet")))
        .hasMessageContaining("does not exist");
    assertThatThrownBy(
            () ->
                Datasets.parquet(
                    resource("snappy.parquet"), row -> Long.parseLong((String) row.get("text"))))
        .hasMessageContaining("snappy.parquet, row 0: the mapper failed");
  }

  @Test
  void aCompressionThatNeedsHadoopIsAnErrorThatSaysSo() throws Exception {
    assertThatThrownBy(() -> Datasets.parquet(resource("gzip.parquet")))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("gzip.parquet: is compressed")
        .hasMessageContaining("snappy, zstd or lz4");
  }

  @Test
  void withoutTheLibraryTheErrorShowsWhatToAdd() throws Exception {
    URL own = Datasets.class.getProtectionDomain().getCodeSource().getLocation();
    URL slf4j = org.slf4j.Logger.class.getProtectionDomain().getCodeSource().getLocation();
    try (URLClassLoader bare =
        new URLClassLoader(new URL[] {own, slf4j}, ClassLoader.getPlatformClassLoader())) {
      var method = bare.loadClass(Datasets.class.getName()).getMethod("parquet", Path.class);
      assertThatThrownBy(() -> method.invoke(null, resource("snappy.parquet")))
          .rootCause()
          .isInstanceOf(ClassNotFoundException.class);
      assertThatThrownBy(() -> method.invoke(null, resource("snappy.parquet")))
          .cause()
          .hasMessageContaining("blue.strategic.parquet:parquet-floor:");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"UINT16", "UINT32"})
  void tokenFilesAreBlocksOfIds(String type) throws IOException {
    TokenType tokens = TokenType.valueOf(type);
    ByteBuffer bytes = ByteBuffer.allocate(11 * tokens.bytes).order(ByteOrder.LITTLE_ENDIAN);
    for (int id = 65_525; id < 65_536; id++) {
      if (tokens == TokenType.UINT16) {
        bytes.putShort((short) id);
      } else {
        bytes.putInt(id);
      }
    }
    Path file = Files.write(folder.resolve("train.bin"), bytes.array());
    Dataset<Map<String, Object>> blocks = Datasets.tokenFile(file, tokens, 4);
    assertThat(blocks.size()).isEqualTo(2);
    assertThat((int[]) blocks.get(1).get("input_ids")).containsExactly(65529, 65530, 65531, 65532);
    assertThat((int[]) blocks.get(1).get("labels")).containsExactly(65529, 65530, 65531, 65532);
  }

  @Test
  void mappedFilesAreReadAcrossTheirSegments() throws IOException {
    byte[] bytes = new byte[1000];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) i;
    }
    Path file = Files.write(folder.resolve("bytes"), bytes);
    MappedFile mapped = MappedFile.open(file, 64);
    assertThat(mapped.size()).isEqualTo(1000);
    assertThat(mapped.read(50, 300)).isEqualTo(Arrays.copyOfRange(bytes, 50, 350));
    assertThat(mapped.read(936, 64)).isEqualTo(Arrays.copyOfRange(bytes, 936, 1000));
  }

  @Test
  void wrongTokenFilesAreErrors() throws IOException {
    Path odd = Files.write(folder.resolve("odd.bin"), new byte[7]);
    assertThatThrownBy(() -> Datasets.tokenFile(odd, TokenType.UINT16, 2))
        .hasMessageContaining("7 bytes, which are no whole number of UINT16 ids");
    Path small = Files.write(folder.resolve("small.bin"), new byte[8]);
    assertThatThrownBy(() -> Datasets.tokenFile(small, TokenType.UINT16, 5))
        .hasMessageContaining("4 tokens, fewer than a block of 5");
    Path high = Files.write(folder.resolve("high.bin"), new byte[] {0, 0, 0, -1});
    assertThatThrownBy(() -> Datasets.tokenFile(high, TokenType.UINT32, 1).get(0))
        .hasMessageContaining("token 0: is beyond");
  }

  @Test
  void textLinesKeepEmptyOnes() throws IOException {
    Path file = Files.writeString(folder.resolve("text"), "\ufeffone\n\nthree\r\nfour");
    Dataset<String> lines = Datasets.textLines(file);
    assertThat(List.of(lines.get(0), lines.get(1), lines.get(2), lines.get(3)))
        .containsExactly("one", "", "three", "four");
    Files.write(file, new byte[] {'a', '\n', (byte) 0xff});
    assertThatThrownBy(() -> Datasets.textLines(file)).hasMessageContaining("line 2: is not UTF-8");
  }

  @Test
  void groupedTextsDropOnlyTheEnd() {
    List<int[]> texts = List.of(new int[] {1, 2, 3}, new int[0], new int[] {4, 5, 6, 7, 8});
    Dataset<Map<String, Object>> blocks = Datasets.groupTexts(texts, 3);
    assertThat(blocks.size()).isEqualTo(2);
    assertThat((int[]) blocks.get(0).get("input_ids")).containsExactly(1, 2, 3);
    assertThat((int[]) blocks.get(1).get("labels")).containsExactly(4, 5, 6);
    assertThatThrownBy(() -> Datasets.groupTexts(texts, 9)).hasMessageContaining("8 tokens");
  }

  @Test
  void aFolderInPlaceOfAFileIsCalledOneAndAFileInItIsNamed() throws IOException {
    Path parts = Files.createDirectory(folder.resolve("data.parquet"));
    for (String name : List.of("_SUCCESS", ".part-00000.parquet.crc", "part-00001", "part-00000")) {
      Files.writeString(parts.resolve(name), "x");
    }
    List<ThrowingCallable> readers =
        List.of(
            () -> Datasets.parquet(parts),
            () -> Datasets.streamParquet(parts).iterator(0),
            () -> Datasets.csv(parts),
            () -> Datasets.jsonLines(parts),
            () -> Datasets.textLines(parts),
            () -> Datasets.tokenFile(parts, TokenType.UINT16, 2));
    for (ThrowingCallable reader : readers) {
      assertThatThrownBy(reader)
          .isInstanceOf(DataException.class)
          .hasMessage(
              parts + " is a folder, but one file is read: name a file in it, such as part-00000.");
    }
    Path empty = Files.createDirectory(folder.resolve("empty"));
    assertThatThrownBy(() -> Datasets.parquet(empty)).hasMessageContaining("it holds none");
    assertThatThrownBy(() -> Datasets.parquet(folder.resolve("none")))
        .hasMessageContaining("does not exist");
  }

  @Test
  void anInterruptIsNotTakenForTheFilesFault() throws IOException {
    Path file = Files.write(folder.resolve("train.bin"), new byte[64]);
    Thread.currentThread().interrupt();
    try {
      assertThatThrownBy(() -> Datasets.tokenFile(file, TokenType.UINT16, 4))
          .hasMessage("Interrupted while reading " + file + ".");
    } finally {
      boolean unused = Thread.interrupted();
    }
  }

  @Test
  void aPointerOfGitLfsIsCalledByItsName() throws IOException {
    Path file =
        Files.writeString(
            folder.resolve("data"),
            "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a21\nsize 12345\n");
    List<ThrowingCallable> readers =
        List.of(
            () -> Datasets.csv(file),
            () -> Datasets.jsonLines(file),
            () -> Datasets.textLines(file),
            () -> Datasets.parquet(file),
            () -> Datasets.tokenFile(file, TokenType.UINT16, 2));
    for (ThrowingCallable reader : readers) {
      assertThatThrownBy(reader)
          .isInstanceOf(DataException.class)
          .hasMessage(
              file
                  + " is a pointer of Git LFS, not the file itself: run git lfs pull in its folder.");
    }
  }

  @Test
  void aLineThatIsNoJsonIsAnErrorWhenItIsAskedForAndThoseBehindItAreRead() throws IOException {
    Path file =
        Files.writeString(folder.resolve("broken.jsonl"), "{\"a\": 1}\n\n{\"a\n{\"a\": 3}\n");
    Dataset<Map<String, Object>> rows = Datasets.lenientJsonLines(file);
    assertThat(rows.size()).isEqualTo(3);
    assertThat(rows.get(0)).isEqualTo(Map.of("a", 1));
    assertThat(rows.get(2)).isEqualTo(Map.of("a", 3));
    assertThat(rows.origin(1)).isEqualTo(file + ", line 3");
    assertThatThrownBy(() -> rows.get(1))
        .isInstanceOf(DataException.class)
        .hasMessageContaining(file + ", line 3: ")
        .hasMessageContaining("is not valid JSON");

    var stream = Datasets.streamJsonLines(file).iterator(0);
    assertThat(stream.next()).isEqualTo(Map.of("a", 1));
    assertThatThrownBy(stream::next).hasMessageContaining("line 3");
    assertThat(stream.next()).isEqualTo(Map.of("a", 3));
    assertThat(((OriginIterator<?>) stream).origin()).isEqualTo(file + ", line 4");
  }
}
