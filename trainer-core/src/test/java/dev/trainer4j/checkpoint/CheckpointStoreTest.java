// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.trainer4j.testing.CapturedLog;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointStoreTest {
  private final Path outputDir;
  private final CheckpointStore store;

  CheckpointStoreTest(@TempDir Path folder) {
    outputDir = folder.resolve("runs/out");
    store = new CheckpointStore(outputDir);
  }

  @Test
  void aFolderThatDoesNotExistHasNoCheckpoints() throws IOException {
    assertThat(store.list()).isEmpty();
    assertThat(store.latestValid()).isEmpty();
    assertThat(store.rotate(1, java.util.Set.of())).isEmpty();
    store.cleanLeftovers();
    assertThat(outputDir).doesNotExist();
  }

  @Test
  void commitsAFolderThatHoldsItsFilesAndAManifest() throws IOException {
    Path folder = store.commit(500, Folders.contents("a"));
    assertThat(folder).isEqualTo(outputDir.resolve("checkpoint-500"));
    assertThat(Folders.names(folder))
        .containsExactly("adapter", "manifest.json", "model.safetensors");
    Manifest manifest = Manifest.read(folder);
    assertThat(manifest.step()).isEqualTo(500);
    assertThat(manifest.files())
        .extracting(Manifest.Entry::name)
        .containsExactly("adapter/config.json", "model.safetensors");
    assertThat(Folders.names(outputDir)).containsExactly("checkpoint-500");
    assertThat(store.verify(folder).problems()).isEmpty();
    assertThat(store.verify(folder).isValid()).isTrue();
  }

  @Test
  void theManifestIsTheSameForTheSameFiles() throws IOException {
    byte[] first =
        Files.readAllBytes(store.commit(1, Folders.contents("a")).resolve("manifest.json"));
    byte[] second =
        Files.readAllBytes(store.commit(1, Folders.contents("a")).resolve("manifest.json"));
    assertThat(second).isEqualTo(first);
  }

  @Test
  void listsByStepAndIgnoresOtherNames() throws IOException {
    for (long step : new long[] {1000, 9, 200}) {
      store.commit(step, Folders.contents("a"));
    }
    for (String other :
        List.of(
            "checkpoint-",
            "checkpoint-007",
            "checkpoint-1b",
            "checkpoint-99999999999999999999",
            "checkpoint-9999999999999999999",
            "my-checkpoint-5",
            ".checkpoint-5.tmp-1-0badcafe")) {
      Files.createDirectory(outputDir.resolve(other));
    }
    Files.writeString(outputDir.resolve("checkpoint-7"), "a file");
    Files.createSymbolicLink(outputDir.resolve("checkpoint-8"), outputDir.resolve("checkpoint-9"));
    assertThat(store.list()).extracting(Checkpoint::step).containsExactly(9L, 200L, 1000L);
    assertThat(store.latestValid()).contains(outputDir.resolve("checkpoint-1000"));
  }

  @Test
  void skipsDamagedCheckpointsWithOneWarningEach() throws IOException {
    store.commit(1, Folders.contents("a"));
    store.commit(2, Folders.contents("a"));
    store.commit(3, Folders.contents("a"));
    Files.writeString(outputDir.resolve("checkpoint-3/model.safetensors"), "weights b");
    Files.delete(outputDir.resolve("checkpoint-2/adapter/config.json"));
    try (CapturedLog log = new CapturedLog(CheckpointStore.class)) {
      assertThat(store.latestValid()).contains(outputDir.resolve("checkpoint-1"));
      assertThat(log.warnings()).hasSize(2);
      assertThat(log.warnings().get(0))
          .contains("checkpoint-3: 'model.safetensors' has changed: its SHA-256 differs");
      assertThat(log.warnings().get(1)).contains("checkpoint-2: 'adapter/config.json' is missing");
    }
  }

  @Test
  void replacesTheCheckpointOfAStepThatIsReachedAgain() throws IOException {
    store.commit(5, Folders.contents("first"));
    Path folder = store.commit(5, Folders.contents("second"));
    assertThat(folder.resolve("model.safetensors")).hasContent("weights second");
    assertThat(store.verify(folder).isValid()).isTrue();
    assertThat(Folders.names(outputDir)).containsExactly("checkpoint-5");
  }

  @Test
  void keepsTheCheckpointOfAStepWhoseReplacementFails() throws IOException {
    Path folder = store.commit(5, Folders.contents("first"));
    assertThatThrownBy(() -> store.commit(5, new FullDisk()))
        .isInstanceOf(CheckpointException.class);
    assertThat(folder.resolve("model.safetensors")).hasContent("weights first");
    assertThat(store.latestValid()).contains(folder);
    assertThat(Folders.names(outputDir)).containsExactly("checkpoint-5");
  }

  @Test
  void aFullDiskLeavesNothingBehindAndSaysWhatToDo() throws IOException {
    assertThatThrownBy(() -> store.commit(5, new FullDisk()))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("Cannot save " + outputDir.resolve("checkpoint-5"))
        .hasMessageContaining("writing its files, last half, failed: No space left on device")
        .hasMessageContaining("Free disk space")
        .hasMessageContaining("MiB are usable")
        .hasRootCauseMessage("No space left on device");
    assertThat(Folders.names(outputDir)).isEmpty();
  }

  @Test
  void anyExceptionWhileWritingLeavesNothingBehind() throws IOException {
    assertThatThrownBy(
            () ->
                store.commit(
                    5,
                    folder -> {
                      Files.writeString(folder.resolve("half"), "half");
                      throw new IllegalStateException("a bug");
                    }))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("a bug");
    assertThat(Folders.names(outputDir)).isEmpty();
  }

  @Test
  void namesTheFileThatCouldNotBeWritten() {
    assertThatThrownBy(
            () ->
                store.commit(
                    5, folder -> Files.writeString(folder.resolve("missing/config.json"), "{}")))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("missing/config.json");
  }

  @Test
  void anOutputDirThatIsAFileIsAClearError() throws IOException {
    Files.createDirectories(outputDir.getParent());
    Files.writeString(outputDir, "a file");
    assertThatThrownBy(() -> store.commit(5, Folders.contents("a")))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("creating the folder failed: " + outputDir);
    assertThat(outputDir).hasContent("a file");
  }

  @Test
  void refusesToReplaceWhatIsNotAFolder() throws IOException {
    Files.createDirectories(outputDir);
    Files.writeString(outputDir.resolve("checkpoint-5"), "mine");
    assertThatThrownBy(() -> store.commit(5, Folders.contents("a")))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("is in the way and is not a folder");
    assertThat(outputDir.resolve("checkpoint-5")).hasContent("mine");
  }

  @Test
  void refusesContentsThatAreEmptyLinksOrAManifest() throws IOException {
    assertThatThrownBy(() -> store.commit(5, folder -> {}))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("no file was written");
    assertThatThrownBy(
            () ->
                store.commit(
                    5,
                    folder ->
                        Files.createSymbolicLink(folder.resolve("link"), Path.of("/etc/hosts"))))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("cannot hold links");
    assertThatThrownBy(
            () -> store.commit(5, folder -> Files.writeString(folder.resolve("manifest.json"), "")))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("manifest.json");
    assertThat(Folders.names(outputDir)).isEmpty();
  }

  @Test
  void refusesANegativeStep() {
    assertThatThrownBy(() -> store.commit(-1, Folders.contents("a")))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static final class FullDisk implements CheckpointContents {
    @Override
    public void writeTo(Path folder) throws IOException {
      Files.writeString(folder.resolve("half"), "half");
      throw new IOException("No space left on device");
    }
  }

  @Test
  void anInterruptIsNoFullDisk() throws IOException {
    CheckpointContents interrupted =
        folder -> {
          Thread.currentThread().interrupt();
          try (FileChannel channel =
              FileChannel.open(
                  folder.resolve("half"),
                  StandardOpenOption.CREATE_NEW,
                  StandardOpenOption.WRITE)) {
            int unused = channel.write(ByteBuffer.allocate(8));
          }
        };
    try {
      assertThatThrownBy(() -> store.commit(5, interrupted))
          .isInstanceOf(CheckpointException.class)
          .hasMessageContaining("The thread was interrupted")
          .message()
          .doesNotContain("disk", "MiB");
    } finally {
      boolean unused = Thread.interrupted();
    }
    assertThat(Folders.names(outputDir)).isEmpty();
  }

  @Test
  void anInterruptedThreadCommitsAndStaysInterrupted() throws IOException {
    Thread.currentThread().interrupt();
    Path folder;
    try {
      folder = store.commit(5, Folders.contents("first"));
      assertThat(Thread.interrupted()).isTrue();
    } finally {
      boolean unused = Thread.interrupted();
    }
    assertThat(store.verify(folder).isValid()).isTrue();
  }
}
