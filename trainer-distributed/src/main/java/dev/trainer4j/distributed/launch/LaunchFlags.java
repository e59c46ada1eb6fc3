// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.distributed.launch;

import static dev.trainer4j.distributed.launch.LaunchFlag.Form.FLAG;
import static dev.trainer4j.distributed.launch.LaunchFlag.Form.NUMBER;
import static dev.trainer4j.distributed.launch.LaunchFlag.Form.PORT;
import static dev.trainer4j.distributed.launch.LaunchFlag.Form.POSITIVE;
import static dev.trainer4j.distributed.launch.LaunchFlag.Form.SWITCH;
import static dev.trainer4j.distributed.launch.LaunchFlag.Form.TEXT;
import static dev.trainer4j.distributed.launch.LaunchFlag.Form.WHOLE;
import static dev.trainer4j.distributed.launch.LaunchFlag.oneOf;
import static dev.trainer4j.distributed.launch.LaunchFlag.refused;
import static dev.trainer4j.distributed.launch.LaunchFlag.works;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Every flag of {@code accelerate launch} 1.15, by name, in its order; and ours at the end. */
final class LaunchFlags {

  private static final String COMPILES = "it compiles Python, and there is none";
  private static final String TPU = "libtorch for the JVM has no TPU";
  private static final String MEGATRON =
      "Megatron-LM is a Python library; shard with FSDP or DeepSpeed's stages";
  private static final String FP8 = "libtorch has no training in FP8; use --mixed_precision bf16";
  private static final String SAGEMAKER = "SageMaker's launcher is a Python library";
  private static final String PARALLELISM =
      "tensor, context and sequence parallelism are not offered; shard with --use_fsdp";
  private static final String GROUP_SIZES =
      "give the program --parallelism_config, or --fsdp_sharding_strategy HYBRID_SHARD here";
  private static final String TORCHRUN =
      "it is an option of PyTorch's elastic agent; Open MPI starts the processes here";
  private static final String NVME = "state can be moved to the memory of the CPU, not to a disk";
  private static final String DEEPSPEED_HOSTS = "name machines with --mpirun_hostfile";
  private static final String SCRIPT = "what is launched is a Java class with a main method";

  /** Those that work, under what they are about. */
  static final Map<String, List<LaunchFlag>> GROUPS = groups();

  static final Map<String, LaunchFlag> ALL = all();

  private LaunchFlags() {}

  private static Map<String, List<LaunchFlag>> groups() {
    Map<String, List<LaunchFlag>> groups = new LinkedHashMap<>();
    general(groups.computeIfAbsent("Processes and devices", name -> new ArrayList<>()));
    machines(groups.computeIfAbsent("Machines, output, restarts", name -> new ArrayList<>()));
    deepspeed(groups.computeIfAbsent("DeepSpeed", name -> new ArrayList<>()));
    fsdp(groups.computeIfAbsent("FSDP", name -> new ArrayList<>()));
    return groups;
  }

  private static Map<String, LaunchFlag> all() {
    List<LaunchFlag> flags = new ArrayList<>();
    GROUPS.values().forEach(flags::addAll);
    refusedOnes(flags);
    Map<String, LaunchFlag> byName = new LinkedHashMap<>();
    flags.forEach(flag -> byName.put(flag.name(), flag));
    return byName;
  }

  private static void general(List<LaunchFlag> flags) {
    flags.add(
        works("config_file", TEXT, "configuration, YAML or JSON; by default Accelerate's own"));
    flags.add(works("quiet", SWITCH, "show the output of rank 0 only, and of a rank that fails"));
    flags.add(
        works("debug", SWITCH, "say how the processes are started; shapes are compared always"));
    flags.add(works("cpu", SWITCH, "train on the CPU"));
    flags.add(works("multi_gpu", SWITCH, "train on GPUs, one for each process"));
    flags.add(oneOf("mixed_precision", List.of("no", "bf16", "fp16"), "no, bf16 or fp16"));
    flags.add(works("num_processes", POSITIVE, "processes on all machines together"));
    flags.add(works("num_machines", POSITIVE, "machines that take part"));
    flags.add(
        works(
            "num_cpu_threads_per_process",
            POSITIVE,
            "threads of each process; by default all are divided"));
    flags.add(works("enable_cpu_affinity", SWITCH, "keep each process on one NUMA node"));
    flags.add(works("use_deepspeed", SWITCH, "shard as a DeepSpeed configuration says"));
    flags.add(works("use_fsdp", SWITCH, "shard as FSDP's flags say"));
  }

