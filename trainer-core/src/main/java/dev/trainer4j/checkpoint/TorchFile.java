// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.checkpoint;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.nio.ByteBuffer;
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

  /** Checks that the elements of a tensor are there, and are those that were written. */
  void verify(TorchTensor tensor) throws IOException {
    TorchStorage storage = tensor.storage();
    long expected = storage.type().byteLength(new Shape(storage.elements()));
    long actual = entries.length(entry(storage));
    if (actual != expected) {
      throw new TorchFileException(
          "storage %s has %d bytes instead of %d".formatted(storage.key(), actual, expected));
    }
    entries.check(entry(storage));
  }

  /**
   * Reads a tensor into a new array. BF16 becomes FLOAT32, for DJL has no such arrays.
   *
   * @param manager owns the array, which is on the CPU
   */
  NDArray read(TorchTensor tensor, NDManager manager) throws IOException {
    verify(tensor);
    SafetensorsType type = tensor.storage().type();
    DataType arrayType =
        type == SafetensorsType.BF16
            ? DataType.FLOAT32
            : type.arrayType()
                .orElseThrow(
                    () -> new TorchFileException("holds a tensor of " + type + ", unknown to DJL"));
    Shape shape = new Shape(tensor.shape().stream().mapToLong(Long::longValue).toArray());
    try (NDManager host = manager.newSubManager(Device.cpu())) {
      NDArray array = ArrayBytes.read(shape, arrayType, host, filler(tensor));
      array.attach(manager);
      return array;
    }
  }

  private ArrayBytes.ChunkAction filler(TorchTensor tensor) throws IOException {
    TorchStorage storage = tensor.storage();
    String entry = entry(storage);
    int width = storage.type().bits() / 8;
    boolean asItIs =
        tensor.isContiguous()
            && storage.type() != SafetensorsType.BF16
            && storage.type() != SafetensorsType.BOOL
            && !entries.isDeflated(entry);
    if (asItIs) {
      long start = tensor.offset() * width;
      return (chunk, offset) -> entries.read(entry, chunk.duplicate(), start + offset);
    }
    StridedElements elements = new StridedElements(tensor, storage(tensor));
    return (chunk, offset) -> elements.copyTo(chunk.duplicate().order(chunk.order()));
  }

  /** Returns the bytes of a tensor's storage, which {@link #verify} has found to be all there. */
  ByteBuffer storage(TorchTensor tensor) throws IOException {
    return entries.view(entry(tensor.storage()));
  }

  private String entry(TorchStorage storage) {
    return root + "/data/" + storage.key();
  }

  @Override
  public void close() throws IOException {
    entries.close();
  }
}
