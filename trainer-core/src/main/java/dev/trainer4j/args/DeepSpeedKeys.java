// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

import static dev.trainer4j.args.ConfigKeys.ANYTHING_INSIDE;
import static dev.trainer4j.args.ValueType.FLAG;
import static dev.trainer4j.args.ValueType.INT;
import static dev.trainer4j.args.ValueType.LONG;
import static dev.trainer4j.args.ValueType.TEXT;
import static dev.trainer4j.args.ValueType.choice;
import static dev.trainer4j.args.ValueType.number;
import static dev.trainer4j.args.ValueType.numberFrom;
import static dev.trainer4j.args.ValueType.wholeFrom;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The keys of DeepSpeed's {@code ds_config.json}. */
final class DeepSpeedKeys {
  private DeepSpeedKeys() {}

  static final String ZERO = "zero_optimization.";
  static final String OPTIMIZER = "optimizer.params.";
  static final String SCHEDULER = "scheduler.params.";

  static final ValueType<Double> NUMBER = number("a number", value -> true);

  static final ValueType<Integer> STAGE =
      INT.where("0, 1, 2 or 3", stage -> stage >= 0 && stage <= 3);

  /** Numbers of elements, which people write as 5e8. */
  static final ValueType<Long> ELEMENTS =
      LONG.where("a whole number of at least 1", count -> count >= 1 && count <= 1L << 40);

  static final ValueType<List<Double>> BETAS =
      ValueType.listOf(numberFrom(0), "a list of two numbers from 0 up to 1")
          .where(betas -> betas.size() == 2 && betas.stream().allMatch(beta -> beta < 1))
          .writing(ArrayList::new);

  static final ValueType<String> DEVICE =
      choice("none", "cpu")
          .where("none or cpu; nothing is kept on an NVMe disk here", device -> true);

  private static final ValueType<Object> ANY_NUMBER =
      ValueType.of(
          Object.class, "a number", raw -> NUMBER.readInRange(raw).map(value -> (Object) value));

  static final ConfigKeys KEYS = keys();

  private static ConfigKeys keys() {
    ConfigKeys keys = new ConfigKeys("deepspeed", "");
    batches(keys);
    precision(keys);
    optimizer(keys);
    scheduler(keys);
    zero(keys);
    offload(keys);
    communication(keys);
    others(keys);
    return keys;
  }

  private static void batches(ConfigKeys keys) {
    keys.takesOrAuto("train_batch_size", wholeFrom(1))
        .takesOrAuto("train_micro_batch_size_per_gpu", wholeFrom(1))
        .takesOrAuto("gradient_accumulation_steps", wholeFrom(1))
        .takesOrAuto("gradient_clipping", numberFrom(0));
  }

  private static void precision(ConfigKeys keys) {
    keys.takesOrAuto("fp16.enabled", FLAG)
        .anyway(
            "fp16.loss_scale",
            NUMBER.where("0, which means a dynamic scale", scale -> scale == 0),
            "the scale of the loss is PyTorch's dynamic one")
        .withoutEffect(
            ANY_NUMBER,
            "fp16.loss_scale_window",
            "fp16.initial_scale_power",
            "fp16.hysteresis",
            "fp16.min_loss_scale")
        .withoutEffect(FLAG, "fp16.consecutive_hysteresis")
        .off("batches are made in the type that the model takes", "fp16.auto_cast")
        .off("weights are kept in float32", "fp16.fp16_master_weights_and_grads")
        .takesOrAuto("bf16.enabled", FLAG)
        .withoutEffect(FLAG, "bf16.immediate_grad_update")
        .alias("bfloat16.enabled", "bf16.enabled")
        .offSwitch("use bf16 or fp16 in place of Apex", "amp");
  }

