// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import blue.strategic.parquet.ParquetReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import org.apache.parquet.column.page.PageReadStore;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.example.data.simple.convert.GroupRecordConverter;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.io.ColumnIOFactory;
import org.apache.parquet.io.RecordReader;
import org.apache.parquet.schema.MessageType;
import org.jspecify.annotations.Nullable;

/** Reads a Parquet file, a row group at a time. Loaded only where the library is there. */
final class ParquetRows implements AutoCloseable {

  private final ParquetFileReader reader;
  private final MessageType schema;
  private @Nullable RecordReader<Group> group;
  private long left;

  private ParquetRows(ParquetFileReader reader) {
    this.reader = reader;
    schema = reader.getFooter().getFileMetaData().getSchema();
  }

  static ParquetRows open(Path file) throws IOException {
    return new ParquetRows(ParquetFileReader.open(ParquetReader.makeInputFile(file.toFile())));
  }

  boolean hasNext() throws IOException {
    while (left == 0) {
      PageReadStore pages = reader.readNextRowGroup();
      if (pages == null) {
        return false;
      }
      group =
          new ColumnIOFactory()
              .getColumnIO(schema)
              .getRecordReader(pages, new GroupRecordConverter(schema));
      left = pages.getRowCount();
    }
    return true;
  }

  Map<String, Object> next() {
    left--;
    return ParquetValues.struct(Objects.requireNonNull(group).read());
  }

  @Override
  public void close() throws IOException {
    reader.close();
  }
}
