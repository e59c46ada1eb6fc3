// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.callbacks;

import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.callback.TrainerCallback;
import java.util.Objects;
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

  /** Makes it depend on an optional library. */
  ReadyMade needs(OptionalLibrary library) {
    return new ReadyMade(
        name,
        () -> library.isPresent() ? Optional.empty() : Optional.of(library.coordinates()),
        args -> library.linked("reportTo '" + name + "'", () -> make.apply(args)));
  }

  /** Makes it depend on an environment variable. */
  ReadyMade needsVariable(String variable) {
    return new ReadyMade(
        name,
        () ->
            Objects.requireNonNullElse(System.getenv(variable), "").isBlank()
                ? Optional.of("the environment variable " + variable)
                : Optional.empty(),
        make);
  }

  Optional<String> missing() {
    return lack.get();
  }
}
