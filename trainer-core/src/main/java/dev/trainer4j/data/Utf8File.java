// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.channels.ReadableByteChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Opens text files strictly: UTF-8, with or without a byte order mark, and nothing else. */
final class Utf8File {

  private static final int BYTE_ORDER_MARK = 0xFEFF;
  private static final int BUFFER = 1 << 13;

  private Utf8File() {}

  /** Opens the file behind its byte order mark; tools that add one to what has one leave several. */
  static BufferedReader open(Path file) throws IOException {
    DataFile.requireNoFolder(file);
    DataFile.requireNoPointer(file);
    // A decoder, unlike a charset, does not replace malformed bytes but reports them.
    BufferedReader reader =
        new BufferedReader(
            new InputStreamReader(Files.newInputStream(file), StandardCharsets.UTF_8.newDecoder()));
    try {
      do {
        reader.mark(1);
      } while (reader.read() == BYTE_ORDER_MARK);
      reader.reset();
      return reader;
    } catch (IOException e) {
      reader.close();
      throw e;
    }
  }

  /** Says what is wrong with the file, and where if its bytes are not UTF-8. */
  static DataException unreadable(Path file, IOException cause) {
    if (cause instanceof CharacterCodingException) {
      return new DataException(
          file + ", line " + firstInvalidLine(file) + ": is not UTF-8. Convert the file to UTF-8.",
          cause);
    }
    return DataFile.unreadable(file, cause);
  }

  /** The 1-based line of the first byte that is not UTF-8, found without holding a line. */
  private static long firstInvalidLine(Path file) {
    CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
    ByteBuffer bytes = ByteBuffer.allocate(BUFFER);
    CharBuffer characters = CharBuffer.allocate(BUFFER);
    long line = 1;
    try (ReadableByteChannel in = Files.newByteChannel(file)) {
      boolean more = true;
      while (more) {
        more = in.read(bytes) >= 0;
        CoderResult result = decoder.decode(bytes.flip(), characters, !more);
        line += characters.flip().chars().filter(c -> c == '\n').count();
        if (result.isError()) {
          return line;
        }
        characters.clear();
        bytes.compact();
      }
    } catch (IOException e) {
      return line;
    }
    return line;
  }
}
