// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.torch;

import ai.djl.ndarray.NDArray;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.LibUtils;
import java.nio.file.Path;

/** What native code beside libtorch, such as a library of collectives, must know of it. */
public final class NativeTensors {

  private NativeTensors() {}

  /**
   * Returns the address of libtorch's {@code at::Tensor} of an array. It is good until the array is closed.
   *
   * @throws IllegalArgumentException if the array is not libtorch's
   */
  public static long handle(NDArray array) {
    if (array instanceof PtNDArray tensor) {
      return tensor.getHandle();
    }
    throw new IllegalArgumentException(
        "an array of the engine "
            + array.getManager().getEngine().getEngineName()
            + " is no tensor of libtorch");
  }

  /** Returns the folder that libtorch was loaded from. */
  public static Path libtorch() {
    TorchEngine.get();
    return Path.of(LibUtils.getLibtorchPath());
  }
}
