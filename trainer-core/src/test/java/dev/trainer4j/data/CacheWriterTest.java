// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CacheWriterTest {

  /** What a full disk does to each write. */
  private static final class FullDisk extends OutputStream {
    @Override
    public void write(int b) throws IOException {
      throw new IOException("No space left on device");
    }
  }

  @Test
  void aFullDiskLeavesNoTemporaryFile(@TempDir Path folder) throws IOException {
    Path temporary = Files.createFile(folder.resolve("map-1.tmp"));
    CacheWriter writer =
        new CacheWriter(
            folder.resolve("rows.cache"), temporary, new BufferedOutputStream(new FullDisk()));
    writer.add(new byte[] {1, 2, 3});

    assertThatThrownBy(writer::close).hasMessageContaining("No space left");
    assertThat(folder).isEmptyDirectory();
  }
}
