// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.checkpoint;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.torch.Bfloat16;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Tensors that ranks wrote in pieces, open for reading by any number of ranks: any range of any
 * tensor, from whichever files hold it. A single whole file reads the same way.
 *
 * <p>Opening reads the headers of all files and proves that their pieces cover every tensor exactly
 * once and agree about its type and shape. After that only the bytes that are asked for are read.
 * Safe for use by several threads.
 *
 * <pre>{@code
 * try (TensorPieces pieces = TensorPieces.open(folder, "optimizer")) {
 *   NDArray mine = pieces.read("fc1.weight.exp_avg", start, end, manager);
 * }
 * }</pre>
 */
public final class TensorPieces implements TensorFile {
  private final List<PieceFile> files;
  private final Map<String, Tensor> tensors;

  /** A piece and the file that holds it. */
  private record Piece(PieceFile file, PieceLayout.Range range) {}

  /** A tensor and its pieces in order. */
  private record Tensor(SafetensorsType type, Shape shape, List<Piece> pieces) {
    long width() {
      return type.bits() / Byte.SIZE;
    }
  }

  private TensorPieces(List<PieceFile> files) throws SafetensorsException {
    this.files = files;
    Map<String, List<Piece>> byName = new LinkedHashMap<>();
    for (PieceFile file : files) {
      file.ranges()
          .forEach(
              (name, range) ->
                  byName.computeIfAbsent(name, n -> new ArrayList<>()).add(new Piece(file, range)));
    }
    Map<String, Tensor> found = new LinkedHashMap<>();
    for (Map.Entry<String, List<Piece>> entry : byName.entrySet()) {
      found.put(entry.getKey(), tensor(entry.getKey(), entry.getValue()));
    }
    tensors = Collections.unmodifiableMap(found);
  }

  /**
   * Opens the files that a {@link TensorPiecesWriter} wrote.
   *
   * @param folder a checkpoint
   * @param stem what the names of the files begin with, such as {@code optimizer}
   * @return the open files
   * @throws SafetensorsException if a file is missing, damaged or a link, if there are those of two
   *     saves, or if pieces leave a gap, overlap or contradict each other: file and tensor are named
   * @throws IOException if a file cannot be read
   */
  public static TensorPieces open(Path folder, String stem) throws IOException {
    List<Path> paths = PieceName.find(folder, stem);
    List<PieceFile> files = new ArrayList<>();
    try {
      for (Path path : paths) {
        files.add(PieceFile.open(path, files.size() + 1, paths.size()));
      }
      return new TensorPieces(files);
    } catch (Throwable e) {
      close(files);
      throw e;
    }
  }

  /**
   * Checks that every piece is there, by reading the headers.
   *
   * @param folder where all ranks have written
   * @param stem what the names of the files begin with
   * @throws SafetensorsException as {@link #open} does
   * @throws IOException if a file cannot be read
   */
  public static void check(Path folder, String stem) throws IOException {
    open(folder, stem).close();
  }

  /** Sorts the pieces of a tensor, and proves that each begins where the one before it ends. */
  private static Tensor tensor(String name, List<Piece> pieces) throws SafetensorsException {
    pieces.sort(
        Comparator.comparingLong((Piece piece) -> piece.range().start())
            .thenComparingLong(piece -> piece.range().end()));
    Piece first = pieces.get(0);
    SafetensorsType type = first.file().tensors().info(name).type();
    Shape shape = first.range().shape();
    long end = 0;
    Path before = first.file().path();
    for (Piece piece : pieces) {
      Path path = piece.file().path();
      TensorInfo info = piece.file().tensors().info(name);
      if (info.type() != type || !piece.range().shape().equals(shape)) {
        throw SafetensorsException.of(
            path,
            name,
            "is %s of shape %s, but %s of shape %s in %s"
                .formatted(info.type(), piece.range().shape(), type, shape, before.getFileName()));
      }
      if (piece.range().start() < end) {
        throw SafetensorsException.of(
            path,
            name,
            "elements %d to %d are in %s, too"
                .formatted(
                    piece.range().start(),
                    Math.min(end, piece.range().end()),
                    before.getFileName()));
      }
      requireNoGap(path, name, end, piece.range().start());
      end = piece.range().end();
      before = path;
    }
    requireNoGap(before, name, end, shape.size());
    if (type.bits() % Byte.SIZE != 0) {
      throw SafetensorsException.of(
          before, name, "elements of " + type + " share a byte and have no ranges");
    }
    return new Tensor(type, shape, pieces);
  }

  private static void requireNoGap(Path path, String name, long end, long start)
      throws SafetensorsException {
    if (start > end) {
      throw SafetensorsException.of(
          path, name, "elements %d to %d are in no file".formatted(end, start));
    }
  }

  /** Returns the first of the files. */
  @Override
  public Path source() {
    return files.get(0).path();
  }

  @Override
  public Set<String> names() {
    return tensors.keySet();
  }

  /** Describes a whole tensor; its place is that of its first piece. */
  @Override
  public TensorInfo info(String name) throws SafetensorsException {
    Tensor tensor = tensor(name);
    TensorInfo first = tensor.pieces().get(0).file().tensors().info(name);
    return new TensorInfo(
        name,
        tensor.type(),
        tensor.shape(),
        first.fileOffset(),
        tensor.type().byteLength(tensor.shape()));
  }

