// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.torch.Bfloat16;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TensorPiecesTest {
  private static final String STEM = "optimizer";

  private final Path folder;
  private final NDManager manager = NDManager.newBaseManager();

  TensorPiecesTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @AfterEach
  void close() {
    manager.close();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 5})
  void whatThreeRanksWroteIsReadByAnyNumberToTheBit(int readers) throws IOException {
    Map<String, NDArray> arrays = arrays();
    writeBy(3, arrays);
    try (TensorPieces pieces = open()) {
      assertThat(pieces.names()).containsExactlyInAnyOrderElementsOf(arrays.keySet());
      for (Map.Entry<String, NDArray> array : arrays.entrySet()) {
        String name = array.getKey();
        long size = array.getValue().size();
        assertThat(pieces.info(name).shape()).isEqualTo(array.getValue().getShape());
        List<Byte> read = new ArrayList<>();
        List<Byte> mapped = new ArrayList<>();
        for (int rank = 0; rank < readers; rank++) {
          long start = size * rank / readers;
          long end = size * (rank + 1) / readers;
          NDArray part = pieces.read(name, start, end, manager);
          assertThat(part.getShape()).isEqualTo(new Shape(end - start));
          addAll(read, bytes(part));
          addAll(mapped, bytes(pieces.bytes(name, start, end)));
        }
        assertThat(read).as(name).isEqualTo(list(bytes(array.getValue())));
        assertThat(mapped).as(name).isEqualTo(read);
      }
    }
  }

  @Test
  void aWholeTensorComesBackInItsShape() throws IOException {
    Map<String, NDArray> arrays = arrays();
    writeBy(3, arrays);
    try (TensorPieces pieces = open()) {
      for (Map.Entry<String, NDArray> array : arrays.entrySet()) {
        NDArray whole = pieces.read(array.getKey(), manager);
        assertThat(whole.getShape()).isEqualTo(array.getValue().getShape());
        assertThat(bytes(whole)).isEqualTo(bytes(array.getValue()));
        assertThat(bytes(pieces.bytes(array.getKey()))).isEqualTo(bytes(whole));
      }
    }
  }

  @Test
  void aWorldOfOneWritesTheUsualFileAndManyReadIt() throws IOException {
    Map<String, NDArray> arrays = arrays();
    writeBy(1, arrays);
    Path usual = folder.resolve("usual.safetensors");
    SafetensorsWriter.write(usual, arrays);
    assertThat(folder.resolve("optimizer.safetensors")).hasSameBinaryContentAs(usual);
    try (TensorPieces pieces = open()) {
      assertThat(pieces.read("weight.exp_avg", 5, 9, manager).toFloatArray())
          .containsExactly(5, 6, 7, 8);
      assertThat(pieces.source()).hasFileName("optimizer.safetensors");
    }
  }

  @Test
  void oneRankLoadsPiecesAsItLoadsAWholeFile() throws IOException {
    Map<String, NDArray> arrays = arrays();
    writeBy(3, arrays);
    Map<String, NDArray> state = new LinkedHashMap<>();
    state.put("weight.exp_avg", manager.zeros(new Shape(5, 4)));
    try (TensorPieces pieces = open()) {
      assertThatThrownBy(() -> TensorFiles.load(pieces, state, manager, "optimizer"))
          .isInstanceOf(CheckpointMismatchException.class)
          .hasMessageContaining("unexpected weight.step");
    }
    writeBy(2, Map.of("weight.exp_avg", arrays.get("weight.exp_avg")));
    removeFilesOf(3);
    try (TensorPieces pieces = new CheckpointFiles(folder).openOptimizer()) {
      TensorFiles.load(pieces, state, manager, "optimizer");
    }
    assertThat(state.get("weight.exp_avg")).isEqualTo(arrays.get("weight.exp_avg"));
  }

  @Test
  void aPieceThatIsNotAskedForIsNotRead() throws IOException {
    writeBy(3, Map.of("flags", manager.create(new boolean[] {true, false, true})));
    Path last = file(3, 3);
    byte[] bytes = Files.readAllBytes(last);
    bytes[bytes.length - 1] = 2; // Neither true nor false: reading it is refused.
    Files.write(last, bytes);
    try (TensorPieces pieces = open()) {
      assertThat(pieces.read("flags", 0, 2, manager).toBooleanArray()).containsExactly(true, false);
      assertThatThrownBy(() -> pieces.read("flags", manager))
          .isInstanceOf(SafetensorsException.class)
          .hasMessageContaining(last + ": tensor 'flags': BOOL holds 2");
    }
  }

  @Test
  void whatRanksWroteIsCommittedWithOneManifest() throws Exception {
    Map<String, NDArray> arrays = arrays();
    CheckpointStore store = new CheckpointStore(folder.resolve("out"));
    Path committed;
    try (PendingCheckpoint pending = store.begin(4, temporary -> {})) {
      ExecutorService ranks = Executors.newFixedThreadPool(3);
      try {
        List<Callable<Boolean>> writers = new ArrayList<>();
        for (int rank = 0; rank < 3; rank++) {
          int number = rank;
          writers.add(
              () -> {
                new CheckpointFiles(pending.folder())
                    .writeOptimizerPieces(number, 3, cut(arrays, number, 3));
                return true;
              });
        }
        for (Future<Boolean> done : ranks.invokeAll(writers)) {
          done.get();
        }
      } finally {
        ranks.shutdown();
      }
      committed = pending.commit(temporary -> TensorPieces.check(temporary, STEM));
    }
    assertThat(store.verify(committed).status()).isEqualTo(CheckpointVerification.Status.VALID);
    assertThat(Manifest.read(committed).files().stream().map(Manifest.Entry::name))
        .contains(file(1, 3).getFileName().toString(), file(3, 3).getFileName().toString());
    byte[] piece = Files.readAllBytes(committed.resolve(file(2, 3).getFileName()));
    piece[piece.length - 1] ^= 1;
    Files.write(committed.resolve(file(2, 3).getFileName()), piece);
    assertThat(store.verify(committed).summary()).contains("optimizer-00002-of-00003");
  }

  @Test
  void aCheckpointThatLacksThePiecesOfARankIsNotCommitted() throws IOException {
    Map<String, NDArray> arrays = arrays();
    CheckpointStore store = new CheckpointStore(folder.resolve("out"));
    try (PendingCheckpoint pending = store.begin(4, temporary -> {})) {
      for (int rank = 0; rank < 2; rank++) {
        TensorPiecesWriter.write(pending.folder(), STEM, rank, 3, cut(arrays, rank, 3));
      }
      assertThatThrownBy(() -> pending.commit(temporary -> TensorPieces.check(temporary, STEM)))
          .isInstanceOf(CheckpointException.class)
          .rootCause()
          .hasMessageContaining("optimizer-00003-of-00003.safetensors: is missing");
    }
    assertThat(store.list()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void aMissingFileIsNamed(int part) throws IOException {
    writeBy(3, arrays());
    Files.delete(file(part, 3));
    assertRefused(file(part, 3), "is missing, and its pieces with it");
  }

  @ParameterizedTest
  @CsvSource({
    "0, 8, 7, 20, 2, 'elements 7 to 8 are in optimizer-00001-of-00002.safetensors, too'",
    "0, 20, 3, 5, 2, 'elements 3 to 5 are in optimizer-00001-of-00002.safetensors, too'",
    "0, 8, 10, 20, 2, elements 8 to 10 are in no file",
    "2, 8, 8, 20, 1, elements 0 to 2 are in no file",
    "0, 8, 8, 19, 2, elements 19 to 20 are in no file",
    "0, 20, 0, 20, 2, 'elements 0 to 20 are in optimizer-00001-of-00002.safetensors, too'",
  })
  void piecesThatLeaveAGapOrOverlapAreRefused(
      long start, long end, long otherStart, long otherEnd, int blamed, String message)
      throws IOException {
    NDArray values = manager.arange(20f);
    write(1, 2, TensorPiece.of("w", new Shape(5, 4), start, part(values, start, end)));
    write(
        2, 2, TensorPiece.of("w", new Shape(5, 4), otherStart, part(values, otherStart, otherEnd)));
    assertRefused(file(blamed, 2), "tensor 'w': " + message);
  }

  @Test
  void piecesThatContradictEachOtherAreRefused() throws IOException {
    NDArray values = manager.arange(20f);
    write(1, 2, TensorPiece.of("w", new Shape(5, 4), 0, part(values, 0, 8)));
    write(2, 2, TensorPiece.of("w", new Shape(4, 5), 8, part(values, 8, 20)));
    assertRefused(
        file(2, 2), "is F32 of shape (4, 5), but F32 of shape (5, 4) in optimizer-00001-of-00002");
    NDArray doubles = part(values, 8, 20).toType(DataType.FLOAT64, false);
    write(2, 2, TensorPiece.of("w", new Shape(5, 4), 8, doubles));
    assertRefused(file(2, 2), "is F64 of shape (5, 4), but F32 of shape (5, 4)");
  }

  @Test
  void filesOfTwoSavesAreRefused() throws IOException {
    writeBy(3, arrays());
    writeBy(2, arrays());
    assertRefused(folder, "in files of saves by", "keep one of them");
    removeFilesOf(2);
    writeBy(1, arrays());
    assertRefused(folder, "in files of saves by", "keep one of them");
  }

  @Test
  void aFileThatWasRenamedIsRefused() throws IOException {
    writeBy(3, arrays());
    Files.copy(file(1, 3), file(2, 3), java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    assertRefused(file(2, 3), "is part 1 of 3 by its content: was it renamed?");
  }

  @Test
  void everyTruncationIsRefusedByTheFile() throws IOException {
    writeBy(2, arrays());
    byte[] bytes = Files.readAllBytes(file(2, 2));
    for (int length = 0; length < bytes.length; length += 11) {
      Files.write(file(2, 2), Arrays.copyOf(bytes, length));
      assertRefused(file(2, 2), "optimizer-00002-of-00002");
    }
  }

  @Test
  void aLinkIsRefused() throws IOException {
    writeBy(2, arrays());
    Files.move(file(2, 2), folder.resolve("elsewhere"));
    Files.createSymbolicLink(file(2, 2), folder.resolve("elsewhere"));
    assertRefused(file(2, 2), "is not a regular file");
  }

  @Test
  void aFileThatDoesNotSayWhatItHoldsIsRefused() throws IOException {
    writeBy(2, arrays());
    SafetensorsWriter.write(file(2, 2), Map.of("w", manager.arange(3f)));
    assertRefused(file(2, 2), "does not say which pieces it holds");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "| lists no tensors",
        "{\"part\": | is not valid JSON",
        "[] | lists no tensors",
        "{\"part\":1,\"of\":2,\"tensors\":{\"w\":{\"shape\":[5],\"start\":3,\"end\":6}}} | no range",
        "{\"part\":1,\"of\":2,\"tensors\":{\"w\":{\"shape\":[-5],\"start\":0,\"end\":0}}} | no range",
        "{\"part\":1,\"of\":2,\"tensors\":{\"w\":{\"shape\":3,\"start\":0,\"end\":3}}} | no range",
        "{\"part\":1,\"of\":2,\"tensors\":{\"w\":{\"shape\":[4294967296,4294967296],\"start\":0,\"end\":3}}}"
            + " | no range",
        "{\"part\":1,\"of\":2,\"tensors\":{\"w\":{\"shape\":[9],\"start\":0.5,\"end\":3}}} | no range",
        "{\"part\":1,\"of\":2,\"tensors\":{\"w\":{\"shape\":[9],\"start\":0,\"end\":4}}}"
            + " | has shape (3), its metadata says elements 0 to 4",
        "{\"part\":1,\"of\":2,\"tensors\":{}} | tensor 'w': is not in its metadata pieces",
        "{\"part\":1,\"of\":2,\"tensors\":{\"v\":{\"shape\":[3],\"start\":0,\"end\":3}}} | 'v': is not",
        "{\"part\":3,\"of\":2,\"tensors\":{}} | which part of how many",
        "{\"tensors\":{}} | which part of how many",
        "{\"part\":1,\"part\":1,\"of\":2,\"tensors\":{}} | is not valid JSON",
      })
  void metadataThatLiesIsRefused(String metadata, String message) throws IOException {
    write(2, 2);
    String json = metadata == null ? "" : metadata;
    SafetensorsWriter.write(
        file(1, 2),
        List.of(TensorSource.of("w", manager.arange(3f))),
        Map.of(PieceLayout.KEY, json));
    assertRefused(file(1, 2), message.equals("no range") ? "is not a range of a shape" : message);
  }

  @Test
  void mutatedFilesAreRefusedOrReadable() throws IOException {
    writeBy(2, arrays());
    byte[] original = Files.readAllBytes(file(2, 2));
    Mutations mutations = new Mutations(20261128);
    int refused = 0;
    for (int i = 0; i < 2_000; i++) {
      Files.write(file(2, 2), mutations.mutate(original));
      try (TensorPieces pieces = open()) {
        for (String name : pieces.names()) {
          assertThat(pieces.bytes(name).remaining()).isEqualTo(pieces.info(name).byteLength());
        }
      } catch (SafetensorsException e) {
        assertThat(e).hasMessageStartingWith(folder.toString());
        refused++;
      }
    }
    assertThat(refused).isBetween(500, 1_999);
  }

  @Test
  void whatIsNoPieceIsRefusedBeforeItIsWritten() {
    NDArray values = manager.arange(20f);
    assertThatThrownBy(() -> TensorPiece.of("w", new Shape(5, 4), 1, values))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("elements 1 to 21 are not a range of the 20 of shape (5, 4)");
    TensorPiece half = TensorPiece.of("w", new Shape(5, 8), 0, values);
    assertThatThrownBy(() -> write(1, 1, half))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("all that a world of one has");
    assertThatThrownBy(() -> write(1, 2, half, half))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("Two tensors are named w");
    assertThatThrownBy(() -> write(3, 2, half))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("rank is 2 in a world of 2");
  }

  @Test
  void whatIsNotThereIsRefusedByName() throws IOException {
    assertRefused(folder, "neither optimizer.safetensors nor optimizer-00001-of-0000N");
    assertThat(new CheckpointFiles(folder).canResume()).isFalse();
    Files.write(folder.resolve("optimizer-00001-of-00000.safetensors"), new byte[8]);
    assertRefused(folder, "neither optimizer.safetensors nor optimizer-00001-of-0000N");
    writeBy(2, arrays());
    try (TensorPieces pieces = open()) {
      assertThatThrownBy(() -> pieces.read("v", manager)).hasMessageContaining("'v': is in none");
      assertThatThrownBy(() -> pieces.read("weight.exp_avg", 3, 21, manager))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("elements 3 to 21 are not a range of the 20");
    }
  }

  /** Tensors of every kind that a state may hold, among them one that ranks cannot share. */
  private Map<String, NDArray> arrays() {
    Map<String, NDArray> arrays = new LinkedHashMap<>();
    arrays.put("weight.exp_avg", manager.arange(20f).reshape(5, 4));
    arrays.put("weight.step", manager.create(7f));
    NDArray halves = manager.arange(11f).div(8);
    arrays.put("half", halves.toType(DataType.FLOAT16, false));
    arrays.put("bfloat16", Bfloat16.of(manager.arange(6f).reshape(2, 3), manager));
    arrays.put("long", manager.create(new long[] {-1, Long.MAX_VALUE, 3, 4}));
    arrays.put("flags", manager.create(new boolean[] {true, false, true, true, false}));
    arrays.put("empty", manager.create(new Shape(0, 3)));
    return arrays;
  }

  private void writeBy(int ranks, Map<String, NDArray> arrays) throws IOException {
    for (int rank = 0; rank < ranks; rank++) {
      TensorPiecesWriter.write(folder, STEM, rank, ranks, cut(arrays, rank, ranks));
    }
  }

  /** The share of a rank: all but the last have one element too few, so that cuts are uneven. */
  private List<TensorPiece> cut(Map<String, NDArray> arrays, int rank, int ranks) {
    List<TensorPiece> pieces = new ArrayList<>();
    for (Map.Entry<String, NDArray> array : arrays.entrySet()) {
      long size = array.getValue().size();
      long share = ranks == 1 ? size : Math.max(1, size / ranks - 1);
      long start = Math.min(size, rank * share);
      long end = rank == ranks - 1 ? size : Math.min(size, start + share);
      Shape shape = array.getValue().getShape();
      if (end > start || size == 0 && rank == 0) {
        NDArray part = part(array.getValue(), start, end);
        pieces.add(TensorPiece.of(array.getKey(), shape, start, part));
      }
    }
    return pieces;
  }

  private NDArray part(NDArray array, long start, long end) {
    if (Bfloat16.is(array)) {
      NDArray bytes = Bfloat16.bytes(array, start, end, manager);
      return Bfloat16.fromBytes(bytes, new Shape(end - start), manager);
    }
    return array.size() == end - start
        ? array
        : array.reshape(-1).get(new NDIndex(start + ":" + end));
  }

  private void write(int part, int of, TensorPiece... pieces) throws IOException {
    TensorPiecesWriter.write(folder, STEM, part - 1, of, List.of(pieces));
  }

  private Path file(int part, int of) {
    return folder.resolve("optimizer-%05d-of-%05d.safetensors".formatted(part, of));
  }

  private void removeFilesOf(int ranks) throws IOException {
    for (int part = 1; part <= ranks; part++) {
      Files.delete(file(part, ranks));
    }
  }

  private TensorPieces open() throws IOException {
    return TensorPieces.open(folder, STEM);
  }

  private void assertRefused(Path named, String... messages) {
    assertThatThrownBy(() -> open().close())
        .isInstanceOf(SafetensorsException.class)
        .hasMessageStartingWith(named + ": ")
        .message()
        .contains(messages);
  }

  private byte[] bytes(NDArray array) {
    if (Bfloat16.is(array)) {
      return bytes(Bfloat16.bytes(array, 0, array.size(), manager));
    }
    return array.size() == 0 ? new byte[0] : bytes(array.toByteBuffer());
  }

  private static byte[] bytes(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.remaining()];
    buffer.get(bytes);
    return bytes;
  }

  private static void addAll(List<Byte> list, byte[] bytes) {
    for (byte value : bytes) {
      list.add(value);
    }
  }

  private static List<Byte> list(byte[] bytes) {
    List<Byte> list = new ArrayList<>();
    addAll(list, bytes);
    return list;
  }
}
