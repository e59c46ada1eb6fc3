// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.launch;

import java.util.Map;
import java.util.Set;

/** The keys of Accelerate's configurations, version 1.15. */
final class AccelerateKeys {

  /** What is the name of a flag, too, and means the same. */
  static final Set<String> FLAGS =
      Set.of(
          "num_processes",
          "machine_rank",
          "num_machines",
          "gpu_ids",
          "main_process_ip",
          "main_process_port",
          "rdzv_backend",
          "same_network",
          "main_training_function",
          "enable_cpu_affinity",
          "mixed_precision",
          "debug",
          "downcast_bf16",
          "tpu_use_cluster",
          "tpu_use_sudo",
          "tpu_name",
          "tpu_zone");

  /** What has keys of its own, with what stands before them in the names of flags. */
  static final Map<String, String> SECTIONS =
      Map.of(
          "deepspeed_config", "",
          "fsdp_config", "fsdp_",
          "fp8_config", "fp8_",
          "megatron_lm_config", "megatron_lm_",
          "parallelism_config", "parallelism_config_",
          "dynamo_config", "dynamo_",
          "mpirun_config", "");

  /** What is read by hand. */
  static final Set<String> OTHERS =
      Set.of("compute_environment", "distributed_type", "use_cpu", "fp16", "dynamo_backend");

  /** For TPUs; they may stand there empty. */
  static final Set<String> MUST_BE_EMPTY = Set.of("command_file", "commands", "tpu_vm", "tpu_env");

  private AccelerateKeys() {}

  static boolean isKnown(String key) {
    return FLAGS.contains(key)
        || SECTIONS.containsKey(key)
        || OTHERS.contains(key)
        || MUST_BE_EMPTY.contains(key);
  }
}
