// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.launch;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Asks for a configuration, and gives it by Accelerate's keys, so that Accelerate reads it, too. */
final class ConfigQuestions {

  private static final String ONE = "one process";
  private static final String CPUS = "several processes on CPUs";
  private static final String GPUS = "several processes on GPUs";
  private static final List<String> STRATEGIES =
      List.of("FULL_SHARD", "SHARD_GRAD_OP", "NO_SHARD", "HYBRID_SHARD");

  private final Dialog dialog;
  private final Map<String, Object> values = new LinkedHashMap<>();

  ConfigQuestions(Dialog dialog) {
    this.dialog = dialog;
  }

  Map<String, Object> ask() throws IOException {
    values.putAll(DefaultConfig.base());
    String kind = dialog.choose("How is to be trained?", List.of(ONE, CPUS, GPUS), ONE);
    values.put(
        "distributed_type",
        kind.equals(ONE) ? "NO" : kind.equals(CPUS) ? "MULTI_CPU" : "MULTI_GPU");
    values.put(
        "use_cpu",
        kind.equals(CPUS)
            || (kind.equals(ONE)
                && dialog.yes("On the CPU only, also where there is a GPU?", false)));
    if (!kind.equals(ONE)) {
      machines();
      values.put(
          "num_processes", dialog.whole("How many processes, on all machines together?", 1, 2));
      sharding();
    }
    if (!values.get("use_cpu").equals(true)) {
      values.put(
          "gpu_ids",
          dialog.text(
              "Which GPUs of each machine, such as 0,1; or all",
              "all",
              ids -> ids.matches("all|\\d+(,\\d+)*"),
              "all, or numbers joined by commas"));
    }
    values.put(
        "mixed_precision",
        dialog.choose("In which precision?", List.of("no", "bf16", "fp16"), "no"));
    return values;
  }

  private void machines() throws IOException {
    int machines = dialog.whole("How many machines?", 1, 1);
    values.put("num_machines", machines);
    if (machines == 1) {
      return;
    }
    values.put("machine_rank", dialog.whole("Which number has this machine, from 0?", 0, 0));
    values.put(
        "main_process_ip",
        dialog.text(
            "At which address is machine 0?", "", ip -> !ip.isEmpty(), "an address or a name"));
    values.put(
        "main_process_port", dialog.whole("At which port do the others join there?", 1, 29500));
  }

  private void sharding() throws IOException {
    String how =
        dialog.choose(
            "Share out what is trained among the processes?",
            List.of("no", "FSDP", "DeepSpeed"),
            "no");
    if (how.equals("FSDP")) {
      values.put("distributed_type", "FSDP");
      values.put("fsdp_config", fsdp());
    } else if (how.equals("DeepSpeed")) {
      values.put("distributed_type", "DEEPSPEED");
      values.put("deepspeed_config", deepspeed());
    }
  }

  private Map<String, Object> fsdp() throws IOException {
    Map<String, Object> keys = new LinkedHashMap<>();
    String strategy =
        dialog.choose(
            "What is shared out? FULL_SHARD all, SHARD_GRAD_OP gradients and optimizer, NO_SHARD"
                + " nothing, HYBRID_SHARD all, within each machine",
            STRATEGIES,
            "FULL_SHARD");
    boolean second = strategy.equals("FULL_SHARD") || strategy.equals("SHARD_GRAD_OP");
    keys.put("fsdp_version", second ? 2 : 1);
    keys.put(
        "fsdp_reshard_after_forward", second ? (Object) strategy.equals("FULL_SHARD") : strategy);
    keys.put("fsdp_auto_wrap_policy", "TRANSFORMER_BASED_WRAP");
    keys.put("fsdp_offload_params", dialog.yes("Keep shares in the memory of the CPU?", false));
    keys.put(
        "fsdp_state_dict_type",
        dialog.choose(
            "What has a checkpoint: whole tensors, or pieces?",
            List.of("FULL_STATE_DICT", "SHARDED_STATE_DICT"),
            "FULL_STATE_DICT"));
    keys.put("fsdp_cpu_ram_efficient_loading", false);
    if (!second) {
      keys.put("fsdp_sync_module_states", true);
    }
    keys.put(
        "fsdp_activation_checkpointing",
        dialog.yes("Compute activations again, and not keep them?", false));
    return keys;
  }

  private Map<String, Object> deepspeed() throws IOException {
    Map<String, Object> keys = new LinkedHashMap<>();
    if (dialog.yes("Is there a configuration of DeepSpeed, a JSON file?", false)) {
      keys.put(
          "deepspeed_config_file", dialog.text("Where?", "", file -> !file.isEmpty(), "a path"));
      keys.put("zero3_init_flag", false);
      return keys;
    }
    int stage =
        Integer.parseInt(
            dialog.choose(
                "Which stage? 1 optimizer, 2 and gradients, 3 and parameters",
                List.of("0", "1", "2", "3"),
                "2"));
    keys.put("zero_stage", stage);
    if (stage >= 2) {
      keys.put(
          "offload_optimizer_device",
          dialog.choose("Where is the optimizer's state?", List.of("none", "cpu"), "none"));
    }
    if (stage >= 2) {
      keys.put(
          "offload_param_device",
          stage < 3
              ? "none"
              : dialog.choose("Where are shares of parameters?", List.of("none", "cpu"), "none"));
    }
    keys.put(
        "gradient_accumulation_steps", dialog.whole("How many micro batches has an update?", 1, 1));
    if (dialog.yes("Is the norm of gradients limited?", false)) {
      keys.put("gradient_clipping", dialog.number("To what?", 1.0));
    }
    if (stage == 3) {
      keys.put(
          "zero3_save_16bit_model", dialog.yes("Gather the whole model when it is saved?", true));
    }
    keys.put("zero3_init_flag", false);
    return keys;
  }
}
