// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.checkpoint.pytorch;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.checkpoint.ArrayBytes;
import dev.trainer4j.checkpoint.SafetensorsType;
import dev.trainer4j.torch.Bfloat16;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A file of {@code torch.save}, open for reading: plain values and tensors.
 *
 * <p>Opening reads the values; the elements of a tensor are read when they are asked for. What the
 * file may hold is for {@link Unpickler} to say.
 */
final class TorchFile implements AutoCloseable {
  /** Arrays of the JVM end a few elements before the largest int. */
  private static final int MAX_BUFFER = Integer.MAX_VALUE - 8;

  private static final int MAX_PICKLE = 16 << 20;
  private static final String PICKLE = "/data.pkl";

  private final ZipEntries entries;
  private final String root;
  private final @Nullable Object value;

  private TorchFile(ZipEntries entries) throws IOException {
    this.entries = entries;
    root = root(entries);
    requireLittleEndian();
    value = Unpickler.read(entries.bytes(root + PICKLE, MAX_PICKLE));
  }

  /**
   * Opens a file.
   *
   * @throws TorchFileException if it is damaged or holds anything but values and tensors
   * @throws IOException if it cannot be read
   */
  static TorchFile open(Path path) throws IOException {
    TorchFileStart.refuseOtherFormats(path);
    ZipEntries entries = ZipEntries.open(path);
    try {
      return new TorchFile(entries);
    } catch (Throwable e) {
      entries.close();
      throw e;
    }
  }

  private static String root(ZipEntries entries) throws TorchFileException {
    List<String> pickles = entries.names().stream().filter(name -> name.endsWith(PICKLE)).toList();
    if (pickles.size() != 1 || pickles.get(0).indexOf('/') != pickles.get(0).lastIndexOf('/')) {
      throw new TorchFileException("is a zip file, but none of torch.save: it has no data.pkl");
    }
    return pickles.get(0).substring(0, pickles.get(0).length() - PICKLE.length());
  }

  private void requireLittleEndian() throws IOException {
    String order = root + "/byteorder";
    if (entries.length(order) >= 0
        && !new String(entries.bytes(order, 16), StandardCharsets.US_ASCII).equals("little")) {
      throw new TorchFileException("is from a machine that is not little-endian");
    }
  }

  /** Returns what was saved. */
  @Nullable Object value() {
    return value;
  }

  /** Checks that the storage of a tensor is there, and as long as the tensors expect. */
  void requireStorage(TorchTensor tensor) throws IOException {
    TorchStorage storage = tensor.storage();
    long expected = storage.type().byteLength(new Shape(storage.elements()));
    long actual = entries.length(entry(storage));
    if (actual != expected) {
      throw new TorchFileException(
          "storage %s has %d bytes instead of %d".formatted(storage.key(), actual, expected));
    }
  }

  /** Checks that the elements of a tensor are there, and are those that were written. */
  void verify(TorchTensor tensor) throws IOException {
    requireStorage(tensor);
    entries.check(entry(tensor.storage()));
  }

  /** Returns where the first element lies, in bytes from the start of the file, if it is not packed. */
  long position(TorchTensor tensor) throws TorchFileException {
    return entries.position(entry(tensor.storage())) + tensor.offset() * tensor.width();
  }

  /**
   * Reads a tensor into a new array of its type; one of BF16 needs care, see {@link Bfloat16}.
   *
   * @param manager owns the array, and says on which device it is created
   */
  NDArray read(TorchTensor tensor, NDManager manager) throws IOException {
    verify(tensor);
    SafetensorsType type = tensor.storage().type();
    if (type == SafetensorsType.BF16) {
      Shape bytes = new Shape(tensor.byteLength());
      try (NDArray raw = ArrayBytes.read(bytes, DataType.UINT8, manager, filler(tensor))) {
        return Bfloat16.fromBytes(raw, tensor.arrayShape(), manager);
      }
    }
    DataType arrayType =
        type.arrayType()
            .orElseThrow(
                () -> new TorchFileException("holds a tensor of " + type + ", unknown to DJL"));
    return ArrayBytes.read(tensor.arrayShape(), arrayType, manager, filler(tensor));
  }

  private ArrayBytes.ChunkAction filler(TorchTensor tensor) throws IOException {
    String entry = entry(tensor.storage());
    if (tensor.isContiguous()
        && tensor.storage().type() != SafetensorsType.BOOL
        && !entries.isDeflated(entry)) {
      long start = tensor.offset() * tensor.width();
      return (chunk, offset) -> entries.read(entry, chunk.duplicate(), start + offset);
    }
    StridedElements elements = new StridedElements(tensor, span(tensor));
    return (chunk, offset) -> elements.copyTo(chunk.duplicate());
  }

  /**
   * Returns the bytes of a tensor below 2 GiB, little-endian and read-only: mapped where its elements
   * lie one after the other, else a copy.
   */
  ByteBuffer bytes(TorchTensor tensor) throws IOException {
    verify(tensor);
    if (tensor.isContiguous()) {
      return span(tensor);
    }
    if (tensor.byteLength() > MAX_BUFFER) {
      throw new TorchFileException("has more bytes than one buffer holds");
    }
    ByteBuffer copy = ByteBuffer.allocate((int) tensor.byteLength());
    new StridedElements(tensor, span(tensor)).copyTo(copy);
    return copy.flip().asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
  }

  /** The bytes from the first element of a tensor to its last. */
  private ByteBuffer span(TorchTensor tensor) throws IOException {
    long width = tensor.width();
    return entries.view(entry(tensor.storage()), tensor.offset() * width, tensor.span() * width);
  }

  private String entry(TorchStorage storage) {
    return root + "/data/" + storage.key();
  }

  @Override
  public void close() throws IOException {
    entries.close();
  }
}
