// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * What a launcher says of a run in the variables of its processes, under the names that Accelerate's launcher has for them. Where the
 * arguments are as they are by default, it fills them in, as Hugging Face's Trainer does.
 *
 * <table>
 * <caption>Variables and arguments</caption>
 * <tr><td>{@code ACCELERATE_MIXED_PRECISION}</td><td>{@code bf16} or {@code fp16}, if neither is set</td></tr>
 * <tr><td>{@code ACCELERATE_USE_CPU}</td><td>{@code use_cpu}</td></tr>
 * <tr><td>{@code ACCELERATE_GRADIENT_ACCUMULATION_STEPS}</td><td>{@code gradient_accumulation_steps}</td></tr>
 * <tr><td>{@code ACCELERATE_GRADIENT_CLIPPING}</td><td>{@code max_grad_norm}</td></tr>
 * <tr><td>{@code ACCELERATE_USE_FSDP}, {@code FSDP_*}</td><td>{@code fsdp}, {@code fsdp_config}</td></tr>
 * <tr><td>{@code ACCELERATE_USE_DEEPSPEED}, {@code ACCELERATE_DEEPSPEED_*}</td><td>{@code deepspeed}</td></tr>
 * </table>
 *
 * @param variables of the process
 */
public record LaunchEnvironment(Map<String, String> variables) {
  /** How often the launcher has started the ranks again after a failure; unset or 0 for never. */
  public static final String RESTART_COUNT = "TRAINER4J_RESTART_COUNT";

  /** When the launcher has started the first ranks, in milliseconds since 1970. */
  public static final String JOB_BEGIN = "TRAINER4J_JOB_BEGIN";

  private static final String ACCELERATE = "ACCELERATE_";
  private static final String DEEPSPEED = "ACCELERATE_DEEPSPEED_";
  private static final String FSDP = "FSDP_";

  /** Copies the variables. */
  public LaunchEnvironment {
    variables = Map.copyOf(variables);
  }

  /**
   * The variables of this process.
   *
   * @return a new object
   */
  public static LaunchEnvironment ofThisProcess() {
    return new LaunchEnvironment(System.getenv());
  }

  /**
   * Tells whether this process stands in for one that failed.
   *
   * @return when its job began; empty in a first attempt, and without a launcher
   */
  public Optional<Instant> restartedSince() {
    boolean restarted = number(RESTART_COUNT, Long::parseLong).orElse(0L) > 0;
    return restarted
        ? number(JOB_BEGIN, Long::parseLong).map(Instant::ofEpochMilli)
        : Optional.empty();
  }

  /**
   * Fills in what the arguments leave open.
   *
   * @param args are returned as they are if the variables say nothing
   * @return checked arguments
   * @throws InvalidArgumentsException if variables and arguments contradict each other
   * @throws IllegalArgumentException if a variable's value is none
   */
  public TrainingArguments applyTo(TrainingArguments args) {
    TrainingArguments.Builder filled = args.toBuilder();
    precision(args, filled);
    if (isOn("USE_CPU")) {
      filled.useCpu(true);
    }
    TrainingArguments defaults = TrainingArguments.builder().build();
    fill(
            "GRADIENT_ACCUMULATION_STEPS",
            Integer::valueOf,
            args.gradientAccumulationSteps(),
            defaults.gradientAccumulationSteps())
        .ifPresent(filled::gradientAccumulationSteps);
    fill("GRADIENT_CLIPPING", Double::valueOf, args.maxGradNorm(), defaults.maxGradNorm())
        .ifPresent(filled::maxGradNorm);
    sharding(args, filled);
    TrainingArguments result = filled.unchecked();
    return result.equals(args) ? args : filled.build();
  }

  private void precision(TrainingArguments args, TrainingArguments.Builder filled) {
    String wanted = text(ACCELERATE + "MIXED_PRECISION").orElse("no").toLowerCase(Locale.ROOT);
    switch (wanted) {
      case "no" -> {}
      case "bf16" -> filled.bf16(!args.fp16());
      case "fp16" -> filled.fp16(!args.bf16());
      default -> throw bad(ACCELERATE + "MIXED_PRECISION", wanted, "no, bf16 or fp16");
    }
  }

