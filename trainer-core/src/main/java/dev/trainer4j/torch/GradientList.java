// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.torch;

import ai.djl.pytorch.jni.IValue;

/** The gradients that an {@link UpdateKernel} reads. */
public abstract sealed class GradientList implements AutoCloseable
    permits Gradients, FreshGradients {

  GradientList() {}

  /** The gradients as an argument of type {@code List[Tensor]}, which stays this object's. */
  abstract IValue value();

  /** The kernel that makes an update of them. */
  abstract String updateKernel();

  @Override
  public abstract void close();
}