  private static void machines(List<LaunchFlag> flags) {
    flags.add(works("gpu_ids", TEXT, "GPUs to use on this machine, such as 0,1; or all"));
    flags.add(works("same_network", SWITCH, "machines are in one network; others are not offered"));
    flags.add(works("machine_rank", WHOLE, "number of this machine, from 0"));
    flags.add(works("main_process_ip", TEXT, "address of machine 0"));
    flags.add(
        works(
            "main_process_port",
            PORT,
            "port on machine 0 at which the others join; 0 for any free one"));
    flags.add(
        works("mpirun_hostfile", TEXT, "Open MPI's file of hosts, which are reached through ssh"));
    flags.add(
        works(
            "tee",
            TEXT,
            "streams to keep in --log_dir and show: 0 none, 1 stdout, 2 stderr, 3 both; or 0:1,1:3"
                + " by rank"));
    flags.add(works("log_dir", TEXT, "folder for the output of each rank"));
    flags.add(
        works(
            "max_restarts",
            WHOLE,
            "how often to start again, from the newest checkpoint, after a failure"));
    flags.add(
        oneOf(
            "rdzv_backend",
            List.of("static", "c10d"),
            "static or c10d: machines join at machine 0"));
    flags.add(
        works(
            "rdzv_conf",
            TEXT,
            "timeout=SECONDS: how long machines wait for each other, 600 by default"));
    flags.add(oneOf("main_training_function", List.of("main"), "always main"));
  }

  private static void deepspeed(List<LaunchFlag> flags) {
    flags.add(works("deepspeed_config_file", TEXT, "DeepSpeed's JSON"));
    flags.add(
        oneOf(
            "zero_stage",
            List.of("0", "1", "2", "3"),
            "what is shared out: 1 optimizer, 2 and gradients, 3 and parameters"));
    flags.add(
        oneOf(
            "offload_optimizer_device", List.of("none", "cpu"), "where the optimizer's state is"));
    flags.add(
        oneOf("offload_param_device", List.of("none", "cpu"), "where shares of parameters are"));
    flags.add(works("gradient_accumulation_steps", POSITIVE, "micro batches of one update"));
    flags.add(works("gradient_clipping", NUMBER, "largest global gradient norm"));
    flags.add(works("zero3_init_flag", FLAG, "no effect: how a program loads its model decides"));
    flags.add(works("zero3_save_16bit_model", FLAG, "gather the whole model when it is saved"));
  }

  private static void fsdp(List<LaunchFlag> flags) {
    flags.add(oneOf("fsdp_version", List.of("1", "2"), "whose keys are used"));
    flags.add(
        works("fsdp_offload_params", FLAG, "keep shares of parameters in the memory of the CPU"));
    flags.add(works("fsdp_min_num_params", WHOLE, "only 0: a model's own segments are shared out"));
    flags.add(
        works(
            "fsdp_sharding_strategy",
            TEXT,
            "FULL_SHARD or 1, SHARD_GRAD_OP 2, NO_SHARD 3, HYBRID_SHARD 4, HYBRID_SHARD_ZERO2 5"));
    flags.add(
        works(
            "fsdp_reshard_after_forward",
            TEXT,
            "whether parameters are freed after forward; or a strategy's name"));
    flags.add(
        oneOf(
            "fsdp_auto_wrap_policy",
            List.of("transformer_based_wrap", "size_based_wrap", "no_wrap"),
            "TRANSFORMER_BASED_WRAP: a layer is gathered at once; others are refused"));
    flags.add(
        works(
            "fsdp_transformer_layer_cls_to_wrap",
            TEXT,
            "Python's names of layers, which mean segments"));
    flags.add(
        oneOf(
            "fsdp_backward_prefetch",
            List.of("backward_pre", "backward_post", "no_prefetch"),
            "no effect: segments are gathered when they are needed"));
    flags.add(
        oneOf(
            "fsdp_state_dict_type",
            List.of("full_state_dict", "sharded_state_dict", "local_state_dict"),
            "what a checkpoint has: FULL_STATE_DICT, or pieces with SHARDED_STATE_DICT"));
    flags.add(works("fsdp_forward_prefetch", FLAG, "no effect, as above"));
    flags.add(works("fsdp_use_orig_params", FLAG, "always so here"));
    flags.add(
        works(
            "fsdp_cpu_ram_efficient_loading",
            FLAG,
            "with full_shard: refuses a model that a rank has loaded whole"));
    flags.add(
        works(
            "fsdp_sync_module_states",
            FLAG,
            "always so here: ranks begin with rank 0's parameters"));
    flags.add(
        works(
            "fsdp_activation_checkpointing",
            FLAG,
            "compute activations again and do not keep them"));
  }

