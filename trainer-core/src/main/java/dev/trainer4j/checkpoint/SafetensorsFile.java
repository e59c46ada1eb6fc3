// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.checkpoint;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.file.GitLfsPointer;
import dev.trainer4j.torch.Bfloat16;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A safetensors file, open for reading; of any length.
 *
 * <p>Opening reads and checks the header only. A tensor is mapped into memory when its bytes are
 * first asked for. Safe for use by several threads.
 *
 * <pre>{@code
 * try (SafetensorsFile file = SafetensorsFile.open(Path.of("model.safetensors"))) {
 *   NDArray weight = file.read("classifier.weight", manager);
 * }
 * }</pre>
 */
public final class SafetensorsFile implements TensorFile {
  /** Arrays of the JVM end a few elements before the largest int. */
  static final int MAX_BUFFER = Integer.MAX_VALUE - 8;

  private final Path path;
  private final FileChannel channel;
  private final SafetensorsHeader header;
  private final Map<String, ByteBuffer> mapped = new ConcurrentHashMap<>();

  private SafetensorsFile(Path path, FileChannel channel, SafetensorsHeader header) {
    this.path = path;
    this.channel = channel;
    this.header = header;
  }

  /**
   * Opens a file and checks its header against the length of the file.
   *
   * @param path the file; symbolic links are followed
   * @return the open file
   * @throws SafetensorsException if the header is damaged or its tensors do not fill the file
   *     exactly
   * @throws IOException if the file cannot be read
   */
  public static SafetensorsFile open(Path path) throws IOException {
    FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
    try {
      return new SafetensorsFile(path, channel, readHeader(path, channel));
    } catch (Throwable e) {
      channel.close();
      throw e;
    }
  }

  private static SafetensorsHeader readHeader(Path path, FileChannel channel) throws IOException {
    long size = channel.size();
    ByteBuffer prefix =
        ByteBuffer.allocate(SafetensorsHeader.PREFIX).order(ByteOrder.LITTLE_ENDIAN);
    if (size < prefix.capacity()) {
      throw new SafetensorsException(
          path, "has " + size + " bytes, too short for a safetensors file: is it truncated?");
    }
    readFully(path, channel, prefix, 0);
    long length = prefix.getLong(0);
    if (length < 0 || length > SafetensorsHeader.MAX_LENGTH) {
      if (size >= GitLfsPointer.LENGTH) {
        ByteBuffer start = ByteBuffer.allocate(GitLfsPointer.LENGTH);
        readFully(path, channel, start, 0);
        if (GitLfsPointer.isOne(start.array())) {
          throw new SafetensorsException(path, GitLfsPointer.PROBLEM);
        }
      }
      throw new SafetensorsException(
          path,
          "claims a header of "
              + Long.toUnsignedString(length)
              + " bytes; the format allows "
              + SafetensorsHeader.MAX_LENGTH
              + ": is it a safetensors file?");
    }
    if (length > size - prefix.capacity()) {
      throw new SafetensorsException(
          path, "the header of " + length + " bytes ends after the file: is it truncated?");
    }
    long heap = Runtime.getRuntime().maxMemory();
    if (length > SafetensorsHeader.maxLength(heap)) {
      throw new SafetensorsException(
          path,
          "has a header of "
              + length
              + " bytes, more than the "
              + SafetensorsHeader.maxLength(heap)
              + " that are read with a heap of "
              + heap
              + ". Headers of real files have less than 10 MB; give the JVM more heap (-Xmx) if you"
              + " trust this one");
    }
    ByteBuffer json = ByteBuffer.allocate((int) length);
    readFully(path, channel, json, prefix.capacity());
    return SafetensorsHeader.parse(path, json.array(), size);
  }

  /**
   * Returns the free text of the file.
   *
   * @return key to value, empty if the file has none
   */
  public Map<String, String> metadata() {
    return header.metadata();
  }

  @Override
  public Path source() {
    return path;
  }

  /**
   * Returns the names of the tensors.
   *
   * @return in the order of the header
   */
  @Override
  public Set<String> names() {
    return header.tensors().keySet();
  }

  /**
   * Describes a tensor.
   *
   * @param name one of {@link #names()}
   * @return its type, shape and place
   * @throws SafetensorsException if the file has no such tensor
   */
  @Override
  public TensorInfo info(String name) throws SafetensorsException {
    TensorInfo info = header.tensors().get(name);
    if (info == null) {
      throw SafetensorsException.of(
          path, name, "is not in the file, which has " + names().size() + " others");
    }
    return info;
  }