  private static void optimizer(ConfigKeys keys) {
    keys.takes("optimizer.type", TEXT)
        .takesOrAuto(OPTIMIZER + "lr", numberFrom(0))
        .takesOrAuto(OPTIMIZER + "betas", BETAS)
        .takesOrAuto(OPTIMIZER + "eps", numberFrom(0))
        .takesOrAuto(OPTIMIZER + "weight_decay", numberFrom(0))
        .takes(OPTIMIZER + "adam_w_mode", FLAG)
        .withoutEffect(FLAG, OPTIMIZER + "torch_adam", OPTIMIZER + "fused")
        .anyway(
            OPTIMIZER + "bias_correction", FLAG.where("true", on -> on), "Adam corrects its bias")
        .off("optim_args has amsgrad", OPTIMIZER + "amsgrad")
        .withoutEffect(FLAG, "optimizer.legacy_fusion");
  }

  private static void scheduler(ConfigKeys keys) {
    keys.takes("scheduler.type", TEXT)
        .takes(
            SCHEDULER + "warmup_type",
            choice("linear")
                .where("linear; the learning rate does not rise by a logarithm here", name -> true))
        .anyway(
            SCHEDULER + "warmup_min_lr",
            NUMBER.where("0", rate -> rate == 0),
            "the learning rate rises from 0")
        .takesOrAuto(SCHEDULER + "warmup_max_lr", numberFrom(0))
        .takesOrAuto(SCHEDULER + "warmup_num_steps", wholeFrom(0))
        .takesOrAuto(SCHEDULER + "total_num_steps", wholeFrom(1))
        .anyway(
            SCHEDULER + "last_batch_iteration",
            NUMBER.where("-1", last -> last == -1),
            "a checkpoint has the position");
  }

  private static void zero(ConfigKeys keys) {
    keys.takes(ZERO + "stage", STAGE)
        .takesOrAuto(ZERO + "reduce_bucket_size", ELEMENTS)
        .takes(ZERO + "stage3_gather_16bit_weights_on_model_save", FLAG)
        .alias(
            ZERO + "stage3_gather_fp16_weights_on_model_save",
            ZERO + "stage3_gather_16bit_weights_on_model_save")
        .withoutEffect(
            FLAG,
            ZERO + "allgather_partitions",
            ZERO + "overlap_comm",
            ZERO + "reduce_scatter",
            ZERO + "contiguous_gradients",
            ZERO + "round_robin_gradients",
            ZERO + "load_from_fp32_weights",
            ZERO + "ignore_unused_parameters",
            ZERO + "elastic_checkpoint",
            ZERO + "memory_efficient_linear",
            ZERO + "use_multi_rank_bucket_allreduce",
            ZERO + "stage3_use_all_reduce_for_fetch_params",
            ZERO + "override_module_apply",
            ZERO + "log_trace_cache_warnings",
            ZERO + "legacy_stage1")
        .withoutEffect(
            ANY_NUMBER,
            ZERO + "allgather_bucket_size",
            ZERO + "sub_group_size",
            ZERO + "stage3_prefetch_bucket_size",
            ZERO + "stage3_param_persistence_threshold",
            ZERO + "stage3_model_persistence_threshold",
            ZERO + "stage3_max_live_parameters",
            ZERO + "stage3_max_reuse_distance",
            ZERO + "stage3_module_granularity_threshold",
            ZERO + "param_persistence_threshold",
            ZERO + "model_persistence_threshold",
            ZERO + "max_live_parameters",
            ZERO + "max_reuse_distance",
            ZERO + "prefetch_bucket_size")
        .anyway(
            ZERO + "zero_hpz_partition_size",
            INT.where("1", size -> size == 1),
            "ZeRO++ is not offered; HYBRID_SHARD of FSDP shares out within a machine")
        .anyway(
            ZERO + "mics_shard_size",
            INT.where("-1", size -> size == -1),
            "MiCS is not offered; HYBRID_SHARD of FSDP shares out within a machine")
        .off("MiCS is not offered", ZERO + "mics_hierarchical_params_gather")
        .off(
            "ZeRO++ is not offered",
            ZERO + "zero_quantized_weights",
            ZERO + "zero_quantized_nontrainable_weights",
            ZERO + "zero_quantized_gradients");
  }

