// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.launch;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A configuration, as flags.
 *
 * @param source the file's name, for messages
 * @param type how processes are distributed
 * @param flags the values by the names of flags
 */
record AccelerateConfig(String source, DistributedType type, Map<String, String> flags) {

  AccelerateConfig {
    flags = Map.copyOf(flags);
  }

  static AccelerateConfig read(Path file) {
    return of(file.toString(), ConfigFile.read(file));
  }

  /**
   * Takes the values of a file.
   *
   * @throws LaunchException with everything that is wrong
   */
  static AccelerateConfig of(String source, Map<String, @Nullable Object> values) {
    return new Reading(source, values).config();
  }

  /** Goes through the keys once, and collects what is wrong. */
  private static final class Reading {

    private final String source;
    private final Map<String, @Nullable Object> values;
    private final Map<String, String> flags = new LinkedHashMap<>();
    private final List<String> problems = new ArrayList<>();

    Reading(String source, Map<String, @Nullable Object> values) {
      this.source = source;
      this.values = values;
    }

    AccelerateConfig config() {
      environment();
      values.keySet().stream()
          .filter(key -> !AccelerateKeys.isKnown(key))
          .forEach(
              key ->
                  problems.add(
                      "the key " + key + " is unknown; Accelerate 1.15 has none of this name"));
      @Nullable DistributedType type = type();
      AccelerateKeys.FLAGS.forEach(key -> flag(key, values.get(key)));
      AccelerateKeys.SECTIONS.forEach(this::section);
      AccelerateKeys.MUST_BE_EMPTY.forEach(this::requireEmpty);
      olderKeys();
      if (saysYes(values.get("use_cpu")) || type == DistributedType.MULTI_CPU) {
        flags.put("cpu", "true");
      }
      if (!problems.isEmpty() || type == null) {
        throw LaunchException.of("config_file " + source + " cannot be used", problems);
      }
      return new AccelerateConfig(source, type, flags);
    }

    private void environment() {
      @Nullable Object place = values.get("compute_environment");
      if (place != null && !place.equals("LOCAL_MACHINE")) {
        problems.add(
            "compute_environment is " + place + ", which is not offered; expected LOCAL_MACHINE");
      }
    }

    private @Nullable DistributedType type() {
      @Nullable Object name = values.get("distributed_type");
      if (name == null) {
        problems.add("distributed_type is missing; expected one of " + DistributedType.names());
        return null;
      }
      // YAML's word for false.
      String text = name.equals(false) ? "NO" : name.toString();
      try {
        return DistributedType.valueOf(text);
      } catch (IllegalArgumentException e) {
        problems.add(
            "distributed_type is "
                + text
                + ", which is not offered; expected one of "
                + DistributedType.names());
        return null;
      }
    }

    private void section(String key, String prefix) {
      @Nullable Object value = values.get(key);
      if (value == null) {
        return;
      }
      if (!(value instanceof Map<?, ?> section)) {
        problems.add(key + " is " + value + "; expected keys and values");
        return;
      }
      section.forEach(
          (name, inner) -> {
            String full = name.toString().startsWith(prefix) ? name.toString() : prefix + name;
            if (key.equals("mpirun_config") && full.equals("mpirun_ccl")) {
              return; // Threads of Intel's library, which is not underneath.
            }
            if (LaunchFlags.ALL.containsKey(full)) {
              flag(full, inner);
            } else {
              problems.add("the key " + name + " of " + key + " is unknown");
            }
          });
    }

    private void olderKeys() {
      if (saysYes(values.get("fp16")) && values.get("mixed_precision") == null) {
        flags.put("mixed_precision", "fp16");
      }
      flag("dynamo_backend", values.get("dynamo_backend"));
    }

    private void requireEmpty(String key) {
      @Nullable Object value = values.get(key);
      boolean empty = value == null || (value instanceof Collection<?> items && items.isEmpty());
      if (!empty) {
        problems.add(key + " is " + value + ", not offered: libtorch for the JVM has no TPU");
      }
    }

    private void flag(String name, @Nullable Object value) {
      if (value == null) {
        return;
      }
      if (value instanceof Map || value instanceof Collection) {
        problems.add(name + " is " + value + "; expected one value");
        return;
      }
      String text = name.equals("mixed_precision") && value.equals(false) ? "no" : value.toString();
      if (name.equals("num_processes") && text.equals("-1")) {
        return; // It is to be given when a job is started.
      }
      LaunchFlag flag = LaunchFlags.ALL.get(name);
      if (flag == null) {
        throw new IllegalStateException(name + " is a key, but no flag");
      }
      flag.problem(text).ifPresent(problem -> problems.add(name + " is " + text + ", " + problem));
      if (flag.refusal().isEmpty()) {
        flags.put(name, text.strip());
      }
    }

    private static boolean saysYes(@Nullable Object value) {
      return value != null && LaunchSettings.isTrue(value.toString());
    }
  }
}
