// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.model;

import ai.djl.ndarray.NDArray;
import java.util.List;

/**
 * Which of a model's tensors are trainable, and whether that has changed: a look at flags that DJL keeps
 * in Java, so that it costs an update next to nothing.
 */
public final class TrainableSet {

  private final List<NDArray> tensors;
  private final boolean[] trainable;

  /** Notes what is trainable now. */
  public TrainableSet(TrainableModel model) {
    tensors = List.copyOf(model.state().values());
    trainable = new boolean[tensors.size()];
    for (int i = 0; i < trainable.length; i++) {
      trainable[i] = tensors.get(i).hasGradient();
    }
  }

  /** Returns whether a tensor was frozen or released since this was made. */
  public boolean hasChanged() {
    for (int i = 0; i < trainable.length; i++) {
      if (tensors.get(i).hasGradient() != trainable[i]) {
        return true;
      }
    }
    return false;
  }
}
