// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.launch;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a configuration has where nobody was asked: the keys of Accelerate, for this machine. */
final class DefaultConfig {

  private DefaultConfig() {}

  /** What all configurations have. */
  static Map<String, Object> base() {
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("compute_environment", "LOCAL_MACHINE");
    values.put("debug", false);
    values.put("distributed_type", "NO");
    values.put("downcast_bf16", false);
    values.put("enable_cpu_affinity", false);
    values.put("machine_rank", 0);
    values.put("main_training_function", "main");
    values.put("mixed_precision", "no");
    values.put("num_machines", 1);
    values.put("num_processes", 1);
    values.put("rdzv_backend", "static");
    values.put("same_network", true);
    values.put("tpu_use_cluster", false);
    values.put("tpu_use_sudo", false);
    values.put("use_cpu", false);
    return values;
  }

  /** A process for each GPU; one on the CPU where there is none. */
  static Map<String, Object> ofThisMachine(String mixedPrecision, List<String> gpus) {
    Map<String, Object> values = base();
    values.put("mixed_precision", mixedPrecision);
    values.put("num_processes", Math.max(1, gpus.size()));
    values.put("use_cpu", gpus.isEmpty());
    values.put("distributed_type", gpus.size() > 1 ? "MULTI_GPU" : "NO");
    return values;
  }

  /** The values of a file, and what it has none for; keys of older versions become today's. */
  static Map<String, Object> updated(Map<String, ?> old) {
    Map<String, Object> values = base();
    old.forEach(
        (key, value) -> {
          if (value != null && !AccelerateKeys.MUST_BE_EMPTY.contains(key)) {
            values.put(key, value);
          }
        });
    if (LaunchSettings.isTrue(String.valueOf(values.remove("fp16")))
        && old.get("mixed_precision") == null) {
      values.put("mixed_precision", "fp16");
    }
    Object backend = values.remove("dynamo_backend");
    if (backend != null && !String.valueOf(backend).equalsIgnoreCase("no")) {
      values.put("dynamo_config", Map.of("dynamo_backend", backend));
    }
    return values;
  }
}
