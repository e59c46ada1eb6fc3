// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.transformers.generation;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Settings that do nothing beside others: those that transformers warns of, and refuses to save. */
final class IdleSettings {

  /** The defaults. */
  static final GenerationConfig NONE = GenerationConfig.builder().unchecked();

  private final GenerationConfig config;
  private final GenerationConfig origin;
  private final List<String> problems = new ArrayList<>();

  private IdleSettings(GenerationConfig config, GenerationConfig origin) {
    this.config = config;
    this.origin = origin;
  }

  /** Returns a sentence for each setting of {@code config} that does nothing and is not that of {@code origin}. */
  static List<String> of(GenerationConfig config, GenerationConfig origin) {
    IdleSettings settings = new IdleSettings(config, origin);
    if (!config.doSample()) {
      String why = "doSample is false, and nothing is drawn; set doSample(true)";
      settings.check("temperature", GenerationConfig::temperature, why);
      settings.check("topK", GenerationConfig::topK, why);
      settings.check("topP", GenerationConfig::topP, why);
      settings.check("minP", GenerationConfig::minP, why);
    }
    if (config.numBeams() == 1) {
      String why = "numBeams is 1, and there is no beam search; set numBeams";
      settings.check("earlyStopping", GenerationConfig::earlyStopping, why);
      settings.check("lengthPenalty", GenerationConfig::lengthPenalty, why);
    }
    return settings.problems;
  }

  private void check(
      String name, Function<GenerationConfig, @Nullable Object> setting, String why) {
    Object value = setting.apply(config);
    if (!Objects.equals(value, setting.apply(NONE))
        && !Objects.equals(value, setting.apply(origin))) {
      problems.add(name + " is " + value + ", but " + why + " or leave " + name + " out");
    }
  }
}
