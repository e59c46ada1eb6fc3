// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A line without an end is an error that names the file and the line, and never fills the memory. */
class LongLinesTest {

  @TempDir Path folder;

  private Path file(String begin) throws IOException {
    Path file = folder.resolve("data");
    byte[] first = begin.getBytes(StandardCharsets.UTF_8);
    byte[] bytes = new byte[first.length + LongLine.MAX_LENGTH + 10_000];
    java.util.Arrays.fill(bytes, (byte) 'a');
    System.arraycopy(first, 0, bytes, 0, first.length);
    return Files.write(file, bytes);
  }

  @Test
  void isRefusedInEveryFormat() throws IOException {
    Path csv = file("text\nb\n\"");
    assertThatThrownBy(() -> Datasets.csv(csv))
        .isInstanceOf(DataException.class)
        .hasMessageStartingWith(csv + ", line 3: is longer than 16777216 characters");
    Path text = file("b\n");
    assertThatThrownBy(() -> Datasets.textLines(text))
        .isInstanceOf(DataException.class)
        .hasMessageStartingWith(text + ", line 2: is longer than 16777216 characters");
    Path json = file("{}\n{\"a\":\"");
    assertThatThrownBy(() -> Datasets.jsonLines(json))
        .isInstanceOf(DataException.class)
        .hasMessageStartingWith(json + ", line 2: is longer than 16777216 characters");
  }

  @Test
  void linesEndAsJavaEndsThem() throws IOException {
    for (String text :
        List.of("", "a", "a\n", "\n\n", "a\r\nb\r\n", "a\rb", "\r\n", "a\n\rb", "\r\r\n", "x\r")) {
      String padded = "y".repeat((1 << 13) - 2) + text; // so that ends fall onto the buffer's
      for (String each : List.of(text, padded)) {
        List<String> lines = new ArrayList<>();
        try (LineReader reader = new LineReader(folder, new StringReader(each))) {
          for (String line = reader.read(); line != null; line = reader.read()) {
            lines.add(line);
          }
        }
        assertThat(lines).isEqualTo(each.lines().toList());
      }
    }
  }

  @Test
  void theFirstLineThatIsNotUtf8IsFoundWithoutHoldingIt() throws IOException {
    Path file = folder.resolve("data");
    byte[] bytes = ("é".repeat(5_000) + "\nb\nc").getBytes(StandardCharsets.UTF_8);
    bytes[bytes.length - 1] = (byte) 0xff;
    Files.write(file, bytes);

    assertThatThrownBy(() -> Datasets.textLines(file))
        .isInstanceOf(DataException.class)
        .hasMessageStartingWith(file + ", line 3: is not UTF-8");
  }
}
