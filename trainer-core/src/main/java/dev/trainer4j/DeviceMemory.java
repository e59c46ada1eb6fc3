// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j;

import ai.djl.ndarray.NDManager;
import dev.trainer4j.report.RunLog;
import dev.trainer4j.run.MemoryShortage;
import dev.trainer4j.run.MicroBatches;
import dev.trainer4j.run.TrainingProgress;
import dev.trainer4j.run.TrainingSession;
import dev.trainer4j.torch.TorchFunctions;
import java.util.OptionalInt;

/** What a run does about the memory of its device: give back what is held in reserve, and make do with less. */
final class DeviceMemory {

  private final NDManager owner;
  private final OptionalInt emptyCacheSteps;
  private final RunLog log;

  /**
   * Watches the memory of the model's device.
   *
   * @param owner of the batches
   */
  DeviceMemory(NDManager owner, OptionalInt emptyCacheSteps, RunLog log) {
    this.owner = owner;
    this.emptyCacheSteps = emptyCacheSteps;
    this.log = log;
  }

  NDManager owner() {
    return owner;
  }

  void afterUpdate(long step) {
    if (emptyCacheSteps.isPresent() && step % emptyCacheSteps.getAsInt() == 0) {
      TorchFunctions.emptyCache(owner.getDevice());
    }
  }

  /** Makes the update that ran out of memory, and all that follow, go on in smaller micro batches. */
  void shrink(TrainingSession session, MemoryShortage shortage) {
    MicroBatches batches = session.batches();
    TrainingProgress progress = session.progress();
    int before = batches.size();
    TorchFunctions.emptyCache(owner.getDevice());
    if (!batches.shrink()) {
      throw new IllegalStateException(
          "autoFindBatchSize: memory does not suffice for one sample ("
              + shortage.reason()
              + "); shorten the samples, set gradientCheckpointing or bf16, or take a smaller model",
          shortage.getCause());
    }
    progress.trainBatchSize(batches.size());
    log.warn(
        "update {}: memory did not suffice for a micro batch of {} ({}); from here on an update"
            + " has {} micro batches of {}",
        progress.globalStep() + 1,
        before,
        shortage.reason(),
        batches.perUpdate(),
        batches.size());
  }
}
