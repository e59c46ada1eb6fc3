// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Turns arguments into plain values by Hugging Face's names. */
final class ArgumentWriter {
  private ArgumentWriter() {}

  static Map<String, @Nullable Object> toMap(TrainingArguments args) {
    Map<String, @Nullable Object> values = new LinkedHashMap<>();
    SupportedArguments.BY_NAME.forEach(
        (name, argument) -> {
          Object value = argument.write(args);
          values.put(name, value == null ? null : Secrets.mask(name, value));
        });
    return values;
  }
}
