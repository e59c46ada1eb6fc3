// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One of the 112 fields of Hugging Face's {@code TrainingArguments} (version 5), and what becomes of it here. The documentation shows
 * the same table, and a test holds the two together.
 *
 * @param name the field
 * @param decision {@code supported}, {@code not supported yet} and what that would be, or {@code not applicable} for a reason
 */
record HuggingFaceArgument(String name, String decision) {
  private static final String SUPPORTED = "supported";

  static final Map<String, HuggingFaceArgument> BY_NAME =
      table(
          // Output and duration
          supported("output_dir"),
          supported("per_device_train_batch_size"),
          supported("num_train_epochs"),
          supported("max_steps"),
          // Learning rate and scheduler
          supported("learning_rate"),
          supported("lr_scheduler_type"),
          supported("lr_scheduler_kwargs"),
          supported("warmup_steps"),
          // Optimizer
          supported("optim"),
          supported("optim_args"),
          supported("weight_decay"),
          supported("adam_beta1"),
          supported("adam_beta2"),
          supported("adam_epsilon"),
          never("optim_target_modules", "for GaLore and APOLLO only, which are not offered"),
          // Regularization and stability
          supported("gradient_accumulation_steps"),
          never(
              "average_tokens_across_devices",
              "the loss is always the exact mean over the global batch"),
          supported("max_grad_norm"),
          supported("label_smoothing_factor"),
          // Precision
          supported("bf16"),
          supported("fp16"),
          supported("bf16_full_eval"),
          supported("fp16_full_eval"),
          supported("tf32"),
          // Memory: checkpointing, compile, kernels
          supported("gradient_checkpointing"),
          never(
              "gradient_checkpointing_kwargs", "they choose between two ways of Python's autograd"),
          never("torch_compile", "it compiles Python, and there is none"),
          never("torch_compile_backend", "it compiles Python, and there is none"),
          never("torch_compile_mode", "it compiles Python, and there is none"),
          never("use_liger_kernel", "its kernels are Python programs for Triton"),
          never("liger_kernel_config", "its kernels are Python programs for Triton"),
          never("use_cache", "training never keeps a key-value cache"),
          later("neftune_noise_alpha", "noise in embeddings"),
          supported("torch_empty_cache_steps"),
          supported("auto_find_batch_size"),
          // Logging
          supported("logging_strategy"),
          supported("logging_steps"),
          supported("logging_first_step"),
          later("log_on_each_node", "several processes"),
          never("logging_nan_inf_filter", "nan_policy replaces it, and logs never hide a NaN"),
          supported("include_num_input_tokens_seen"),
          supported("log_level"),
          supported("log_level_replica"),
          never("disable_tqdm", "there is no bar unless you add a ProgressCallback"),
          supported("report_to"),
          supported("run_name"),
          never("project", "for Trackio only, a Python tracker"),
          never("trackio_space_id", "for Trackio only, a Python tracker"),
          never("trackio_bucket_id", "for Trackio only, a Python tracker"),
          never("trackio_static_space_id", "for Trackio only, a Python tracker"),
          // Evaluation
          supported("eval_strategy"),
          supported("eval_steps"),
          supported("eval_delay"),
          supported("per_device_eval_batch_size"),
          supported("prediction_loss_only"),
          supported("eval_on_start"),
          never(
              "eval_do_concat_batches",
              "predictions are always joined, and a metric that streams sees each batch"),
          never(
              "eval_use_gather_object",
              "predictions are named tensors, so there are no objects to pickle"),
          never(
              "eval_accumulation_steps",
              "predictions leave the device after every batch, as with 1"),
          supported("include_for_metrics"),
          never("batch_eval_metrics", "a metric that streams sees each batch"),
          // Saving
          supported("save_strategy"),
          supported("save_steps"),
          supported("save_only_model"),
          later("save_on_each_node", "several processes"),
          supported("save_total_limit"),
          supported("enable_jit_checkpoint"),
          // Hub
          later("push_to_hub", "pushing to the Hub"),
          later("hub_model_id", "pushing to the Hub"),
          later("hub_strategy", "pushing to the Hub"),
          later("hub_token", "pushing to the Hub"),
          later("hub_private_repo", "pushing to the Hub"),
          later("hub_always_push", "pushing to the Hub"),
          later("hub_revision", "pushing to the Hub"),
          // Best model and resume
          supported("load_best_model_at_end"),
          supported("metric_for_best_model"),
          supported("greater_is_better"),
          never("ignore_data_skip", "resuming costs no time, so there is nothing to skip"),
          never("restore_callback_states_from_checkpoint", "callback states are always restored"),
          // Reproducibility and hardware
          supported("full_determinism"),
          supported("seed"),
          supported("data_seed"),
          supported("use_cpu"),
          never("accelerator_config", "it configures Accelerate, which is not underneath"),
          later("parallelism_config", "several processes"),
          // Data loading
          supported("dataloader_drop_last"),
          supported("dataloader_num_workers"),
          supported("dataloader_pin_memory"),
          never("dataloader_persistent_workers", "workers are threads, too cheap to keep"),
          supported("dataloader_prefetch_factor"),
          never("dataloader_multiprocessing_context", "workers are threads, not processes"),
          never("dataloader_in_order", "the order is always kept"),
          never("remove_unused_columns", "batches are typed, so there are no columns to drop"),
          supported("label_names"),
          supported("train_sampling_strategy"),
          supported("length_column_name"),
          // Distributed
          never(
              "ddp_find_unused_parameters",
              "a parameter without a gradient never blocks the others"),
          later("ddp_bucket_cap_mb", "several processes"),
          later("ddp_broadcast_buffers", "several processes"),
          never("ddp_static_graph", "gradients are reduced after backward, whatever the graph was"),
          later("ddp_backend", "several processes"),
          later("ddp_timeout", "several processes"),
          later("fsdp", "several processes"),
          later("fsdp_config", "several processes"),
          never("deepspeed", "it is a Python library"),
          never("local_rank", "the launcher tells every process its rank"),
          // Debug and script flags
          later("debug", "debug modes"),
          never("skip_memory_metrics", "add MemoryCallback to log what memory is in use"),
          never("do_train", "a flag of scripts that no trainer reads; call train()"),
          never("do_eval", "a flag of scripts that no trainer reads; call evaluate()"),
          never("do_predict", "a flag of scripts that no trainer reads; call predict()"),
          never(
              "resume_from_checkpoint",
              "a flag of scripts that no trainer reads; pass ResumeFrom to train()"));

  boolean isSupported() {
    return decision.equals(SUPPORTED);
  }

  private static HuggingFaceArgument supported(String name) {
    return new HuggingFaceArgument(name, SUPPORTED);
  }

  private static HuggingFaceArgument later(String name, String what) {
    return new HuggingFaceArgument(name, "not supported yet: " + what);
  }

  private static HuggingFaceArgument never(String name, String reason) {
    return new HuggingFaceArgument(name, "not applicable: " + reason);
  }

  private static Map<String, HuggingFaceArgument> table(HuggingFaceArgument... rows) {
    Map<String, HuggingFaceArgument> table = new LinkedHashMap<>();
    for (HuggingFaceArgument row : rows) {
      table.put(row.name(), row);
    }
    return Collections.unmodifiableMap(table);
  }
}
