// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.process;

import ai.djl.ndarray.NDArray;
import java.util.List;

/** Every rank has all gradients, of its own samples: they are added up one by one. */
record DataParallelSync(ProcessGroup group) implements GradientSync {

  @Override
  public boolean isLocal() {
    return false;
  }

  @Override
  public void sum(List<NDArray> gradients) {
    gradients.forEach(group::allReduce);
  }

  /** Every rank has the sum of all, and so the whole norm. */
  @Override
  public double squaredNorm(double own) {
    return own;
  }
}
