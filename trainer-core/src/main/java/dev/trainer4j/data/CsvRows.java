// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;

/** The rows of a CSV file whose first line names the columns; empty lines are skipped. */
final class CsvRows<T> extends FileRows<Map<String, String>, T> {

  private static final CSVFormat FORMAT =
      CSVFormat.RFC4180.builder().setIgnoreEmptyLines(true).get();

  private final RowReader reader;
  private final CSVParser parser;
  private final Iterator<CSVRecord> records;
  private List<String> header = List.of();

  private CsvRows(
      Path file,
      RowReader reader,
      CSVParser parser,
      Function<? super Map<String, String>, ? extends T> mapper) {
    super(file, mapper);
    this.reader = reader;
    this.parser = parser;
    this.records = parser.iterator();
  }

  static <T> CsvRows<T> open(Path file, Function<? super Map<String, String>, ? extends T> mapper) {
    try {
      RowReader reader = new RowReader(file, Utf8File.open(file));
      return new CsvRows<>(file, reader, CSVParser.parse(reader, FORMAT), mapper);
    } catch (IOException e) {
      throw Utf8File.unreadable(file, e);
    }
  }

  @Override
  Optional<Map<String, String>> read() {
    if (header.isEmpty()) {
      header = readHeader();
    }
    return records.hasNext() ? Optional.of(row(nextRecord())) : Optional.empty();
  }

  private CSVRecord nextRecord() {
    CSVRecord row = records.next();
    reader.endRow(parser.getCurrentLineNumber());
    return row;
  }

  private List<String> readHeader() {
    if (!records.hasNext()) {
      throw wrong("the file is empty. The first line must name the columns.");
    }
    List<String> names = nextRecord().toList();
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < names.size(); i++) {
      if (names.get(i).isBlank()) {
        throw wrong("column " + (i + 1) + " has no name. Name every column.");
      }
      if (!seen.add(names.get(i))) {
        throw wrong(
            "column " + (i + 1) + ": there is another column '" + names.get(i) + "'. Rename one.");
      }
    }
    return names;
  }

  private Map<String, String> row(CSVRecord csvRecord) {
    if (csvRecord.size() != header.size()) {
      throw wrong(
          String.format(
              "has %d values, but there are %d columns %s. Check for a missing or additional comma,"
                  + " or quote values that have one.",
              csvRecord.size(), header.size(), header));
    }
    Map<String, String> row = new LinkedHashMap<>();
    for (int i = 0; i < header.size(); i++) {
      row.put(header.get(i), csvRecord.get(i));
    }
    return row;
  }

  @Override
  long line() {
    return Math.max(1, parser.getCurrentLineNumber());
  }

  @Override
  void closeFile() throws IOException {
    parser.close();
  }
}
