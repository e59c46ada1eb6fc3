// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The states in which a crash can leave an output folder, one after the other. */
class LeftoversTest {
  private final Path outputDir;
  private final CheckpointStore store;

  LeftoversTest(@TempDir Path outputDir) throws IOException {
    this.outputDir = outputDir;
    store = new CheckpointStore(outputDir);
    store.commit(1, Folders.contents("one"));
  }

  @Test
  void crashBeforeTheFirstFile() throws IOException {
    Files.createDirectory(outputDir.resolve(".checkpoint-2.tmp-4711-0badcafe"));
    assertOnlyTheFirstIsLeft();
  }

  @Test
  void crashWhileFilesAreWritten() throws IOException {
    Path folder = Folders.rename(store.commit(2, Folders.contents("two")), "tmp");
    Files.delete(folder.resolve("manifest.json"));
    Files.writeString(folder.resolve("model.safetensors"), "wei");
    assertOnlyTheFirstIsLeft();
  }

  @Test
  void crashWhileTheManifestIsWritten() throws IOException {
    Path folder = Folders.rename(store.commit(2, Folders.contents("two")), "tmp");
    Files.writeString(folder.resolve("manifest.json"), "{\n  \"format_ver");
    assertOnlyTheFirstIsLeft();
  }

  @Test
  void crashBeforeTheRename() throws IOException {
    Folders.rename(store.commit(2, Folders.contents("two")), "tmp");
    assertOnlyTheFirstIsLeft();
  }

  @Test
  void crashBetweenSettingTheOldAsideAndRenamingTheNew() throws IOException {
    Folders.rename(store.commit(2, Folders.contents("old")), "old");
    Folders.rename(store.commit(2, Folders.contents("new")), "tmp");
    store.cleanLeftovers();
    assertThat(store.latestValid()).contains(outputDir.resolve("checkpoint-2"));
    assertThat(outputDir.resolve("checkpoint-2/model.safetensors")).hasContent("weights old");
    assertThat(Folders.names(outputDir)).containsExactly("checkpoint-1", "checkpoint-2");
  }

  @Test
  void crashBeforeTheOldIsDeleted() throws IOException {
    Folders.rename(store.commit(2, Folders.contents("old")), "old");
    store.commit(2, Folders.contents("new"));
    store.cleanLeftovers();
    assertThat(outputDir.resolve("checkpoint-2/model.safetensors")).hasContent("weights new");
    assertThat(Folders.names(outputDir)).containsExactly("checkpoint-1", "checkpoint-2");
  }

  @Test
  void crashWhileACheckpointIsDeleted() throws IOException {
    Path trash = Folders.rename(store.commit(2, Folders.contents("two")), "trash");
    Files.delete(trash.resolve("adapter/config.json"));
    assertOnlyTheFirstIsLeft();
  }

  @Test
  void namesOfOthersAreLeftAlone() throws IOException {
    for (String name :
        new String[] {
          ".checkpoint-2",
          ".checkpoint-2.tmp",
          ".checkpoint-2.tmp-1",
          ".checkpoint-2.bak-1-0badcafe",
          "checkpoint-2.tmp-1-0badcafe",
          ".checkpoint-x.tmp-1-0badcafe",
          "runs"
        }) {
      Files.createDirectory(outputDir.resolve(name));
    }
    int before = Folders.names(outputDir).size();
    store.cleanLeftovers();
    assertThat(Folders.names(outputDir)).hasSize(before);
  }

  @Test
  void aLinkWithATransientNameIsRemovedButNotFollowed() throws IOException {
    Path precious = Files.createDirectory(outputDir.resolve("precious"));
    Files.writeString(precious.resolve("file"), "mine");
    Files.createSymbolicLink(outputDir.resolve(".checkpoint-2.tmp-1-0badcafe"), precious);
    store.cleanLeftovers();
    assertThat(precious.resolve("file")).hasContent("mine");
    assertThat(Folders.names(outputDir)).containsExactly("checkpoint-1", "precious");
  }

  private void assertOnlyTheFirstIsLeft() throws IOException {
    assertThat(store.latestValid()).contains(outputDir.resolve("checkpoint-1"));
    store.cleanLeftovers();
    assertThat(Folders.names(outputDir)).containsExactly("checkpoint-1");
    assertThat(store.latestValid()).contains(outputDir.resolve("checkpoint-1"));
  }
}
