// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

import static dev.trainer4j.args.FsdpKeys.RESHARD;
import static dev.trainer4j.args.FsdpKeys.STATE_DICT;
import static dev.trainer4j.args.FsdpKeys.STRATEGY;
import static dev.trainer4j.args.ValueType.FLAG;

import dev.trainer4j.args.FsdpKeys.Strategy;
import dev.trainer4j.args.ShardingPlan.Stage;
import dev.trainer4j.args.ShardingPlan.StateDictType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * {@code fsdp} and {@code fsdp_config}: FSDP 2's keys, FSDP 1's words and keys, and both as Accelerate writes them, with {@code fsdp_}
 * before them.
 */
final class FsdpConfig {
  private final List<String> words;
  private final ConfigReading reading;

  private FsdpConfig(List<String> words, ConfigReading reading) {
    this.words = words;
    this.reading = reading;
  }

  static FsdpConfig of(ShardingArguments args) {
    return new FsdpConfig(args.fsdp(), FsdpKeys.KEYS.read(args.fsdpConfig()));
  }

  boolean isOn() {
    return !words.isEmpty();
  }

  /** All mistakes of the two arguments. */
  List<ArgumentProblem> problems() {
    List<ArgumentProblem> problems = new ArrayList<>(reading.problems());
    if (!isOn()) {
      if (!reading.values().isEmpty() || !reading.withoutEffect().isEmpty()) {
        problems.add(
            new ArgumentProblem(
                "fsdp_config", "{…}", "fsdp true, since nothing reads it without", "Set fsdp"));
      }
      return problems;
    }
    check(
        problems,
        strategies().size() > 1,
        "fsdp",
        String.join(" ", words),
        "one sharding strategy, not several",
        "Remove all but one");
    boolean twice = reading.has("sharding_strategy") && reading.has("reshard_after_forward");
    check(
        problems,
        twice && strategy("sharding_strategy") != reshard(),
        "fsdp_config.sharding_strategy",
        String.valueOf(reading.values().get("sharding_strategy")),
        "what 'reshard_after_forward' says, " + reading.values().get("reshard_after_forward"),
        "Remove it: it is FSDP 1's name");
    check(
        problems,
        offload() && strategy() == Strategy.NO_SHARD,
        "fsdp_config.cpu_offload",
        "true",
        "another strategy than no_shard, which has nothing to bring to the CPU",
        "Remove one of them");
    boolean keepsOwn = !reading.get("sync_module_states", FLAG).orElse(true);
    check(
        problems,
        keepsOwn,
        "fsdp_config.sync_module_states",
        "false",
        "true, since all ranks start with what rank 0 has",
        "Remove it");
    return problems;
  }

  private static void check(
      List<ArgumentProblem> problems,
      boolean wrong,
      String name,
      String value,
      String expected,
      String remedy) {
    if (wrong) {
      problems.add(new ArgumentProblem(name, value, expected, remedy));
    }
  }

  boolean recomputesActivations() {
    return isOn() && reading.isOn("activation_checkpointing");
  }

  ShardingPlan plan(long bucketBytes, boolean hybridSizes) {
    Strategy strategy = strategy();
    boolean parameters = strategy.stage() == Stage.PARAMETERS;
    return new ShardingPlan(
        strategy.stage(),
        strategy.isHybrid() || hybridSizes,
        offload(),
        offload() && parameters,
        reading.get("state_dict_type", STATE_DICT).orElse(StateDictType.FULL_STATE_DICT),
        bucketBytes,
        reading.isOn("cpu_ram_efficient_loading"));
  }

  /** The words of FSDP 1 become keys, and {@code activation_checkpointing} the argument that means it. */
  void canonical(TrainingArguments.Builder builder) {
    if (!isOn()) {
      builder.fsdp(List.of()).fsdpConfig(Map.of());
      return;
    }
    warn();
    if (recomputesActivations()) {
      builder.gradientCheckpointing(true);
    }
    Map<String, Object> config = new LinkedHashMap<>(reading.canonical());
    List.of("version", "sharding_strategy", "sync_module_states", "activation_checkpointing")
        .forEach(config::remove);
    if (strategy() != Strategy.FULL_SHARD || config.containsKey("reshard_after_forward")) {
      config.put("reshard_after_forward", FsdpKeys.written(strategy()));
    }
    if (offload()) {
      config.put("cpu_offload", true);
    }
    builder.fsdp(List.of("full_shard")).fsdpConfig(config);
  }

  private void warn() {
    reading.warn();
    if (reading.isOn("cpu_ram_efficient_loading") && strategy().stage() != Stage.PARAMETERS) {
      ConfigReading.warnOfNoEffect(
          "fsdp_config.cpu_ram_efficient_loading", "ranks keep parameters whole");
    }
    if (!words.equals(List.of("full_shard"))) {
      ConfigReading.warnOfOlder("fsdp = " + String.join(" ", words), "fsdp true and fsdp_config");
    }
    if (reading.has("sharding_strategy")
        || Integer.valueOf(1).equals(reading.values().get("version"))) {
      ConfigReading.warnOfOlder("FSDP 1 in fsdp_config", "FSDP 2's reshard_after_forward");
    }
  }

  private boolean offload() {
    return reading.get("cpu_offload", FLAG).orElse(words.contains(FsdpKeys.OFF_WORD));
  }

  /** What the configuration says goes before the words. */
  private Strategy strategy() {
    if (reading.has("reshard_after_forward")) {
      return reshard();
    }
    if (reading.has("sharding_strategy")) {
      return strategy("sharding_strategy");
    }
    return strategies().stream().findFirst().orElse(Strategy.FULL_SHARD);
  }

  private Strategy reshard() {
    return reading.get("reshard_after_forward", RESHARD).orElse(Strategy.FULL_SHARD);
  }

  private Strategy strategy(String key) {
    return reading.get(key, STRATEGY).orElse(Strategy.FULL_SHARD);
  }

  private List<Strategy> strategies() {
    return words.stream().flatMap(word -> Strategy.of(word).stream()).distinct().toList();
  }
}
