// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.launch;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** The variables that tell a worker how to train, as Accelerate's launcher sets them. They are the same for all ranks. */
final class WorkerEnvironment {

  private static final Map<String, String> DEEPSPEED =
      Map.of(
          "zero_stage", "ACCELERATE_DEEPSPEED_ZERO_STAGE",
          "offload_optimizer_device", "ACCELERATE_DEEPSPEED_OFFLOAD_OPTIMIZER_DEVICE",
          "offload_param_device", "ACCELERATE_DEEPSPEED_OFFLOAD_PARAM_DEVICE",
          "zero3_init_flag", "ACCELERATE_DEEPSPEED_ZERO3_INIT",
          "zero3_save_16bit_model", "ACCELERATE_DEEPSPEED_ZERO3_SAVE_16BIT_MODEL",
          "deepspeed_config_file", "ACCELERATE_DEEPSPEED_CONFIG_FILE");

  private WorkerEnvironment() {}

  static Map<String, String> of(LaunchSettings settings, int threads) {
    Map<String, String> variables = new LinkedHashMap<>();
    variables.put(
        "ACCELERATE_MIXED_PRECISION",
        settings.text("mixed_precision").orElse("no").toLowerCase(Locale.ROOT));
    variables.put("ACCELERATE_USE_CPU", String.valueOf(settings.is("cpu")));
    if (settings.is("debug")) {
      variables.put("ACCELERATE_DEBUG_MODE", "true");
    }
    if (settings.is("enable_cpu_affinity")) {
      variables.put("ACCELERATE_CPU_AFFINITY", "1");
    }
    settings
        .text("gradient_accumulation_steps")
        .ifPresent(steps -> variables.put("ACCELERATE_GRADIENT_ACCUMULATION_STEPS", steps));
    settings
        .text("gradient_clipping")
        .ifPresent(norm -> variables.put("ACCELERATE_GRADIENT_CLIPPING", norm));
    if (settings.is("use_deepspeed")) {
      variables.put("ACCELERATE_USE_DEEPSPEED", "true");
      DEEPSPEED.forEach(
          (flag, variable) ->
              settings.text(flag).ifPresent(value -> variables.put(variable, value)));
    }
    if (settings.is("use_fsdp")) {
      fsdp(settings, variables);
    }
    variables.put("OMP_NUM_THREADS", String.valueOf(threads));
    return variables;
  }

  /** FSDP's first version where nothing else is said, as the original's flag has it. */
  private static void fsdp(LaunchSettings settings, Map<String, String> variables) {
    variables.put("ACCELERATE_USE_FSDP", "true");
    variables.put("FSDP_VERSION", settings.text("fsdp_version").orElse("1"));
    for (LaunchFlag flag : LaunchFlags.ALL.values()) {
      String name = flag.name();
      if (name.startsWith("fsdp_") && !name.equals("fsdp_version")) {
        String variable =
            name.equals("fsdp_transformer_layer_cls_to_wrap")
                ? "FSDP_TRANSFORMER_CLS_TO_WRAP"
                : name.toUpperCase(Locale.ROOT);
        boolean isName = !flag.choices().isEmpty();
        settings
            .text(name)
            .ifPresent(
                value -> variables.put(variable, isName ? value.toUpperCase(Locale.ROOT) : value));
      }
    }
  }
}
