// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.model;

import ai.djl.ndarray.NDArray;
import dev.trainer4j.torch.Autograd;
import dev.trainer4j.torch.MovableTensors;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * The weights of a model that was made without them. Its tensors have their names, shapes and types, and no memory,
 * until a trainer reads the weights: all of them, or where ranks share parameters each rank its share.
 */
public interface UnreadWeights {

  /** Returns the names of the tensors, among {@link TrainableModel#state()}. */
  Set<String> names();

  /**
   * Returns a text that ranks compare, so that they do not put a model together of pieces of two.
   *
   * @throws IOException if there is nothing to read, such as where a file is gone
   */
  String identity() throws IOException;

  /** What takes the weights. */
  @FunctionalInterface
  interface Receiver {
    /**
     * Takes what it wants of a tensor.
     *
     * @param elements of the tensor, for the time of this call
     * @throws IOException if they cannot be read
     */
    void receive(String name, TensorElements elements) throws IOException;
  }

  /**
   * Shows each tensor once. Afterwards the model has its weights: {@link TrainableModel#unreadWeights} is empty. If this
   * fails, it still has none.
   *
   * @throws IOException if they cannot be read
   */
  void read(Receiver receiver) throws IOException;

  /**
   * Gives a model its weights whole; one that has them stays as it is.
   *
   * @throws IOException if they cannot be read
   */
  static void readWhole(TrainableModel model) throws IOException {
    UnreadWeights weights = model.unreadWeights().orElse(null);
    if (weights == null) {
      return;
    }
    Map<String, NDArray> state = model.state();
    try (Autograd.Recording off = Autograd.record(false)) {
      weights.read((name, elements) -> readWhole(state, name, elements));
    }
  }

  /**
   * Gives one tensor of a model its memory and its elements.
   *
   * @param state of the model
   * @throws IOException if they cannot be read
   */
  static void readWhole(Map<String, NDArray> state, String name, TensorElements elements)
      throws IOException {
    NDArray tensor = Objects.requireNonNull(state.get(name), name);
    new MovableTensors(List.of(tensor)).allot();
    elements.fill(tensor);
  }
}
