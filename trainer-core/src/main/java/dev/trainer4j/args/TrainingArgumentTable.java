// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

import static dev.trainer4j.args.ValueType.BYTE_SIZE;
import static dev.trainer4j.args.ValueType.DURATION;
import static dev.trainer4j.args.ValueType.FLAG;
import static dev.trainer4j.args.ValueType.KEYS_AND_VALUES;
import static dev.trainer4j.args.ValueType.LONG;
import static dev.trainer4j.args.ValueType.OPTIONS;
import static dev.trainer4j.args.ValueType.PATH;
import static dev.trainer4j.args.ValueType.TEXT;
import static dev.trainer4j.args.ValueType.TEXTS;
import static dev.trainer4j.args.ValueType.numberAbove;
import static dev.trainer4j.args.ValueType.numberFrom;
import static dev.trainer4j.args.ValueType.numberFromTo;
import static dev.trainer4j.args.ValueType.numberFromToBelow;
import static dev.trainer4j.args.ValueType.oneOf;
import static dev.trainer4j.args.ValueType.setOf;
import static dev.trainer4j.args.ValueType.steps;
import static dev.trainer4j.args.ValueType.wholeFrom;

import java.util.List;
import java.util.Set;

/**
 * Every training argument there is, and every one of the 112 fields of Hugging Face's {@code TrainingArguments} (version 5), with what
 * becomes of it here. The documentation shows the same table, and a test holds the two together.
 */
final class TrainingArgumentTable {
  private TrainingArgumentTable() {}

  /** Names that only a trainer can know, or one of two words. */
  private static final ValueType<List<String>> REPORT_TO =
      TEXTS
          .where("a list of different names, or all or none alone", TrainingArgumentTable::isReport)
          .writing(names -> names.isEmpty() ? "none" : List.copyOf(names))
          .orNull();

