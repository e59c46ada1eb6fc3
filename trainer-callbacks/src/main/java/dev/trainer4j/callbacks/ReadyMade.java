// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.TrainerCallback;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One name of {@code reportTo}.
 *
 * @param name what the argument says
 * @param library the optional library that the callback needs, null if it needs none
 * @param make makes the callback; only called when the library is there, so it may mention its classes
 */
record ReadyMade(
    String name, @Nullable Library library, Function<TrainingArguments, TrainerCallback> make) {

  /**
   * An optional library.
   *
   * @param coordinates what to add to a build, {@code group:artifact}
   * @param className a class that is there if the library is
   */
  record Library(String coordinates, String className) {

    boolean isPresent() {
      try {
        Class.forName(className, false, ReadyMade.class.getClassLoader());
        return true;
      } catch (ClassNotFoundException | LinkageError e) {
        return false;
      }
    }
  }

  static ReadyMade of(String name, Function<TrainingArguments, TrainerCallback> make) {
    return new ReadyMade(name, null, make);
  }

  ReadyMade needs(String coordinates, String className) {
    return new ReadyMade(name, new Library(coordinates, className), make);
  }

  Optional<String> missing() {
    return library == null || library.isPresent()
        ? Optional.empty()
        : Optional.of(library.coordinates());
  }
}
