// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RotationTest {
  private final Path outputDir;
  private final CheckpointStore store;

  RotationTest(@TempDir Path outputDir) {
    this.outputDir = outputDir;
    store = new CheckpointStore(outputDir);
  }

  @Test
  void deletesTheOldestByStepWhateverTheTimesOfTheFiles() throws IOException {
    commit(100, 20, 3);
    Files.setLastModifiedTime(outputDir.resolve("checkpoint-100"), FileTime.fromMillis(0));
    new CheckpointStore(outputDir).rotate(2, Set.of());
    assertThat(Folders.names(outputDir)).containsExactly("checkpoint-100", "checkpoint-20");
  }

  @Test
  void reportsWhatItDeleted() throws IOException {
    commit(1, 2, 3);
    assertThat(store.rotate(1, Set.of())).extracting(Checkpoint::step).containsExactly(1L, 2L);
    assertThat(store.rotate(1, Set.of())).isEmpty();
  }

  @Test
  void keepsTheProtectedOnesBeyondTheLimit() throws IOException {
    commit(1, 2, 3, 4);
    store.rotate(1, Set.of(1L));
    assertThat(store.list()).extracting(Checkpoint::step).containsExactly(1L, 4L);
  }

  @Test
  void countsTheProtectedOnesWithinTheLimit() throws IOException {
    commit(1, 2, 3, 4, 5);
    store.rotate(3, Set.of(1L));
    assertThat(store.list()).extracting(Checkpoint::step).containsExactly(1L, 4L, 5L);
  }

  @Test
  void keepsEveryMultipleBeyondTheLimit() throws IOException {
    commit(1, 2, 3, 4, 5, 6, 7, 8, 9);
    store.rotate(2, 3, Set.of(1L));
    assertThat(store.list())
        .extracting(Checkpoint::step)
        .as("the best, every third, the last two of which the best is one")
        .containsExactly(1L, 3L, 6L, 9L);
  }

  @Test
  void aMultipleAmongTheLastOnesCountsAsOneOfThem() throws IOException {
    commit(1, 2, 3, 4);
    store.rotate(2, 2, Set.of());
    assertThat(store.list()).extracting(Checkpoint::step).containsExactly(2L, 3L, 4L);
  }

  @Test
  void keepsOnlyOneAndTheMultiples() throws IOException {
    commit(1, 2, 3, 4, 5);
    store.keepOnly(1, 2);
    assertThat(store.list()).extracting(Checkpoint::step).containsExactly(1L, 2L, 4L);
  }

  @Test
  void noLimitKeepsAll() throws IOException {
    commit(1, 2, 3);
    assertThat(store.rotate(0, Set.of())).isEmpty();
    assertThat(store.rotate(9, Set.of())).isEmpty();
    assertThat(store.list()).hasSize(3);
  }

  @Test
  void protectsWhatThisRunJustSavedAmongTheCheckpointsOfALongerRun() throws IOException {
    new CheckpointStore(outputDir).commit(8000, Folders.contents("earlier"));
    new CheckpointStore(outputDir).commit(9000, Folders.contents("earlier"));
    store.commit(10, Folders.contents("now"));
    store.rotate(1, Set.of());
    assertThat(store.list()).extracting(Checkpoint::step).containsExactly(10L, 9000L);
  }

  @Test
  void doesNotFollowLinksOutOfTheFolder(@TempDir Path elsewhere) throws IOException {
    Files.writeString(elsewhere.resolve("file"), "mine");
    commit(1, 2);
    Files.createSymbolicLink(outputDir.resolve("checkpoint-1/link"), elsewhere);
    store.rotate(1, Set.of());
    assertThat(Folders.names(outputDir)).containsExactly("checkpoint-2");
    assertThat(elsewhere.resolve("file")).hasContent("mine");
  }

  private void commit(long... steps) throws IOException {
    for (long step : steps) {
      store.commit(step, Folders.contents("a"));
    }
  }
}
