// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j;

import dev.trainer4j.data.ModelInputs;
import dev.trainer4j.model.PassFailure;
import dev.trainer4j.torch.Determinism;
import java.util.function.Supplier;

/** The last place where an error of libtorch gets a sentence of its own, before it reaches a user. */
final class StepFailure {

  private StepFailure() {}

  /**
   * Runs a hook over a micro batch.
   *
   * @param hook its name
   */
  static <T> T explaining(String hook, ModelInputs inputs, Supplier<T> work) {
    T result =
        PassFailure.explaining(
            hook,
            inputs::toString,
            "Look at the shapes and types of what the model, the loss or the metrics compute with",
            () -> Determinism.explaining(work));
    if (result == null) {
      throw new IllegalStateException(
          hook + " returned null; return what it is asked for, or call super." + hook);
    }
    return result;
  }
}