  static final ArgumentTable<TrainingArguments, TrainingArguments.Builder> TABLE =
      table()
          .group("Output and duration")
          .row("output_dir", PATH.orNull(), "folder for checkpoints, model and results")
          .row("per_device_train_batch_size", wholeFrom(1), "samples of one micro batch")
          .row("num_train_epochs", numberAbove(0), "epochs to train, fractions allowed")
          .row("max_steps", wholeFrom(-1), "updates to train, overrides the epochs; -1 for not set")
          .ours("max_train_time", DURATION, "time to train, such as 2h; then save and stop")
          .group("Learning rate and scheduler")
          .row("learning_rate", numberFrom(0), "peak learning rate")
          .row("lr_scheduler_type", oneOf(SchedulerType.class), "how the learning rate moves")
          .row("lr_scheduler_kwargs", OPTIONS, "what else the schedule takes, as JSON")
          .row("warmup_steps", steps(), "updates of warmup; below 1 a share of all")
          .group("Optimizer")
          .row("optim", oneOf(OptimizerName.class), "optimizer")
          .row("optim_args", KEYS_AND_VALUES, "what else the optimizer takes, as k=v,k2=v2")
          .row("weight_decay", numberFrom(0), "weight decay, not on biases and norms")
          .row("adam_beta1", numberFromToBelow(0, 1), "what Adam keeps of the gradient")
          .row("adam_beta2", numberFromToBelow(0, 1), "what Adam keeps of the squared gradient")
          .row("adam_epsilon", numberFrom(0), "what keeps Adam from dividing by zero")
          .never("optim_target_modules", "for GaLore and APOLLO only, which are not offered")
          .group("Regularization and stability")
          .row("gradient_accumulation_steps", wholeFrom(1), "micro batches of one update")
          .never(
              "average_tokens_across_devices",
              "the loss is always the exact mean over the global batch")
          .row("max_grad_norm", numberFrom(0), "largest global gradient norm; 0 for no clipping")
          .row(
              "label_smoothing_factor",
              numberFromTo(0, 1),
              "share of a label spread over all classes")
          .ours("nan_policy", oneOf(NanPolicy.class), "what a NaN or infinite loss does")
          .group("Precision")
          .row("bf16", FLAG, "matrix products in bfloat16")
          .row("fp16", FLAG, "matrix products in float16, with a scaled loss")
          .row("bf16_full_eval", FLAG, "evaluate in bfloat16 throughout")
          .row("fp16_full_eval", FLAG, "evaluate in float16 throughout")
          .row("tf32", FLAG, "what TF32 must be on a GPU")
          .group("Memory: checkpointing, compile, kernels")
          .row("gradient_checkpointing", FLAG, "compute activations again and do not keep them")
          .never(
              "gradient_checkpointing_kwargs", "they choose between two ways of Python's autograd")
          .never("torch_compile", "it compiles Python, and there is none")
          .never("torch_compile_backend", "it compiles Python, and there is none")
          .never("torch_compile_mode", "it compiles Python, and there is none")
          .never("use_liger_kernel", "its kernels are Python programs for Triton")
          .never("liger_kernel_config", "its kernels are Python programs for Triton")
          .never("use_cache", "training never keeps a key-value cache")
          .row(
              "neftune_noise_alpha",
              numberAbove(0),
              "noise in the embeddings of tokens while training; unset means none")
          .ours("neftune_embedding", TEXT, "child of a DJL block whose outputs get that noise")
          .row(
              "torch_empty_cache_steps",
              wholeFrom(1),
              "give a GPU's reserve of memory back every so many updates")
          .row("auto_find_batch_size", FLAG, "smaller micro batches when memory runs out")
          .group("Logging")
          .row("logging_strategy", oneOf(IntervalStrategy.class), "when to log")
          .row("logging_steps", steps(), "updates between log lines; below 1 a share of all")
          .row("logging_first_step", FLAG, "log the first update too")
          .row("log_on_each_node", FLAG, "one process of each machine says as much as log_level")
          .never("logging_nan_inf_filter", "nan_policy replaces it, and logs never hide a NaN")
          .row(
              "include_num_input_tokens_seen",
              InputTokenCount.TYPE,
              "count the tokens that training sees")
          .row("log_level", oneOf(LogLevel.class), "how much the main process says")
          .row("log_level_replica", oneOf(LogLevel.class), "how much other processes say")
          .never("disable_tqdm", "there is no bar unless you add a ProgressCallback")
          .row(
              "report_to", REPORT_TO, "callbacks by name, such as tensorboard csv; or all, or none")
          .row("run_name", TEXT, "what callbacks call this run")
          .ours("logging_dir", PATH, "folder for what callbacks write")
          .never("project", "for Trackio only, a Python tracker")
          .never("trackio_space_id", "for Trackio only, a Python tracker")
          .never("trackio_bucket_id", "for Trackio only, a Python tracker")
          .never("trackio_static_space_id", "for Trackio only, a Python tracker")
          .group("Evaluation")
          .row("eval_strategy", oneOf(IntervalStrategy.class), "when to evaluate")
          .row("eval_steps", steps(), "updates between evaluations; unset means logging_steps")
          .row("eval_delay", numberFrom(0), "epochs or updates before the first evaluation")
          .row("per_device_eval_batch_size", wholeFrom(1), "samples of one evaluation batch")
          .row("prediction_loss_only", FLAG, "keep no predictions of an evaluation")
          .row("eval_on_start", FLAG, "evaluate before the first update")
          .never(
              "eval_do_concat_batches",
              "predictions are always joined, and a metric that streams sees each batch")
          .never(
              "eval_use_gather_object",
              "predictions are named tensors, so there are no objects to pickle")
          .never(
              "eval_accumulation_steps",
              "predictions leave the device after every batch, as with 1")
          .row(
              "include_for_metrics",
              setOf("inputs", "loss"),
              "what metrics see besides predictions and labels")
          .never("batch_eval_metrics", "a metric that streams sees each batch")
          .group("Saving")
          .row("save_strategy", oneOf(IntervalStrategy.class), "when to save")
          .row("save_steps", steps(), "updates between checkpoints; below 1 a share of all")
          .ours(
              "save_interval",
              DURATION,
              "time between checkpoints, such as 30min, beside save_strategy")
          .row("save_only_model", FLAG, "save no training state; such a run cannot resume")
          .row("save_on_each_node", FLAG, "one process of each machine saves, to a disk of its own")
          .row("save_total_limit", wholeFrom(1), "checkpoints to keep; unset keeps all")
          .ours(
              "save_keep_every",
              wholeFrom(1),
              "never delete a checkpoint whose step is a multiple of this")
          .ours("max_shard_size", BYTE_SIZE, "tensors in one file of a saved model, such as 5GB")
          .ours("async_save", FLAG, "write checkpoints in the background")
          .row("enable_jit_checkpoint", FLAG, "save and stop on SIGTERM and SIGINT")
          .group("Hub")
          .row("push_to_hub", FLAG, "push the run to the Hub, in the background")
          .row("hub_model_id", TEXT, "repository, owner/name; unset means the name of output_dir")
          .row("hub_strategy", oneOf(HubStrategy.class), "what is pushed to the Hub, and when")
          .row("hub_token", TEXT, "token of the Hub; unset means HF_TOKEN or the saved one")
          .row("hub_private_repo", FLAG, "make the repository private, if it has to be made")
          .row("hub_always_push", FLAG, "let a push wait for the one before, skip none")
          .row("hub_revision", TEXT, "branch that is pushed to; unset means main")
          .group("Best model and resume")
          .row("load_best_model_at_end", FLAG, "end with the best weights, not the last")
          .row(
              "metric_for_best_model",
              TEXT,
              "metric of the best model; unset means loss where one is needed")
          .row("greater_is_better", FLAG, "unset means true unless the metric ends in loss")
          .never("ignore_data_skip", "resuming costs no time, so there is nothing to skip")
          .never("restore_callback_states_from_checkpoint", "callback states are always restored")
          .group("Reproducibility and hardware")
          .row("full_determinism", FLAG, "deterministic kernels, or an error where there is none")
          .row("seed", LONG, "seed of everything random")
          .row("data_seed", LONG, "seed of the sample order; unset means seed")
          .row("use_cpu", FLAG, "stay on the CPU")
          .ours(
              "torch_num_threads",
              wholeFrom(1),
              "threads that libtorch computes with; unset means chosen by a rule")
          .never("accelerator_config", "it configures Accelerate, which is not underneath")
          .row(
              "parallelism_config",
              ConfigFileType.TYPE,
              "sizes of groups of ranks, dp_replicate_size and dp_shard_size")
          .group("Data loading")
          .row("dataloader_drop_last", FLAG, "drop the last batch when it is not full")
          .row("dataloader_num_workers", wholeFrom(0), "background threads that prepare batches")
          .row("dataloader_pin_memory", FLAG, "copy batches to a GPU from pinned memory")
          .never("dataloader_persistent_workers", "workers are threads, too cheap to keep")
          .row("dataloader_prefetch_factor", wholeFrom(1), "micro batches ahead per thread")
          .never("dataloader_multiprocessing_context", "workers are threads, not processes")
          .never("dataloader_in_order", "the order is always kept")
          .never("remove_unused_columns", "batches are typed, so there are no columns to drop")
          .row("label_names", TEXTS.orNull(), "inputs that are labels; none means labels")
          .row("train_sampling_strategy", oneOf(SamplingStrategy.class), "order of the samples")
          .row("length_column_name", TEXT, "field with the length of a sample")
          .group("Distributed")
          .never(
              "ddp_find_unused_parameters",
              "a parameter without a gradient never blocks the others")
          .row("ddp_bucket_cap_mb", wholeFrom(1), "MiB of gradients summed at once; unset means 25")
          .row("ddp_broadcast_buffers", FLAG, "rank 0's running means for all; unset means true")
          .never("ddp_static_graph", "gradients are reduced after backward, whatever the graph was")
          .row("ddp_backend", oneOf(DdpBackend.class), "what carries tensors between processes")
          .row("ddp_timeout", wholeFrom(1), "seconds that processes wait for one of them")
          .row("fsdp", FsdpKeys.SWITCH, "share parameters, gradients and optimizer among ranks")
          .row("fsdp_config", ConfigFileType.TYPE, "how to share them, as JSON or its file")
          .row("deepspeed", ConfigFileType.TYPE, "DeepSpeed's ds_config.json, or its JSON")
          .never("local_rank", "the launcher tells every process its rank")
          .group("Debug and script flags")
          .later("debug", "debug modes")
          .never("skip_memory_metrics", "add MemoryCallback to log what memory is in use")
          .never("do_train", "a flag of scripts that no trainer reads; call train()")
          .never("do_eval", "a flag of scripts that no trainer reads; call evaluate()")
          .never("do_predict", "a flag of scripts that no trainer reads; call predict()")
          .never(
              "resume_from_checkpoint",
              "a flag of scripts that no trainer reads; pass ResumeFrom to train()")
          .build();

