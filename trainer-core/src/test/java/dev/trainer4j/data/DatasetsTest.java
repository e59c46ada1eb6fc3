// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_16LE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DatasetsTest {

  private final Path folder;

  DatasetsTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @Test
  void copiesAList() {
    List<String> source = new ArrayList<>(List.of("a", "b"));
    Dataset<String> dataset = Datasets.of(source);
    source.clear();
    assertThat(dataset.size()).isEqualTo(2);
    assertThat(dataset.get(1)).isEqualTo("b");
  }

  @Test
  void samplesTellWhereTheyComeFrom() throws IOException {
    Path json = file("{\"a\": 1}\n\n{\"a\": 2}\n{\"a\": 3}\n", UTF_8);
    Dataset<Map<String, Object>> rows = Datasets.jsonLines(json);
    assertThat(rows.origin(0)).isEqualTo(json + ", line 1");
    assertThat(rows.origin(1)).isEqualTo(json + ", line 3");
    // Whatever is done with them.
    assertThat(rows.map(row -> row.get("a")).select(2, 1).origin(0)).isEqualTo(json + ", line 4");
    Dataset<Object> joined = Datasets.<Object>of(List.of("x")).concat(rows);
    assertThat(joined.origin(0)).isEqualTo("sample 0");
    assertThat(joined.range(1, 4).origin(1)).isEqualTo(json + ", line 3");
  }

  @Test
  void streamsOfFilesTellWhereTheyStand() throws IOException {
    Path text = file("one\n\nthree\n", UTF_8);
    List<String> origins = new ArrayList<>();
    List<Integer> lengths = new ArrayList<>();
    try (OriginIterator<Integer> lines =
        (OriginIterator<Integer>) Datasets.streamTextLines(text, String::length).iterator(0)) {
      while (lines.hasNext()) {
        lengths.add(lines.next());
        origins.add(lines.origin());
      }
    }
    assertThat(lengths).containsExactly(3, 0, 5);
    assertThat(origins).containsExactly(text + ", line 1", text + ", line 2", text + ", line 3");
  }

  @Test
  void readsCsvWithQuotesNewlinesAndAByteOrderMark() throws IOException {
    Dataset<Map<String, String>> rows =
        Datasets.csv(file("\uFEFFtext,label\n\"Grüße, \"\"du\"\"\nda\",1\n\nb,\n", UTF_8));
    assertThat(rows.size()).isEqualTo(2);
    assertThat(rows.get(0))
        .containsExactly(Map.entry("text", "Grüße, \"du\"\nda"), Map.entry("label", "1"));
    assertThat(rows.get(1)).containsExactly(Map.entry("text", "b"), Map.entry("label", ""));
  }

  @Test
  void severalByteOrderMarksAreNoPartOfTheFirstName() throws IOException {
    assertThat(Datasets.csv(file("\uFEFF\uFEFFtext\nx\n", UTF_8)).get(0))
        .containsExactly(Map.entry("text", "x"));
    assertThat(Datasets.jsonLines(file("\uFEFF\uFEFF{\"a\": 1}", UTF_8)).get(0))
        .containsExactly(Map.entry("a", 1));
    assertThat(Datasets.textLines(file("\uFEFF\uFEFF\uFEFFone", UTF_8)).get(0)).isEqualTo("one");
    assertThatThrownBy(() -> Datasets.textLines(file("\uFEFF\uFEFF", UTF_8)))
        .hasMessageContaining("holds no lines");
  }

  @Test
  void mapsCsvRowsAndNamesTheLineThatTheMapperRejects() throws IOException {
    Path file = file("x\n1\n2\nthree\n", UTF_8);
    assertFails(
        () -> Datasets.csv(file, row -> Integer.parseInt(row.get("x"))), file, "line 4", "three");
    assertThat(Datasets.csv(file, row -> row.get("x")).get(2)).isEqualTo("three");
  }

  @Test
  void rejectsBrokenCsv() throws IOException {
    assertCsvFails("", "line 1", "empty");
    assertCsvFails("a,b\n", "no rows");
    assertCsvFails("a,b\n1,2\n1,2,3\n", "line 3", "3 values", "2 columns [a, b]");
    assertCsvFails("a,b\n1,2\n1", "line 3", "1 values");
    assertCsvFails("a,b,a\n1,2,3\n", "line 1", "column 3", "another column 'a'");
    assertCsvFails("a,\n1,2\n", "line 1", "column 2 has no name");
    assertCsvFails("a,b\n1,\"2\n", "EOF");
  }

  @Test
  void readsJsonLines() throws IOException {
    Dataset<Map<String, Object>> rows =
        Datasets.jsonLines(
            file("\uFEFF{\"z\": [1, 2], \"a\": 1.5}\r\n\n{\"z\": null, \"t\": \"ü\"}", UTF_8));
    assertThat(rows.size()).isEqualTo(2);
    assertThat(rows.get(0)).containsExactly(Map.entry("z", List.of(1, 2)), Map.entry("a", 1.5));
    assertThat(rows.get(1)).containsEntry("t", "ü").containsKey("z");
  }

  @Test
  void rejectsBrokenJsonLines() throws IOException {
    assertJsonFails("", "no rows");
    assertJsonFails("{\"a\": 1}\n\n{\"a\": 1,}\n", "line 3", "column 9", "not valid JSON");
    assertJsonFails("{\"a\": 1}\n{\"a\": ", "line 2", "column", "end-of-input");
    assertJsonFails("{\"a\": 1}\n[1]\n", "line 2", "not a JSON object");
    assertJsonFails("{\"a\": 1} {\"a\": 2}\n", "line 1", "Trailing token");
    assertJsonFails("{\"a\": 1, \"a\": 2}\n", "line 1", "Duplicate field 'a'");
  }

  @Test
  void namesTheLineThatIsNotUtf8() throws IOException {
    String text = "x\n" + "a\n".repeat(20_000) + "ü\n";
    Path csv = file(text, ISO_8859_1);
    assertFails(() -> Datasets.csv(csv), csv, "line 20002", "not UTF-8", "Convert");
    Path json = file("{}\n{\"ü\": 1}\n", ISO_8859_1);
    assertFails(() -> Datasets.jsonLines(json), json, "line 2", "not UTF-8");
    Path wide = file("\uFEFFx\n1\n", UTF_16LE);
    assertFails(() -> Datasets.csv(wide), wide, "line 1", "not UTF-8");
  }

  @Test
  void namesAFileThatDoesNotExist() {
    Path absent = folder.resolve("absent");
    assertFails(() -> Datasets.csv(absent), absent, "does not exist");
    assertFails(() -> Datasets.streamJsonLines(absent).iterator(0), absent, "does not exist");
  }

  @Test
  void streamsAFreshIteratorInEveryEpoch() throws Exception {
    IterableDataset<Object> json =
        Datasets.streamJsonLines(file("{\"x\": 1}\n{\"x\": 2}\n", UTF_8), row -> row.get("x"));
    IterableDataset<String> csv = Datasets.streamCsv(file("x\n1\n2\n", UTF_8), row -> row.get("x"));
    for (int epoch = 0; epoch < 2; epoch++) {
      assertThat(drain(json.iterator(epoch))).containsExactly(1, 2);
      assertThat(drain(csv.iterator(epoch))).containsExactly("1", "2");
    }
    assertThat(drain(Datasets.streamCsv(file("x\n1\n", UTF_8)).iterator(0)))
        .containsExactly(Map.of("x", "1"));
  }

  private static <T> List<T> drain(Iterator<T> iterator) throws Exception {
    List<T> all = new ArrayList<>();
    iterator.forEachRemaining(all::add);
    ((AutoCloseable) iterator).close();
    return all;
  }

  private void assertCsvFails(String text, String... messageParts) throws IOException {
    Path file = file(text, UTF_8);
    assertFails(() -> Datasets.csv(file), file, messageParts);
  }

  private void assertJsonFails(String text, String... messageParts) throws IOException {
    Path file = file(text, UTF_8);
    assertFails(() -> Datasets.jsonLines(file), file, messageParts);
  }

  private static void assertFails(ThrowingCallable call, Path file, String... messageParts) {
    assertThatThrownBy(call)
        .isInstanceOf(DataException.class)
        .hasMessageStartingWith(file.toString())
        .hasMessageContainingAll(messageParts);
  }

  private Path file(String text, Charset charset) throws IOException {
    return Files.write(Files.createTempFile(folder, "rows", ".txt"), text.getBytes(charset));
  }
}
