// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.optim;

import ai.djl.ndarray.NDArray;
import dev.trainer4j.torch.TorchFunctions;
import java.util.Arrays;
import java.util.List;

/**
 * The weight of the losses of an update, such as the number of labels: what its gradients are divided by.
 *
 * <p>Part of it may be on a device still. To read it waits for all that runs there, so a kernel that
 * makes the update sums it up itself and says what it found.
 */
public final class LossWeight {

  private final double known;
  private List<NDArray> unread;
  private double found;

  private LossWeight(double known, List<NDArray> unread) {
    this.known = known;
    this.unread = List.copyOf(unread);
    found = known;
  }

  /** A number, above 0. */
  public static LossWeight of(double weight) {
    return new LossWeight(weight, List.of());
  }

  /**
   * The sum of a number and of scalars on a device.
   *
   * @param scalars of any number type; they stay open until the update is done
   */
  public static LossWeight of(double known, List<NDArray> scalars) {
    return new LossWeight(known, scalars);
  }

  /** Returns the weight; waits for the device the first time if part of it is there. */
  public double value() {
    if (!unread.isEmpty()) {
      found(known + Arrays.stream(TorchFunctions.numbers(unread)).sum());
    }
    return found;
  }

  /** Returns what is known without asking a device. */
  double known() {
    return unread.isEmpty() ? found : known;
  }

  /** Returns the scalars that are to be added to what is known. */
  List<NDArray> unread() {
    return unread;
  }

  /** Notes what a kernel has summed up. */
  void found(double weight) {
    found = weight;
    unread = List.of();
  }
}