  @Override
  public ByteBuffer bytes(String name) throws IOException {
    return bytes(name, 0, tensor(name).shape().size());
  }

  /**
   * Returns the bytes of some elements: mapped where one file holds them all, else a copy.
   *
   * @param name one of {@link #names()}
   * @param start the first element
   * @param end the element after the last
   * @return a read-only, little-endian buffer
   * @throws IllegalArgumentException if that is not a range of the tensor
   * @throws SafetensorsException if there is no such tensor, or they take 2 GiB or more
   * @throws IOException if a file cannot be read
   */
  public ByteBuffer bytes(String name, long start, long end) throws IOException {
    Tensor tensor = tensor(name);
    requireRange(name, tensor, start, end);
    for (Piece piece : tensor.pieces()) {
      if (start >= piece.range().start() && end <= piece.range().end()) {
        long from = (start - piece.range().start()) * tensor.width();
        return piece.file().tensors().bytes(name, from, (end - start) * tensor.width());
      }
    }
    long length = (end - start) * tensor.width();
    if (length > SafetensorsFile.MAX_BUFFER) {
      throw SafetensorsException.of(
          source(), name, "has " + length + " bytes, more than one buffer holds");
    }
    ByteBuffer copy = ByteBuffer.allocate((int) length);
    copy(name, tensor, start * tensor.width(), copy.duplicate());
    return copy.asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * Reads the bytes of some elements, from whichever files hold them.
   *
   * @param name one of {@link #names()}
   * @param start the first element
   * @param target is filled from its position to its limit, with whole elements
   * @throws IllegalArgumentException if that is not a range of the tensor
   * @throws SafetensorsException if there is no such tensor
   * @throws IOException if a file cannot be read
   */
  public void read(String name, long start, ByteBuffer target) throws IOException {
    Tensor tensor = tensor(name);
    requireRange(name, tensor, start, start + target.remaining() / tensor.width());
    copy(name, tensor, start * tensor.width(), target);
  }

  @Override
  public NDArray read(String name, NDManager manager) throws IOException {
    Tensor tensor = tensor(name);
    return read(name, tensor, 0, tensor.shape(), manager);
  }

  /**
   * Reads some elements of a tensor into a new array of its type.
   *
   * @param name one of {@link #names()}
   * @param start the first element
   * @param end the element after the last
   * @param manager owns the array, and says on which device it is created
   * @return a vector of {@code end - start} elements; one of BF16 needs care, see {@link Bfloat16}
   * @throws IllegalArgumentException if that is not a range of the tensor
   * @throws SafetensorsException if there is no such tensor, or there are no arrays of its type
   * @throws IOException if a file cannot be read
   */
  @Override
  public NDArray read(String name, long start, long end, NDManager manager) throws IOException {
    Tensor tensor = tensor(name);
    requireRange(name, tensor, start, end);
    return read(name, tensor, start, new Shape(end - start), manager);
  }

  private NDArray read(String name, Tensor tensor, long start, Shape shape, NDManager manager)
      throws IOException {
    long from = start * tensor.width();
    ArrayBytes.ChunkAction fill =
        (chunk, offset) -> copy(name, tensor, from + offset, chunk.duplicate());
    if (tensor.type() == SafetensorsType.BF16) {
      Shape bytes = new Shape(shape.size() * tensor.width());
      try (NDArray raw = ArrayBytes.read(bytes, DataType.UINT8, manager, fill)) {
        return Bfloat16.fromBytes(raw, shape, manager);
      }
    }
    DataType type =
        tensor
            .type()
            .arrayType()
            .orElseThrow(
                () ->
                    SafetensorsException.of(
                        source(),
                        name,
                        "DJL has no arrays of type " + tensor.type() + "; take its bytes instead"));
    return ArrayBytes.read(shape, type, manager, fill);
  }

  /** Fills a buffer with the bytes of a tensor from {@code at} on, file by file. */
  private static void copy(String name, Tensor tensor, long at, ByteBuffer target)
      throws IOException {
    long from = at;
    for (Piece piece : tensor.pieces()) {
      long start = piece.range().start() * tensor.width();
      long end = piece.range().end() * tensor.width();
      if (from >= start && from < end && target.hasRemaining()) {
        int length = (int) Math.min(end - from, target.remaining());
        piece.file().tensors().read(name, from - start, target.slice(target.position(), length));
        target.position(target.position() + length);
        from += length;
      }
    }
  }

  private static void requireRange(String name, Tensor tensor, long start, long end) {
    if (start < 0 || end < start || end > tensor.shape().size()) {
      throw new IllegalArgumentException(
          "Tensor %s: elements %d to %d are not a range of the %d of shape %s"
              .formatted(name, start, end, tensor.shape().size(), tensor.shape()));
    }
  }

  private Tensor tensor(String name) throws SafetensorsException {
    Tensor tensor = tensors.get(name);
    if (tensor == null) {
      throw SafetensorsException.of(
          source(), name, "is in none of the files, which have " + tensors.size() + " others");
    }
    return tensor;
  }

  /** Closes every file. */
  @Override
  public void close() throws IOException {
    close(files);
  }

  private static void close(List<PieceFile> files) throws IOException {
    IOException failure = null;
    for (PieceFile file : files) {
      try {
        file.tensors().close();
      } catch (IOException e) {
        failure = e;
      }
    }
    if (failure != null) {
      throw failure;
    }
  }
}
