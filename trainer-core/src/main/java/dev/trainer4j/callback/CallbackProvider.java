// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callback;

import dev.trainer4j.args.TrainingArguments;
import java.util.List;
import java.util.Optional;

/**
 * Makes callbacks by the names that the argument {@code reportTo} takes.
 *
 * <p>Providers are found by {@link java.util.ServiceLoader}: name the class, with a public constructor without
 * arguments, in {@code META-INF/services/dev.trainer4j.callback.CallbackProvider}. The module
 * trainer-callbacks has one; a name must not be offered twice.
 */
public interface CallbackProvider {

  /** Returns the names for {@code reportTo}, in the order in which {@code all} adds them. */
  List<String> names();

  /**
   * Returns what has to be added, as a rule to the class path, before {@code name} can be used.
   *
   * @param name one of {@link #names()}
   * @return Maven coordinates such as {@code org.example:client:1.2}; empty if nothing is missing. With {@code all}, names that lack something are left out
   */
  Optional<String> missing(String name);

  /**
   * Makes a new callback, which belongs to one trainer.
   *
   * @param name one of {@link #names()} that lacks nothing
   * @param args the arguments of the run
   * @throws IllegalArgumentException if the arguments do not allow it; the message says what to do
   */
  TrainerCallback create(String name, TrainingArguments args);
}
