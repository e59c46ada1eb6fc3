// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.optim;

/** Looks on between the phases of an update. */
public interface UpdateObserver {

  /**
   * Returns whether anyone looks at gradients or parameters between the phases. If not, the whole
   * update may be one native call and the events follow one another after it.
   */
  boolean isWatching();

  /** Called after clipping, before the step. */
  void beforeStep();

  /** Called after the step, before the gradients are zeroed. */
  void afterStep();
}
