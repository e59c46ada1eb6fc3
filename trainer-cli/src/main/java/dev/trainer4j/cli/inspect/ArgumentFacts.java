// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.cli.inspect;

import dev.trainer4j.args.TrainingArguments;
import dev.trainer4j.json.JsonFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The arguments that a checkpoint was written under, as plain values. */
final class ArgumentFacts {

  private static final String FILE_NAME = "training_args.json";

  private final Map<String, @Nullable Object> values;

  private ArgumentFacts(Map<String, @Nullable Object> values) {
    this.values = values;
  }

  /** Reads those of a checkpoint; empty if it has none that can be read, as one of Hugging Face's. */
  static Optional<ArgumentFacts> read(Path checkpoint) throws IOException {
    Path file = checkpoint.resolve(FILE_NAME);
    return Files.isRegularFile(file)
        ? Optional.of(new ArgumentFacts(JsonFile.read(file).map()))
        : Optional.empty();
  }

  Map<String, @Nullable Object> values() {
    return values;
  }

  /** Returns those that differ from their defaults, with the default as the second of each pair. */
  Map<String, String[]> changed() {
    Map<String, @Nullable Object> defaults = TrainingArguments.builder().build().toMap();
    Map<String, String[]> changed = new LinkedHashMap<>();
    values.forEach(
        (name, value) -> {
          String now = show(value);
          String usual = defaults.containsKey(name) ? show(defaults.get(name)) : "";
          if (!now.equals(usual)) {
            changed.put(name, new String[] {now, usual});
          }
        });
    return changed;
  }

  /** A value as YAML has it on one line. */
  static String show(@Nullable Object value) {
    if (value == null) {
      return "unset";
    }
    if (value instanceof List<?> list) {
      return list.stream().map(ArgumentFacts::show).collect(Collectors.joining(", ", "[", "]"));
    }
    return value.toString();
  }
}
