// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.optim;

/** Looks on between the phases of an update. */
public interface UpdateObserver {

  /**
   * Returns whether anyone looks at gradients or parameters between the phases. If not, the whole
   * update may be one native call and the events follow one another after it.
   */
  boolean isWatching();

  /** Returns whether {@link #notFinite} looks at the parameters' gradients. */
  default boolean looksForCulprits() {
    return false;
  }

  /**
   * Called when a loss or the norm is not finite, with the gradients as backward has summed them
   * up: neither divided nor clipped. They are zeroed, or used, after it.
   */
  default void notFinite(UpdateResult found) {}

  /** Called after clipping, before the step. */
  void beforeStep();

  /** Called after the step, before the gradients are zeroed. */
  void afterStep();
}
