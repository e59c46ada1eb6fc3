// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.saving;

import ai.djl.ndarray.NDArray;
import dev.trainer4j.torch.Autograd;
import dev.trainer4j.torch.TiedTensors;
import dev.trainer4j.torch.TorchFunctions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The tensors of a checkpoint, copied while training goes on.
 *
 * <p>Until the next optimizer step, forward and backward only read parameters and optimizer state, and
 * these are nearly all of a checkpoint. So another thread copies them in {@link #complete}, and training
 * waits for it, in {@link #await}, only where they are about to change. What a forward pass may change,
 * such as running statistics, and what callbacks own is copied at once. What is frozen is not copied at
 * all: it is written as it is.
 */
final class Snapshot {

  private final Map<String, NDArray> model;
  private final Map<String, NDArray> trained = new LinkedHashMap<>();
  private final Map<String, NDArray> others = new LinkedHashMap<>();
  private final List<NDArray> frozen = new ArrayList<>();
  private final @Nullable Map<String, NDArray> optimizer;
  private final Map<String, Map<String, NDArray>> callbacks = new LinkedHashMap<>();
  private final SnapshotMemory memory;
  private final List<NDArray> late = new ArrayList<>();
  private final long versions;
  private final long frozenVersions;
  private final CountDownLatch copied = new CountDownLatch(1);

  /**
   * Copies what cannot wait.
   *
   * @param isChangedByForward of the model's tensors, by name
   * @param memory holds the copies; what it held before must be on disk
   */
  Snapshot(
      Map<String, NDArray> model,
      Predicate<String> isChangedByForward,
      @Nullable Map<String, NDArray> optimizer,
      Map<String, Map<String, NDArray>> callbacks,
      SnapshotMemory memory) {
    this.model = TiedTensors.distinct(model);
    this.optimizer = optimizer;
    this.memory = memory;
    this.model.forEach(
        (name, array) -> {
          if (array.hasGradient()) {
            trained.put(name, array);
          } else if (isChangedByForward.test(name)) {
            others.put(name, array);
          } else {
            frozen.add(array);
          }
        });
    late.addAll(trained.values());
    if (optimizer != null) {
      late.addAll(optimizer.values());
    }
    versions = TorchFunctions.versions(late);
    frozenVersions = TorchFunctions.versions(frozen);
    others.putAll(memory.copy("others", others));
    callbacks.forEach((name, arrays) -> this.callbacks.put(name, memory.copy(name, arrays)));
  }

  /**
   * Copies the rest, in whatever thread.
   *
   * @throws IllegalStateException if it changed meanwhile
   */
  SavedTensors complete() {
    try (Autograd.Recording off = Autograd.record(false)) {
      Map<String, NDArray> copies = new LinkedHashMap<>(model);
      copies.putAll(memory.copy("trained", trained));
      copies.putAll(others);
      SavedTensors saved =
          new SavedTensors(
              copies,
              optimizer == null ? null : memory.copy("optimizer", optimizer),
              callbacks,
              this::requireFrozen);
      requireUnchanged();
      return saved;
    } finally {
      copied.countDown();
    }
  }

  /** An optimizer's step waits; but a hook or a callback may change weights whenever it likes. */
  private void requireUnchanged() {
    if (TorchFunctions.versions(late) != versions) {
      throw new IllegalStateException(
          "parameters or optimizer state were changed by something other than the optimizer while"
              + " asyncSave copied them, so this checkpoint was not written: change them in"
              + " onStepEnd or onOptimizerStep, or set asyncSave(false)");
    }
  }

  private void requireFrozen() {
    if (TorchFunctions.versions(frozen) != frozenVersions) {
      throw new IllegalStateException(
          "frozen parameters were changed while asyncSave wrote them, so this checkpoint was not"
              + " written: change them before training, or set asyncSave(false)");
    }
  }

  /** Waits until everything is copied; an interrupt is kept for later. */
  void await() {
    boolean interrupted = false;
    while (copied.getCount() > 0) {
      try {
        copied.await();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
