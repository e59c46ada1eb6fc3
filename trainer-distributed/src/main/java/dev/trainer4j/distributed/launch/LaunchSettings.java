// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.launch;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What a job was asked to be: flags, and what they leave to a configuration.
 *
 * @param values by the names of flags, each of which holds by itself
 * @param source of what the flags left open, for messages; empty for none
 */
record LaunchSettings(Map<String, String> values, String source) {

  private static final Set<String> PARADIGMS =
      Set.of("cpu", "multi_gpu", "use_fsdp", "use_deepspeed");

  LaunchSettings {
    values = Map.copyOf(values);
  }

  /**
   * Checks flags, and fills in what they leave open.
   *
   * @throws LaunchException with everything that is wrong
   */
  static LaunchSettings of(Map<String, String> flags, Optional<AccelerateConfig> config) {
    List<String> problems = new ArrayList<>();
    flags.forEach(
        (name, value) -> {
          LaunchFlag flag = LaunchFlags.ALL.get(name);
          Optional<String> problem = flag == null ? Optional.of("unknown") : flag.problem(value);
          problem.ifPresent(
              what ->
                  problems.add(
                      "--" + name + (value.equals("true") ? "" : " is " + value) + ": " + what));
        });
    List<String> paradigms =
        PARADIGMS.stream()
            .filter(name -> isTrue(flags.getOrDefault(name, "false")))
            .sorted()
            .toList();
    if (paradigms.size() > 1) {
      problems.add(
          "--" + String.join(" and --", paradigms) + " are given together; give one of them");
    }
    if (!problems.isEmpty()) {
      throw LaunchException.of("the job cannot be started", problems);
    }
    Map<String, String> values = new LinkedHashMap<>();
    config.ifPresent(file -> fill(values, file, paradigms.isEmpty()));
    flags.forEach((name, value) -> values.put(name, value.strip()));
    return new LaunchSettings(values, config.map(AccelerateConfig::source).orElse(""));
  }

  /** A flag that says how to distribute wins over the type of the file, and over its CPU. */
  private static void fill(Map<String, String> values, AccelerateConfig config, boolean withType) {
    values.putAll(config.flags());
    if (!withType) {
      values.remove("cpu");
      return;
    }
    switch (config.type()) {
      case FSDP -> values.put("use_fsdp", "true");
      case DEEPSPEED -> values.put("use_deepspeed", "true");
      case MULTI_GPU -> values.put("multi_gpu", "true");
      case MULTI_CPU, NO -> {}
    }
  }

  Optional<String> text(String name) {
    return Optional.ofNullable(values.get(name)).filter(value -> !value.isEmpty());
  }

  /** The path of a file or folder. */
  Optional<Path> path(String name) {
    return text(name)
        .map(
            text ->
                Path.of(
                    text.startsWith("~/")
                        ? System.getProperty("user.home") + text.substring(1)
                        : text));
  }

  boolean is(String name) {
    return isTrue(values.getOrDefault(name, "false"));
  }

  int whole(String name, int otherwise) {
    return text(name).map(Integer::parseInt).orElse(otherwise);
  }

  static boolean isTrue(String value) {
    return Set.of("true", "yes", "1").contains(value.strip().toLowerCase(Locale.ROOT));
  }
}