  private static void offload(ConfigKeys keys) {
    for (String what : List.of("offload_optimizer", "offload_param")) {
      String prefix = ZERO + what + ".";
      keys.takes(prefix + "device", DEVICE)
          .withoutEffect(FLAG, prefix + "pin_memory", prefix + "fast_init")
          .withoutEffect(FLAG, prefix + "pipeline_read", prefix + "pipeline_write")
          .withoutEffect(
              ANY_NUMBER, prefix + "buffer_count", prefix + "buffer_size", prefix + "max_in_cpu")
          .withoutEffect(TEXT, prefix + "nvme_path");
    }
    keys.anyway(
            ZERO + "offload_optimizer.ratio",
            NUMBER.where("1", ratio -> ratio == 1),
            "the whole state of the optimizer goes to the CPU, or none of it")
        .takes(ZERO + "cpu_offload", FLAG)
        .takes(ZERO + "cpu_offload_params", FLAG)
        .withoutEffect(FLAG, ZERO + "cpu_offload_use_pin_memory");
  }

  private static void communication(ConfigKeys keys) {
    ValueType<String> full =
        choice("fp32", "float32").where("fp32", name -> true).or(raw -> Optional.empty());
    keys.anyway("communication_data_type", full, "gradients are summed in float32")
        .anyway("data_types.grad_accum_dtype", full, "gradients are summed in float32")
        .anyway(
            "gradient_predivide_factor",
            NUMBER.where("1", factor -> factor == 1),
            "gradients are sums, divided once by the weight of all samples")
        .off("gradients are sums, divided once by the weight of all samples", "prescale_gradients")
        .off("gradients are dense", "sparse_gradients");
  }

  private static void others(ConfigKeys keys) {
    String recompute = "use gradient_checkpointing";
    keys.withoutEffect(ANY_NUMBER, "steps_per_print")
        .withoutEffect(ANYTHING_INSIDE, "aio")
        .withoutEffect(FLAG, "zero_allow_untested_optimizer", "zero_force_ds_cpu_optimizer")
        .withoutEffect(FLAG, "zero_force_ds_cpu_initialization")
        .withoutEffect(FLAG, "dump_state", "memory_breakdown")
        .off("add ThroughputCallback to see where time goes", "wall_clock_breakdown")
        .off(recompute, "activation_checkpointing.partition_activations")
        .off(recompute, "activation_checkpointing.cpu_checkpointing")
        .off(recompute, "activation_checkpointing.contiguous_memory_optimization")
        .off(recompute, "activation_checkpointing.synchronize_checkpoint_boundary")
        .off(recompute, "activation_checkpointing.profile")
        .withoutEffect(ANY_NUMBER, "activation_checkpointing.number_checkpoints")
        .withoutEffect(TEXT, "checkpoint.tag_validation")
        .withoutEffect(FLAG, "checkpoint.load_universal")
        .takes("checkpoint.use_node_local_storage", FLAG)
        .withoutEffect(ANYTHING_INSIDE, "checkpoint.parallel_write")
        .offSwitch("use report_to", "tensorboard", "wandb", "csv_monitor", "comet")
        .offSwitch("add ThroughputCallback to see where time goes", "flops_profiler")
        .offSwitch("collectives are not logged", "comms_logger")
        .offSwitch("a run keeps its number of ranks; start it again with another", "elasticity")
        .offSwitch("it is a program of DeepSpeed's", "autotuning", "nebula")
        .offSwitch("learn from easy to hard with a data set of your own", "curriculum_learning")
        .never("compression is not offered", "compression_training")
        .never("DeepSpeed's samplers are not offered", "data_efficiency")
        .never("attention is dense", "sparse_attention")
        .never("layers are not split over ranks", "pipeline", "tensor_parallel", "autotp")
        .never("layers are not skipped", "progressive_layer_drop")
        .never(
            "weights are not quantized while they are trained", "eigenvalue", "quantize_training");
  }
}
