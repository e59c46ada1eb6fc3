// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.checkpoint;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.trainer4j.model.TrainableModel;
import java.util.List;
import java.util.Map;

/**
 * Which tensors of a model require no gradients: parameters that are frozen, and buffers. A callback may have
 * frozen some in the middle of a run, and nobody would do so again in the run that resumes.
 *
 * @param atStart when the run began
 * @param now when the checkpoint was written
 */
public record FrozenTensors(
    @JsonProperty("at_start") List<String> atStart, @JsonProperty("now") List<String> now) {

  /** Copies the lists. */
  public FrozenTensors {
    atStart = List.copyOf(atStart);
    now = List.copyOf(now);
  }

  /** Returns the names of those of {@code model} as it is. */
  public static List<String> of(TrainableModel model) {
    return model.state().entrySet().stream()
        .filter(tensor -> !tensor.getValue().hasGradient())
        .map(Map.Entry::getKey)
        .toList();
  }

  /** Returns whether the run began with the same frozen as {@code model} is now. */
  public boolean beganAs(TrainableModel model) {
    return of(model).equals(atStart);
  }

  /**
   * Freezes and releases what the run had frozen and released, if the model is now as it was when that run
   * began; another one was frozen on purpose, and stays so.
   *
   * @return whether something changed
   */
  public boolean restore(TrainableModel model) {
    if (now.equals(atStart) || !beganAs(model)) {
      return false;
    }
    model
        .state()
        .forEach(
            (name, array) -> {
              boolean frozen = now.contains(name);
              if (array.hasGradient() == frozen) {
                array.setRequiresGradient(!frozen);
              }
            });
    return true;
  }
}
