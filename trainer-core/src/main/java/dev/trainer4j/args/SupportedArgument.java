// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One argument: its Hugging Face name, what it takes, how to get and set it, and its line of {@code --help}.
 *
 * @param <T> the type of its accessor
 */
record SupportedArgument<T>(
    String name,
    ValueType<T> type,
    Function<TrainingArguments, T> get,
    BiConsumer<TrainingArguments.Builder, T> set,
    String help) {

  /** Sets the argument from a plain value, or says that the value does not read as its type. */
  boolean read(TrainingArguments.Builder builder, Object raw) {
    Optional<T> value = type.read(raw);
    value.ifPresent(read -> set.accept(builder, read));
    return value.isPresent();
  }

  @Nullable Object write(TrainingArguments args) {
    return type.write().apply(get.apply(args));
  }

  boolean isInRange(TrainingArguments args) {
    return type.accepts(get.apply(args));
  }
}
