// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import java.io.BufferedInputStream;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Opens text files strictly: UTF-8, with or without a byte order mark, and nothing else. */
final class Utf8File {

  private static final int BYTE_ORDER_MARK = 0xFEFF;

  private Utf8File() {}

  /** Opens the file behind its byte order mark; tools that add one to what has one leave several. */
  static BufferedReader open(Path file) throws IOException {
    DataFile.requireNoFolder(file);
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

  /** The 1-based line; in UTF-8, a byte 10 is always the end of a line. */
  private static long firstInvalidLine(Path file) {
    long line = 1;
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file))) {
      for (int next = in.read(); next >= 0; next = in.read()) {
        bytes.write(next);
        if (next == '\n') {
          StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes.toByteArray()));
          bytes.reset();
          line++;
        }
      }
    } catch (IOException e) {
      return line;
    }
    return line;
  }
}