  /**
   * Returns the bytes of a tensor without copying them. The buffer stays usable after the file is
   * closed. A file that another process shortens meanwhile makes reads of the buffer fail with an
   * {@link InternalError}; {@link #read} has no such hole.
   *
   * @param name one of {@link #names()}
   * @return a read-only, little-endian view, independent of earlier ones
   * @throws SafetensorsException if the file has no such tensor, or it takes 2 GiB or more
   * @throws IOException if the file cannot be mapped
   */
  @Override
  public ByteBuffer bytes(String name) throws IOException {
    TensorInfo info = info(name);
    if (info.byteLength() > Integer.MAX_VALUE) {
      throw SafetensorsException.of(
          path, name, "has " + info.byteLength() + " bytes, more than one buffer holds");
    }
    ByteBuffer bytes = mapped.get(name);
    if (bytes == null) {
      // Two threads may both map it; one mapping wins, the other is garbage.
      bytes = channel.map(MapMode.READ_ONLY, info.fileOffset(), info.byteLength());
      mapped.put(name, bytes);
    }
    return bytes.duplicate().order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * Reads a tensor of any length into a new array of the same type.
   *
   * <p>BF16 gives an array that needs care, see {@link Bfloat16}; {@link #readFloat32} gives one
   * that does not.
   *
   * @param name one of {@link #names()}
   * @param manager owns the array, and says on which device it is created
   * @return an array with memory of its own
   * @throws SafetensorsException if the file has no such tensor, if there are no arrays of its type
   *     (it is neither BF16 nor has an {@link SafetensorsType#arrayType()}; use {@link #bytes}
   *     then), or if a BOOL is neither 0 nor 1
   * @throws IOException if the file cannot be read
   */
  @Override
  public NDArray read(String name, NDManager manager) throws IOException {
    TensorInfo info = info(name);
    if (info.type() == SafetensorsType.BF16) {
      return readBfloat16(name, info, manager);
    }
    DataType type =
        info.type()
            .arrayType()
            .orElseThrow(
                () ->
                    SafetensorsException.of(
                        path,
                        name,
                        "DJL has no arrays of type " + info.type() + "; take its bytes instead"));
    return fill(name, 0, info.shape(), type, manager);
  }

  /** Reads from the place of those elements on, and no others. */
  @Override
  public NDArray read(String name, long start, long end, NDManager manager) throws IOException {
    TensorInfo info = info(name);
    ElementRange.require(info, start, end);
    Shape shape = new Shape(end - start);
    if (info.type() == SafetensorsType.BF16) {
      try (NDArray bytes =
          fill(name, 2 * start, new Shape(2 * (end - start)), DataType.UINT8, manager)) {
        return Bfloat16.fromBytes(bytes, shape, manager);
      }
    }
    DataType type = info.type().arrayType().orElse(null);
    if (type == null || info.type().bits() % Byte.SIZE != 0) {
      throw SafetensorsException.of(
          path, name, "DJL has no arrays of type " + info.type() + "; take its bytes instead");
    }
    return fill(name, start * (info.type().bits() / Byte.SIZE), shape, type, manager);
  }

  private NDArray readBfloat16(String name, TensorInfo info, NDManager manager) throws IOException {
    try (NDArray bytes = fill(name, 0, new Shape(info.byteLength()), DataType.UINT8, manager)) {
      return Bfloat16.fromBytes(bytes, info.shape(), manager);
    }
  }

  /** Read, not mapped: a borrowed read-only page would end the JVM at the first write to it. */
  private NDArray fill(String name, long from, Shape shape, DataType type, NDManager manager)
      throws IOException {
    return ArrayBytes.read(
        shape, type, manager, (chunk, offset) -> read(name, from + offset, chunk.duplicate()));
  }

  /** Fills a buffer with bytes of a tensor, from {@code offset} on. */
  void read(String name, long offset, ByteBuffer target) throws IOException {
    TensorInfo info = info(name);
    requireInside(info, offset, target.remaining());
    readFully(path, channel, target.duplicate(), info.fileOffset() + offset);
    if (info.type() == SafetensorsType.BOOL) {
      checkBooleans(name, target.duplicate());
    }
  }

  /** Maps bytes of a tensor, from {@code offset} on, and no others. */
  ByteBuffer bytes(String name, long offset, long length) throws IOException {
    TensorInfo info = info(name);
    requireInside(info, offset, length);
    if (length > Integer.MAX_VALUE) {
      throw SafetensorsException.of(
          path, name, "has " + length + " bytes there, more than one buffer holds");
    }
    return channel
        .map(MapMode.READ_ONLY, info.fileOffset() + offset, length)
        .order(ByteOrder.LITTLE_ENDIAN);
  }

  /** A caller that asks for more would be given bytes of the next tensor. */
  private static void requireInside(TensorInfo info, long offset, long length) {
    if (offset < 0 || length < 0 || length > info.byteLength() - offset) {
      throw new IndexOutOfBoundsException(
          "%d bytes at %d of tensor %s, which has %d"
              .formatted(length, offset, info.name(), info.byteLength()));
    }
  }

  /** C++ takes any other value of a bool for undefined behaviour. */
  private void checkBooleans(String name, ByteBuffer values) throws SafetensorsException {
    while (values.hasRemaining()) {
      byte value = values.get();
      if (value != 0 && value != 1) {
        throw SafetensorsException.of(path, name, "BOOL holds " + value + ", neither 0 nor 1");
      }
    }
  }

  private static void readFully(Path path, FileChannel channel, ByteBuffer target, long position)
      throws IOException {
    long at = position;
    while (target.hasRemaining()) {
      int count = channel.read(target, at);
      if (count < 0) {
        throw new SafetensorsException(path, "became shorter while it was read");
      }
      at += count;
    }
  }

  /** Closes the file. */
  @Override
  public void close() throws IOException {
    mapped.clear();
    channel.close();
  }
}
