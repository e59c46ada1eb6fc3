// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callback;

import dev.trainer4j.args.TrainingArguments;

/**
 * Makes the callback that pushes a run to the Hub, for the argument {@code pushToHub}.
 *
 * <p>It is found by {@link java.util.ServiceLoader}; the module trainer-hub has one.
 */
public interface PushProvider {

  /**
   * Makes a new callback, which belongs to one trainer.
   *
   * @param args the arguments of the run, of which {@code pushToHub} is true
   * @throws IllegalArgumentException if the arguments do not allow it; the message says what to do
   */
  TrainerCallback create(TrainingArguments args);
}
