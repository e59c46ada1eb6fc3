// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.torch;

import ai.djl.ndarray.NDArray;
import ai.djl.pytorch.jni.IValue;
import java.util.List;

/** Gradients in arrays that somebody else owns, such as the shares of a rank. */
public final class GivenGradients extends GradientList {

  private final IValue list;

  /** Binds {@code arrays}, of which there must be at least one; they stay their owner's. */
  public GivenGradients(List<NDArray> arrays) {
    if (arrays.isEmpty()) {
      throw new IllegalArgumentException("there must be at least one gradient");
    }
    list = Kernels.list(arrays);
  }

  /** Sets all of them to zero. */
  public void zero() {
    Kernels.shared().run("zero", list);
  }

  @Override
  IValue value() {
    return list;
  }

  @Override
  String updateKernel() {
    return "update";
  }

  @Override
  public void close() {
    list.close();
  }
}