  /** An argument that says something else than the launcher is a mistake: one of the two is not what its author thinks. */
  private <T> Optional<T> fill(String name, Function<String, T> parser, T given, T otherwise) {
    Optional<T> told = number(ACCELERATE + name, parser);
    if (told.isPresent() && !given.equals(otherwise) && !given.equals(told.get())) {
      throw new IllegalArgumentException(
          "the launcher says "
              + name.toLowerCase(Locale.ROOT)
              + " "
              + told.get()
              + " ("
              + ACCELERATE
              + name
              + "), but the training arguments say "
              + given
              + "; say it in one place, or the same in both");
    }
    return told;
  }

  /** What the arguments share out goes before. */
  private void sharding(TrainingArguments args, TrainingArguments.Builder filled) {
    boolean own = !args.fsdp().isEmpty() || !args.deepspeed().isEmpty();
    if (own) {
      return;
    }
    if (isOn("USE_FSDP")) {
      filled.fsdp(List.of("full_shard")).fsdpConfig(fsdpConfig());
    }
    if (isOn("USE_DEEPSPEED")) {
      filled.deepspeed(deepspeed());
    }
  }

  /** FSDP's variables by the keys of {@code fsdp_config}. */
  private Map<String, Object> fsdpConfig() {
    Map<String, Object> config = new LinkedHashMap<>();
    // In an order that all ranks have: they compare their arguments as texts.
    new TreeMap<>(variables)
        .forEach(
            (name, value) -> {
              if (name.startsWith(FSDP) && !value.isEmpty()) {
                config.put(key(name.substring(FSDP.length())), value);
              }
            });
    return config;
  }

  private static String key(String name) {
    return switch (name) {
      case "TRANSFORMER_CLS_TO_WRAP" -> "transformer_layer_cls_to_wrap";
      case "OFFLOAD_PARAMS" -> "cpu_offload";
      default -> name.toLowerCase(Locale.ROOT);
    };
  }

  /** The file of DeepSpeed, or what it would have of the variables. */
  private Map<String, Object> deepspeed() {
    if (text(DEEPSPEED + "ZERO3_INIT").flatMap(ValueType.FLAG::read).orElse(false)) {
      ConfigReading.warnOfNoEffect(
          "zero3_init_flag", "LoadOptions.withDeferredWeights leaves weights to ranks' shares");
    }
    Optional<String> file = text(DEEPSPEED + "CONFIG_FILE");
    if (file.isPresent()) {
      try {
        return ConfigFileType.file(file.get());
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException("deepspeed_config_file: " + e.getMessage(), e);
      }
    }
    Map<String, Object> zero = new LinkedHashMap<>();
    zero.put("stage", number(DEEPSPEED + "ZERO_STAGE", Integer::valueOf).orElse(2));
    text(DEEPSPEED + "OFFLOAD_OPTIMIZER_DEVICE")
        .ifPresent(device -> zero.put("offload_optimizer", Map.of("device", device)));
    text(DEEPSPEED + "OFFLOAD_PARAM_DEVICE")
        .ifPresent(device -> zero.put("offload_param", Map.of("device", device)));
    text(DEEPSPEED + "ZERO3_SAVE_16BIT_MODEL")
        .ifPresent(flag -> zero.put("stage3_gather_16bit_weights_on_model_save", flag));
    return Map.of("zero_optimization", zero);
  }

  private boolean isOn(String name) {
    String value = text(ACCELERATE + name).orElse("false");
    return ValueType.FLAG
        .read(value)
        .orElseThrow(() -> bad(ACCELERATE + name, value, "true or false"));
  }

  private Optional<String> text(String name) {
    return Optional.ofNullable(variables.get(name))
        .map(String::strip)
        .filter(text -> !text.isEmpty());
  }

  private <T> Optional<T> number(String name, Function<String, T> parser) {
    return text(name)
        .map(
            text -> {
              try {
                return parser.apply(text);
              } catch (NumberFormatException e) {
                throw bad(name, text, "a number");
              }
            });
  }

  private static IllegalArgumentException bad(String name, String value, String expected) {
    return new IllegalArgumentException(
        "the variable " + name + " of the environment is '" + value + "'; expected " + expected);
  }
}
