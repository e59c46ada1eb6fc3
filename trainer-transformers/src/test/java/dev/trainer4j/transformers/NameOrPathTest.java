// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where a model says that it comes from. */
class NameOrPathTest {

  @TempDir Path temporary;

  private Path copied(Path to) throws IOException {
    Files.createDirectories(to);
    List<Path> files;
    try (Stream<Path> all = Files.list(ParityModels.folder("bert-classify"))) {
      files = all.filter(Files::isRegularFile).toList();
    }
    for (Path file : files) {
      Files.copy(file, to.resolve(file.getFileName().toString()));
    }
    return to;
  }

  private static String origin(Path folder) throws IOException {
    try (PretrainedModel model = AutoModels.sequenceClassification(folder, ParityModels.cpu())) {
      return model.nameOrPath().orElseThrow();
    }
  }

  @Test
  void aFolderIsNamedByItsPath() throws IOException {
    Path folder = copied(temporary.resolve("mine"));

    assertThat(origin(folder)).isEqualTo(folder.toString());
  }

  @Test
  void aSnapshotInTheCacheOfTheHubIsNamedAsOnTheHub() throws IOException {
    Path folder =
        copied(
            temporary.resolve("models--acme--tiny-bert/snapshots").resolve("0123456789".repeat(4)));

    assertThat(origin(folder)).isEqualTo("acme/tiny-bert");
  }
}