  private static void refusedOnes(List<LaunchFlag> flags) {
    refuse(flags, SCRIPT, SWITCH, "module", "no_python");
    refuse(
        flags,
        TPU,
        SWITCH,
        "tpu",
        "tpu_cluster",
        "no_tpu_cluster",
        "tpu_use_cluster",
        "tpu_use_sudo");
    refuse(flags, TPU, TEXT, "vm", "env", "tpu_name", "tpu_zone");
    refuse(flags, TPU, FLAG, "downcast_bf16");
    refuse(flags, COMPILES, TEXT, "dynamo_backend", "dynamo_mode");
    refuse(
        flags,
        COMPILES,
        SWITCH,
        "dynamo_use_fullgraph",
        "dynamo_use_dynamic",
        "dynamo_use_regional_compilation");
    refuse(flags, PARALLELISM, SWITCH, "use_parallelism_config");
    refuse(flags, MEGATRON, SWITCH, "use_megatron_lm");
    refuse(flags, TORCHRUN, TEXT, "role", "monitor_interval");
    refuse(flags, NVME, TEXT, "offload_optimizer_nvme_path", "offload_param_nvme_path");
    refuse(
        flags,
        DEEPSPEED_HOSTS,
        TEXT,
        "deepspeed_hostfile",
        "deepspeed_exclusion_filter",
        "deepspeed_inclusion_filter",
        "deepspeed_multinode_launcher");
    refuse(flags, "there are no models of experts here", TEXT, "deepspeed_moe_layer_cls_names");
    refuse(
        flags,
        "activations are computed again, or kept where they are",
        FLAG,
        "fsdp_activation_checkpointing_offload");
    refuse(flags, "every parameter of a segment takes part", TEXT, "fsdp_ignored_modules");
    refuse(flags, SAGEMAKER, TEXT, "aws_access_key_id", "aws_secret_access_key");
    refusePrefixed(flags, "megatron_lm_", MEGATRON, MEGATRON_NAMES);
    refusePrefixed(flags, "fp8_", FP8, FP8_NAMES);
    refusePrefixed(flags, "parallelism_config_", PARALLELISM, PARALLELISM_NAMES);
    for (String size : List.of("tp_size", "cp_size", "sp_size")) {
      flags.add(refused("parallelism_config_" + size, TEXT, List.of("1"), PARALLELISM));
    }
    for (String size : List.of("dp_replicate_size", "dp_shard_size")) {
      flags.add(refused("parallelism_config_" + size, TEXT, List.of("1"), GROUP_SIZES));
    }
  }

  private static final String MEGATRON_NAMES =
      "tp_degree pp_degree num_micro_batches sequence_parallelism recompute_activations"
          + " recompute_granularity recompute_method recompute_num_layers use_distributed_optimizer"
          + " gradient_clipping use_custom_fsdp no_load_optim no_save_optim eod_mask_loss"
          + " overlap_cpu_optimizer_d2h_h2d optimizer_cpu_offload use_precision_aware_optimizer"
          + " decoder_last_pipeline_num_layers attention_backend expert_model_parallel_size"
          + " context_parallel_size attention_dropout hidden_dropout attention_softmax_in_fp32"
          + " expert_tensor_parallel_size calculate_per_token_loss use_rotary_position_embeddings";

  private static final String FP8_NAMES =
      "backend use_autocast_during_eval margin interval format amax_history_len amax_compute_algo"
          + " override_linear_precision opt_level enable_fsdp_float8_all_gather pad_inner_dim";

  private static final String PARALLELISM_NAMES =
      "cp_backend cp_comm_strategy sp_backend sp_seq_length sp_seq_length_is_variable sp_attn_implementation";

  private static void refusePrefixed(
      List<LaunchFlag> flags, String prefix, String why, String names) {
    for (String name : names.split(" ")) {
      flags.add(refused(prefix + name, TEXT, why));
    }
  }

  private static void refuse(
      List<LaunchFlag> flags, String why, LaunchFlag.Form form, String... names) {
    for (String name : names) {
      flags.add(refused(name, form, why));
    }
  }
}
