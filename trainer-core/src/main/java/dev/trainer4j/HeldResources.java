// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j;

import ai.djl.ndarray.NDManager;
import dev.trainer4j.torch.Determinism;
import dev.trainer4j.torch.NativeHeap;
import org.jspecify.annotations.Nullable;

/** What a trainer holds of its process until it is closed: memory, deterministic kernels, and what its setup made for it. */
final class HeldResources implements AutoCloseable {

  private final TrainerSetup setup;
  private final NDManager manager;
  private @Nullable Determinism determinism;

  HeldResources(TrainerSetup setup) {
    this.setup = setup;
    manager = setup.model().manager().newSubManager();
    manager.setName("trainer");
    if (setup.strategy().returnsMemory()) {
      NativeHeap.returnFreed(manager.getDevice());
    } else {
      NativeHeap.keepFreed(manager.getDevice());
    }
  }

  /** Returns the owner of the trainer's arrays. */
  NDManager manager() {
    return manager;
  }

  /**
   * Switches nondeterministic kernels off if the arguments ask for that.
   *
   * @throws IllegalArgumentException if the process does not allow it
   */
  void heedDeterminism() {
    if (setup.args().fullDeterminism()) {
      determinism = Determinism.on(manager.getDevice());
    }
  }

  @Override
  public void close() {
    try {
      if (determinism != null) {
        determinism.close();
      }
      setup.closeProcesses();
    } finally {
      manager.close();
      setup.closeModel();
      NativeHeap.giveBack(manager.getDevice());
    }
  }
}
