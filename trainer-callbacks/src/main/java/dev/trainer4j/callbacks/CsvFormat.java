// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import dev.trainer4j.state.LogEntry;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;
import org.jspecify.annotations.Nullable;

/** A header and one row an entry; a value that an entry does not have is an empty cell. */
final class CsvFormat implements LogFormat {

  private static final String STEP = "step";
  private static final CSVFormat CSV = CSVFormat.DEFAULT.builder().setRecordSeparator('\n').get();

  private List<String> columns = List.of();

  /** Keeps the columns of the file that is there if they hold all values. */
  @Override
  public String whole(List<LogEntry> entries, String firstLine) {
    if (entries.isEmpty()) {
      columns = List.of();
      return "";
    }
    Set<String> needed = columnsOf(entries);
    List<String> present = parse(firstLine);
    columns = isHeader(present) && present.containsAll(needed) ? present : List.copyOf(needed);
    StringBuilder text = new StringBuilder(CSV.format(columns.toArray())).append('\n');
    entries.forEach(entry -> text.append(row(entry)).append('\n'));
    return text.toString();
  }

  @Override
  public @Nullable String line(LogEntry entry) {
    return columns.containsAll(entry.values().keySet()) ? row(entry) : null;
  }

  private static Set<String> columnsOf(List<LogEntry> entries) {
    Set<String> names = new LinkedHashSet<>(List.of(STEP, "epoch"));
    entries.forEach(entry -> names.addAll(RecordOrder.of(entry).keySet()));
    return names;
  }

  private static boolean isHeader(List<String> cells) {
    return !cells.isEmpty()
        && cells.get(0).equals(STEP)
        && new LinkedHashSet<>(cells).size() == cells.size();
  }

  /** The file may be anybody's; what is no row of CSV is no header of ours. */
  private static List<String> parse(String line) {
    try (CSVParser parser = CSVParser.parse(line, CSV)) {
      List<CSVRecord> records = parser.getRecords();
      return records.size() == 1 ? records.get(0).toList() : List.of();
    } catch (IOException | RuntimeException e) {
      return List.of();
    }
  }

  private String row(LogEntry entry) {
    List<@Nullable Object> cells = new ArrayList<>();
    for (String column : columns) {
      cells.add(column.equals(STEP) ? (Object) entry.step() : entry.values().get(column));
    }
    return CSV.format(cells.toArray());
  }
}
