// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.checkpoint;

import ai.djl.ndarray.NDArray;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Writes safetensors files.
 *
 * <p>Tensors are streamed one after the other: the heap that writing takes does not grow with the
 * model. A file replaces an earlier one of its name only once it is complete and on disk. Equal
 * input gives equal bytes, whatever the order in which it is given.
 */
public final class SafetensorsWriter {
  /** Hugging Face's loaders refuse weights that do not say for which framework they are. */
  static final Map<String, String> PYTORCH = Map.of("format", "pt");

  private static final Comparator<TensorSource> FILE_ORDER =
      Comparator.comparing(TensorSource::type).reversed().thenComparing(TensorSource::name);

  private SafetensorsWriter() {}

  /**
   * Writes arrays, with the metadata {@code format=pt}.
   *
   * @param file is created or replaced; its folder must exist
   * @param arrays by name
   * @throws IllegalArgumentException if an array is sparse or of a type that DJL does not hand out
   * @throws IOException if the file cannot be written
   */
  public static void write(Path file, Map<String, ? extends NDArray> arrays) throws IOException {
    List<TensorSource> tensors =
        arrays.entrySet().stream().map(e -> TensorSource.of(e.getKey(), e.getValue())).toList();
    write(file, tensors, PYTORCH);
  }

  /**
   * Writes tensors from their sources.
   *
   * @param file is created or replaced; its folder must exist
   * @param tensors in any order
   * @param metadata free text; {@code format=pt} lets Hugging Face's loaders take the file
   * @throws IllegalArgumentException if two tensors have one name
   * @throws SafetensorsException if a source does not write what it announced
   * @throws IOException if the file cannot be written; an earlier file of that name is left alone
   */
  public static void write(Path file, List<TensorSource> tensors, Map<String, String> metadata)
      throws IOException {
    requireDistinct(tensors);
    List<TensorSource> sorted = tensors.stream().sorted(FILE_ORDER).toList();
    byte[] header = header(file, sorted, metadata);
    Path absolute = file.toAbsolutePath();
    Path partial = Drafts.of(absolute);
    try {
      Drafts.clean(absolute);
      Uninterrupted.run(() -> writeAll(partial, file, header, sorted));
      Files.move(partial, absolute, StandardCopyOption.ATOMIC_MOVE);
    } catch (FileSystemException | SafetensorsException e) {
      throw e;
    } catch (IOException e) {
      throw NamedFailure.of(file, e);
    } finally {
      Files.deleteIfExists(partial);
    }
  }

  private static void writeAll(Path partial, Path file, byte[] header, List<TensorSource> tensors)
      throws IOException {
    Files.deleteIfExists(partial); // It may be the second try.
    try (FileChannel channel =
        FileChannel.open(partial, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      ExactChannel out = new ExactChannel(channel);
      out.write(ByteBuffer.wrap(header));
      for (TensorSource tensor : tensors) {
        writeTensor(file, tensor, out);
      }
      channel.force(true);
    }
  }

  private static void requireDistinct(List<TensorSource> tensors) {
    Set<String> names = new HashSet<>();
    for (TensorSource tensor : tensors) {
      if (!names.add(tensor.name())) {
        throw new IllegalArgumentException("Two tensors are named " + tensor.name());
      }
    }
  }

  private static void writeTensor(Path file, TensorSource tensor, ExactChannel out)
      throws IOException {
    out.expect(tensor.byteLength());
    tensor.content().writeTo(out);
    if (out.remaining() != 0) {
      throw SafetensorsException.of(
          file,
          tensor.name(),
          "its source should have written "
              + tensor.byteLength()
              + " bytes and is off by "
              + out.remaining());
    }
  }

  /** The length of the JSON, then the JSON, padded so that the first tensor is aligned. */
  private static byte[] header(Path file, List<TensorSource> tensors, Map<String, String> metadata)
      throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.writeBytes(new byte[SafetensorsHeader.PREFIX]);
    try (JsonGenerator json = new JsonFactory().createGenerator(bytes)) {
      json.writeStartObject();
      if (!metadata.isEmpty()) {
        json.writeObjectFieldStart(SafetensorsHeader.METADATA);
        for (Map.Entry<String, String> entry : new TreeMap<>(metadata).entrySet()) {
          json.writeStringField(entry.getKey(), entry.getValue());
        }
        json.writeEndObject();
      }
      long offset = 0;
      for (TensorSource tensor : tensors) {
        json.writeObjectFieldStart(tensor.name());
        json.writeStringField("dtype", tensor.type().name());
        writeNumbers(json, "shape", tensor.shape().getShape());
        long end = Math.addExact(offset, tensor.byteLength());
        writeNumbers(json, "data_offsets", offset, end);
        json.writeEndObject();
        offset = end;
      }
      json.writeEndObject();
    }
    while (bytes.size() % 8 != 0) {
      bytes.write(' ');
    }
    long length = (long) bytes.size() - SafetensorsHeader.PREFIX;
    if (length > SafetensorsHeader.MAX_LENGTH) {
      throw new SafetensorsException(file, "a header of " + length + " bytes is too long");
    }
    byte[] header = bytes.toByteArray();
    ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN).putLong(0, length);
    return header;
  }

  private static void writeNumbers(JsonGenerator json, String name, long... numbers)
      throws IOException {
    json.writeFieldName(name);
    json.writeArray(numbers, 0, numbers.length);
  }
}
