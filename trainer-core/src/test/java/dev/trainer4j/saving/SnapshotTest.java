// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.saving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.torch.Autograd;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Copies for a checkpoint that is written while training goes on. */
@Tag("cpu") // it looks at memory of the host
class SnapshotTest {

  @TempDir Path folder;

  @Test
  void aSnapshotStaysAsItIsUntilTheNextOneTakesItsMemory() throws IOException {
    try (NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch");
        SnapshotMemory memory = new SnapshotMemory()) {
      NDArray weights = manager.create(new float[] {1, 2});
      Map<String, NDArray> first = memory.copy("others", Map.of("w", weights));
      weights.muli(10);
      assertThat(written(snapshot(weights, memory).complete(), manager)).containsExactly(10, 20);

      weights.muli(10);
      assertThat(first.get("w").toFloatArray()).containsExactly(10, 20);
      assertThat(memory.copy("others", Map.of("w", weights)).get("w")).isSameAs(first.get("w"));
      assertThat(first.get("w").toFloatArray()).containsExactly(100, 200);
    }
  }

  @Test
  void aSnapshotOfOtherTensorsFreesTheMemoryOfTheOnesBefore() {
    try (NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch");
        SnapshotMemory memory = new SnapshotMemory()) {
      NDArray before = memory.copy("model", Map.of("w", manager.ones(new Shape(2)))).get("w");
      NDArray after = memory.copy("model", Map.of("w", manager.ones(new Shape(3)))).get("w");
      assertThat(after.toFloatArray()).containsExactly(1, 1, 1);
      assertThatThrownBy(before::toFloatArray).isInstanceOf(IllegalStateException.class);
    }
  }

  private static Snapshot snapshot(NDArray weights, SnapshotMemory memory) {
    return new Snapshot(Map.of("w", weights), name -> true, null, Map.of(), memory);
  }

  @Test
  void parametersAreCopiedLaterAndWhatAForwardPassChangesAtOnce() throws IOException {
    try (NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch");
        SnapshotMemory memory = new SnapshotMemory()) {
      NDArray statistics = manager.create(new float[] {1, 2});
      Snapshot snapshot = snapshot(statistics, memory);
      statistics.muli(10);

      assertThat(written(snapshot.complete(), manager)).containsExactly(1, 2);
    }
  }

  @Test
  void whatIsFrozenIsWrittenAsItIsAndNotCopied() throws IOException {
    try (NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch");
        SnapshotMemory memory = new SnapshotMemory()) {
      NDArray frozen = manager.create(new float[] {1, 2});
      SavedTensors saved =
          new Snapshot(Map.of("w", frozen), name -> false, null, Map.of(), memory).complete();

      assertThat(saved.model().get("w")).isSameAs(frozen);
      assertThat(written(saved, manager)).containsExactly(1, 2);
    }
  }

  @Test
  void frozenParametersThatSomebodyChangesWhileTheyAreWrittenAreNotSaved() {
    try (NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch");
        SnapshotMemory memory = new SnapshotMemory()) {
      NDArray frozen = manager.create(new float[] {1, 2});
      SavedTensors saved =
          new Snapshot(Map.of("w", frozen), name -> false, null, Map.of(), memory).complete();
      frozen.muli(10);

      assertThatThrownBy(() -> written(saved, manager))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("asyncSave");
    }
  }

  @Test
  void parametersThatSomebodyChangesBeforeTheyAreCopiedAreNotSaved() {
    try (NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch");
        SnapshotMemory memory = new SnapshotMemory();
        Autograd.Recording off = Autograd.record(false)) {
      NDArray weights = manager.create(new float[] {1, 2});
      weights.setRequiresGradient(true);
      Snapshot snapshot = snapshot(weights, memory);
      weights.muli(10);

      assertThatThrownBy(snapshot::complete)
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("asyncSave")
          .hasMessageContaining("onStepEnd");
      snapshot.await(); // Nobody waits for a copy that failed.
    }
  }

  private float[] written(SavedTensors tensors, NDManager manager) throws IOException {
    Path file = Files.createDirectory(folder.resolve("copy"));
    tensors.write(
        new dev.trainer4j.checkpoint.CheckpointFiles(file), "model.safetensors", Long.MAX_VALUE);
    try (var saved =
        dev.trainer4j.checkpoint.SafetensorsFile.open(file.resolve("model.safetensors"))) {
      return saved.read("w", manager).toFloatArray();
    }
  }
}
