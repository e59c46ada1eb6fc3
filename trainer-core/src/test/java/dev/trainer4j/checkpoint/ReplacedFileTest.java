// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.checkpoint;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReplacedFileTest {
  private final Path folder;
  private final Path file;

  ReplacedFileTest(@TempDir Path folder) {
    this.folder = folder;
    file = folder.resolve("config.json");
  }

  @AfterEach
  void forgetTheInterrupt() {
    boolean unused = Thread.interrupted();
  }

  @Test
  void linksAreReplacedAndWhatTheyLeadToIsLeftAlone() throws IOException {
    Path precious = Files.writeString(folder.resolve("precious"), "precious");
    Files.createSymbolicLink(file, precious);
    Files.createSymbolicLink(folder.resolve(".config.json.tmp"), precious);

    ReplacedFile.write(file, "ours".getBytes(UTF_8));

    assertThat(file).isRegularFile().hasContent("ours");
    assertThat(Files.isSymbolicLink(file)).isFalse();
    assertThat(precious).hasContent("precious");
    assertThat(Folders.names(folder)).containsExactly("config.json", "precious");
  }

  @Test
  void whatAKilledProcessLeftIsNoObstacleAndGoes() throws IOException {
    Files.writeString(folder.resolve(".config.json.tmp"), "half of some other content");
    ReplacedFile.writeDurably(file, "ours".getBytes(UTF_8));
    assertThat(file).hasContent("ours");
    assertThat(Folders.names(folder)).containsExactly("config.json");
  }

  @Test
  void anInterruptDoesNotBreakItOffAndIsKept() throws IOException {
    Thread.currentThread().interrupt();
    ReplacedFile.writeDurably(file, "ours".getBytes(UTF_8));
    assertThat(Thread.currentThread().isInterrupted()).isTrue();
    assertThat(file).hasContent("ours");
  }

  @Test
  void aFolderInTheWayIsNamedAndStays() throws IOException {
    Files.createDirectories(file.resolve("full"));
    assertThatThrownBy(() -> ReplacedFile.write(file, new byte[1]))
        .isInstanceOf(FileSystemException.class)
        .hasMessageContaining(file.toString());
    assertThat(Folders.names(folder)).containsExactly("config.json");
  }
}
