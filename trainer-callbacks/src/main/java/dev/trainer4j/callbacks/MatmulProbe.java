// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.trainer4j.torch.ArrayScope;
import dev.trainer4j.torch.Autograd;
import dev.trainer4j.torch.TorchFunctions;

/**
 * Measures what a device can do: the best rate of a large float32 matrix product.
 *
 * <p>A product of two n x n matrices takes 2 n^3 floating point operations.
 */
final class MatmulProbe {

  private static final long ENOUGH_NANOS = 150_000_000;

  private MatmulProbe() {}

  /** Returns floating point operations per second; takes about a fifth of a second. */
  static double flopsPerSecond(NDManager parent) {
    boolean gpu = Device.Type.GPU.equals(parent.getDevice().getDeviceType());
    int n = gpu ? 4096 : 768;
    // A GPU works behind the thread's back: only a row of products is longer than the wait for it.
    int products = gpu ? 10 : 1;
    try (NDManager manager = parent.newSubManager();
        ArrayScope scope = ArrayScope.open();
        Autograd.Recording off = Autograd.record(false)) {
      NDArray a = manager.randomUniform(-1, 1, new Shape(n, n));
      NDArray b = manager.randomUniform(-1, 1, new Shape(n, n));
      multiply(a, b, 2);
      long best = Long.MAX_VALUE;
      long begin = System.nanoTime();
      for (int i = 0; i < 3 || System.nanoTime() - begin < ENOUGH_NANOS; i++) {
        long start = System.nanoTime();
        multiply(a, b, products);
        best = Math.min(best, System.nanoTime() - start);
      }
      return 2.0 * n * n * n * products / (best / 1e9);
    }
  }

  private static void multiply(NDArray a, NDArray b, int times) {
    try (ArrayScope scope = ArrayScope.open()) {
      NDArray product = a;
      for (int i = 0; i < times; i++) {
        product = product.matMul(b);
      }
      // Asking for one number waits for all.
      double unused = TorchFunctions.number(product.get("0,0"));
    }
  }
}
