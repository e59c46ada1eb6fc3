// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.process;

import ai.djl.ndarray.NDArray;
import java.util.List;

/** One process has all gradients. */
enum NoSync implements GradientSync {
  INSTANCE;

  @Override
  public boolean isLocal() {
    return true;
  }

  @Override
  public void sum(List<NDArray> gradients) {}
}
