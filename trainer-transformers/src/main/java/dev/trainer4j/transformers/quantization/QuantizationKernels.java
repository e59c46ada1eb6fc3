// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.quantization;

import dev.trainer4j.torch.ScriptKernels;
import dev.trainer4j.transformers.architecture.KernelText;
import java.util.Map;

/** The kernels of {@code quantization.py}: code without state, shared by all models of the JVM. */
final class QuantizationKernels {

  private static final class Loaded {
    static final ScriptKernels KERNELS =
        KernelText.compile(
                QuantizationKernels.class, "Quantization", Map.of(), "quantization.py", "codes.py")
            .plain();
  }

  private QuantizationKernels() {}

  static ScriptKernels get() {
    return Loaded.KERNELS;
  }
}
