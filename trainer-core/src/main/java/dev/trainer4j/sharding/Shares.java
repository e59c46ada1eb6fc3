// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.sharding;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.trainer4j.optim.UpdateGradients;
import dev.trainer4j.optim.UpdateRanks;
import dev.trainer4j.torch.FreshGradients;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where a stage keeps the shares of this rank, and how they come and go: gradients on their way in, parameters
 * on their way out. What is called here by the loop is called by all ranks.
 */
public interface Shares extends UpdateGradients, AutoCloseable {

  /** Returns who owns what. */
  ShardLayout layout();

  /** Returns the owner of what is made on the way, on the device that ranks exchange arrays of. */
  NDManager manager();

  /**
   * Returns the values that the step changes, one vector for each of {@link ShardLayout#slices()}, always the
   * same arrays. They are of a manager that lives as long as this object.
   */
  List<NDArray> values();

  /**
   * Returns the gradients of {@link #values}, always the same arrays: after {@link #synchronize} the sums of all ranks.
   */
  List<NDArray> gradients();

  /**
   * Returns whether each of {@link ShardLayout#slices()} has a gradient; a parameter that no loss has depended on,
   * on any rank, has none.
   */
  boolean[] present();

  /**
   * Takes over the gradients of a micro batch, where a stage does not wait for the update. Called after each, also
   * by a rank that had no samples in it.
   *
   * @param scale the loss scale of this rank, 0 if it had no samples yet
   */
  default void collect(UpdateRanks ranks, double scale) {}

  /**
   * Takes over what has been collected for an update that goes on with other parameters. A collective.
   *
   * @param before still open, of the same kind
   */
  default void takeOver(Shares before) {}

  /** Returns where backward is to put gradients; null if it adds them up in the parameters. */
  default @Nullable FreshGradients freshGradients() {
    return null;
  }

  /** Looks at parameters before the step, where {@link #values} are copies of them. */
  default void load() {}

  /** Gives all ranks the parameters as {@link #values} are now. */
  void publish();

  @Override
  void close();
}
