// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callback;

import ai.djl.ndarray.NDArray;
import java.util.Map;

/**
 * A callback that keeps tensors, saved with every checkpoint in a file of their own and restored
 * with every resume.
 */
public interface TensorCallback extends TrainerCallback {

  /**
   * Returns the name of the file without its ending: {@code ema} for {@code ema.safetensors}. Lower
   * case letters, digits and {@code _}; unique among the callbacks.
   */
  String tensorFile();

  /** Returns what to save, by name; nothing is written if it is empty. They stay the callback's. */
  Map<String, NDArray> tensors();

  /**
   * Takes back what was saved; called before {@code onTrainBegin}, and again with the tensors of the
   * best checkpoint if that is loaded in the end.
   *
   * @param saved on the CPU, closed after the call: copy what is to stay
   * @throws IllegalArgumentException if they do not fit
   */
  void restoreTensors(CallbackContext ctx, Map<String, NDArray> saved);
}
