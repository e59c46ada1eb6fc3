// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callback;

import dev.trainer4j.state.CallbackState;

/** A callback whose state is saved with every checkpoint and restored with every resume. */
public interface StatefulCallback extends TrainerCallback {

  /** Returns the key of the state, unique among the callbacks; by default the class's name. */
  default String stateKey() {
    return getClass().getSimpleName();
  }

  /** Returns what to save. */
  CallbackState state();

  /** Takes back what {@link #state} gave. */
  void restore(CallbackState state);
}
