// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Function;

/** The lines of a text file, empty ones too. */
final class TextLines<T> extends FileRows<String, T> {

  private final LineReader reader;

  private TextLines(Path file, LineReader reader, Function<? super String, ? extends T> mapper) {
    super(file, mapper);
    this.reader = reader;
  }

  static <T> TextLines<T> open(Path file, Function<? super String, ? extends T> mapper) {
    try {
      return new TextLines<>(file, LineReader.open(file), mapper);
    } catch (IOException e) {
      throw Utf8File.unreadable(file, e);
    }
  }

  @Override
  Optional<String> read() throws IOException {
    return Optional.ofNullable(reader.read());
  }

  @Override
  long line() {
    return reader.line();
  }

  @Override
  String unit() {
    return "lines";
  }

  @Override
  void closeFile() throws IOException {
    reader.close();
  }
}