  static final ArgumentReader READER = ArgumentReader.of(TABLE);

  /** Reads the training arguments alone. */
  static TrainingArguments read(ArgumentSource source) {
    return READER.read(source).get(TABLE);
  }

  /** The table without its rows. */
  private static ArgumentTableBuilder<TrainingArguments, TrainingArguments.Builder> table() {
    ArgumentTableBuilder<TrainingArguments, TrainingArguments.Builder> table =
        ArgumentTable.of(
                TrainingArguments.class,
                TrainingArguments::builder,
                TrainingArguments.Builder::unchecked)
            .alias("evaluation_strategy", "eval_strategy")
            .alias("per_gpu_train_batch_size", "per_device_train_batch_size")
            .alias("per_gpu_eval_batch_size", "per_device_eval_batch_size")
            .rules(ArgumentRules::check)
            .canonical(TrainingArgumentTable::canonical);
    LegacyArgument.OF_TRAINING.forEach(table::older);
    return table;
  }

  private static boolean isReport(List<String> names) {
    boolean alone = names.size() < 2 || (!names.contains("all") && !names.contains("none"));
    return alone && Set.copyOf(names).size() == names.size();
  }

  private static TrainingArguments canonical(TrainingArguments checked) {
    return Sharding.of(checked)
        .canonical(checked.toBuilder())
        .outputDir(HomeFolder.expand(checked.outputDir()))
        .loggingDir(checked.loggingDir().map(HomeFolder::expand))
        .reportTo(checked.reportTo().equals(List.of("none")) ? List.of() : checked.reportTo())
        .lrSchedulerKwargs(SchedulerOptions.canonical(checked))
        .optimArgs(OptimizerOptions.canonical(checked))
        .unchecked();
  }
}
