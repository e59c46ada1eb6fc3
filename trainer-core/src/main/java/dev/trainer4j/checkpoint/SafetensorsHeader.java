// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.checkpoint;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The checked header of a safetensors file: a JSON object of tensors, and of text metadata.
 *
 * @param metadata the free text under {@code __metadata__}
 * @param tensors by name, in the order of the header
 */
record SafetensorsHeader(Map<String, String> metadata, Map<String, TensorInfo> tensors) {
  /** The format's own limit. */
  static final long MAX_LENGTH = 100_000_000;

  /** Those of real files have less than this. */
  private static final long ALWAYS_READ = 10_000_000;

  /** What the tensors of a header may take of the heap, for each of its bytes. */
  private static final int HEAP_PER_BYTE = 20;

  static final String METADATA = "__metadata__";

  /** Bytes of the little-endian header length that opens a file. */
  static final int PREFIX = 8;

  // A table of interned names shared by all parsers would be ours to defend against hostile files.
  private static final JsonFactory JSON =
      JsonFactory.builder()
          .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .build();

  SafetensorsHeader {
    metadata = Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
    tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
  }

  /**
   * Parses a header and proves that its tensors fill the rest of the file exactly.
   *
   * @param file named in errors, not read
   * @param header the bytes between the length and the first tensor
   * @param fileSize the length of the whole file in bytes
   */
  static SafetensorsHeader parse(Path file, byte[] header, long fileSize)
      throws SafetensorsException {
    long dataStart = PREFIX + (long) header.length;
    Map<String, String> metadata = new LinkedHashMap<>();
    Map<String, TensorInfo> tensors = new LinkedHashMap<>();
    // Decoded as it is parsed: a header is large only where somebody means to exhaust the memory.
    Reader text =
        new InputStreamReader(
            new ByteArrayInputStream(header), StandardCharsets.UTF_8.newDecoder());
    try (JsonParser json = JSON.createParser(text)) {
      HeaderReader reader = new HeaderReader(file, json, dataStart);
      if (header.length == 0 || header[0] != '{' || json.nextToken() != JsonToken.START_OBJECT) {
        throw new SafetensorsException(file, "the header is not a JSON object");
      }
      boolean hasMetadata = false;
      while (json.nextToken() != JsonToken.END_OBJECT) {
        String name = json.currentName();
        if (name.equals(METADATA)) {
          if (hasMetadata) {
            throw new SafetensorsException(file, METADATA + " is there twice");
          }
          hasMetadata = true;
          metadata = reader.metadata();
        } else if (tensors.put(name, reader.tensor(name)) != null) {
          throw SafetensorsException.of(file, name, "the name is there twice");
        }
      }
      if (json.nextToken() != null) {
        throw new SafetensorsException(file, "the header goes on after its JSON object");
      }
    } catch (SafetensorsException e) {
      throw e;
    } catch (CharacterCodingException e) {
      throw new SafetensorsException(file, "the header is not UTF-8 text", e);
    } catch (IOException e) {
      throw new SafetensorsException(file, "the header is not valid JSON: " + e.getMessage(), e);
    }
    checkLayout(file, tensors, dataStart, fileSize);
    return new SafetensorsHeader(metadata, tensors);
  }

  /** The longest header that a process with this heap reads. */
  static long maxLength(long heap) {
    return Math.min(MAX_LENGTH, Math.max(ALWAYS_READ, heap / HEAP_PER_BYTE));
  }

  /** Sorted by position, each tensor must begin where the one before it ended. */
  private static void checkLayout(
      Path file, Map<String, TensorInfo> tensors, long dataStart, long fileSize)
      throws SafetensorsException {
    List<TensorInfo> sorted = new ArrayList<>(tensors.values());
    sorted.sort(
        Comparator.comparingLong(TensorInfo::fileOffset).thenComparingLong(TensorInfo::byteLength));
    long end = dataStart;
    for (TensorInfo tensor : sorted) {
      if (tensor.fileOffset() != end) {
        String problem = tensor.fileOffset() < end ? "overlaps the tensor" : "leaves a gap";
        throw SafetensorsException.of(
            file, tensor.name(), "its range " + problem + " before it, at byte " + end);
      }
      end += tensor.byteLength();
      if (end > fileSize) {
        throw SafetensorsException.of(
            file,
            tensor.name(),
            "ends at byte " + end + ", but the file has " + fileSize + ": is it truncated?");
      }
    }
    if (end != fileSize) {
      throw new SafetensorsException(
          file, (fileSize - end) + " bytes after the last tensor belong to none");
    }
  }
}
