// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.TrainerCallback;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * One name of {@code reportTo}.
 *
 * @param name what the argument says
 * @param lack says what has to be added before the callback can be made; empty if nothing
 * @param make makes the callback; only called when nothing is missing, so it may mention classes of an
 *     optional library
 */
record ReadyMade(
    String name,
    Supplier<Optional<String>> lack,
    Function<TrainingArguments, TrainerCallback> make) {

  static ReadyMade of(String name, Function<TrainingArguments, TrainerCallback> make) {
    return new ReadyMade(name, Optional::empty, make);
  }

  /**
   * Makes it depend on an optional library.
   *
   * @param coordinates what to add to a build, {@code group:artifact}
   * @param className a class that is there if the library is
   */
  ReadyMade needs(String coordinates, String className) {
    return new ReadyMade(
        name, () -> isPresent(className) ? Optional.empty() : Optional.of(coordinates), make);
  }

  /** Makes it depend on an environment variable. */
  ReadyMade needsVariable(String variable) {
    return new ReadyMade(
        name,
        () ->
            System.getenv(variable) == null
                ? Optional.of("the environment variable " + variable)
                : Optional.empty(),
        make);
  }

  Optional<String> missing() {
    return lack.get();
  }

  private static boolean isPresent(String className) {
    try {
      Class.forName(className, false, ReadyMade.class.getClassLoader());
      return true;
    } catch (ClassNotFoundException | LinkageError e) {
      return false;
    }
  }
}
