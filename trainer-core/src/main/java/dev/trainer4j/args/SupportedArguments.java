// SPDX-License-Identifier: Apache-2.0
package dev.trainer4j.args;

import static dev.trainer4j.args.CompoundTypes.KEYS_AND_VALUES;
import static dev.trainer4j.args.CompoundTypes.KWARGS;
import static dev.trainer4j.args.CompoundTypes.TEXTS;
import static dev.trainer4j.args.CompoundTypes.setOf;
import static dev.trainer4j.args.ValueType.FLAG;
import static dev.trainer4j.args.ValueType.LONG;
import static dev.trainer4j.args.ValueType.PATH;
import static dev.trainer4j.args.ValueType.TEXT;
import static dev.trainer4j.args.ValueType.numberAbove;
import static dev.trainer4j.args.ValueType.numberFrom;
import static dev.trainer4j.args.ValueType.numberFromTo;
import static dev.trainer4j.args.ValueType.numberFromToBelow;
import static dev.trainer4j.args.ValueType.oneOf;
import static dev.trainer4j.args.ValueType.optional;
import static dev.trainer4j.args.ValueType.optionalDouble;
import static dev.trainer4j.args.ValueType.optionalInt;
import static dev.trainer4j.args.ValueType.optionalLong;
import static dev.trainer4j.args.ValueType.steps;
import static dev.trainer4j.args.ValueType.wholeFrom;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Function;

/** Every argument there is, in the order of the documentation. Files, the command line and its help all read this table. */
final class SupportedArguments {
  private SupportedArguments() {}

  static final Map<String, SupportedArgument<?>> BY_NAME =
      table(
          row(
              "output_dir",
              PATH.orNull(),
              TrainingArguments::outputDir,
              TrainingArguments.Builder::outputDir,
              "folder for checkpoints, model and results"),
          row(
              "per_device_train_batch_size",
              wholeFrom(1),
              TrainingArguments::perDeviceTrainBatchSize,
              TrainingArguments.Builder::perDeviceTrainBatchSize,
              "samples of one micro batch"),
          row(
              "num_train_epochs",
              numberAbove(0),
              TrainingArguments::numTrainEpochs,
              TrainingArguments.Builder::numTrainEpochs,
              "epochs to train, fractions allowed"),
          row(
              "max_steps",
              wholeFrom(-1),
              TrainingArguments::maxSteps,
              TrainingArguments.Builder::maxSteps,
              "updates to train, overrides the epochs; -1 for not set"),
          row(
              "max_train_time",
              optional(Durations.TYPE),
              TrainingArguments::maxTrainTime,
              TrainingArguments.Builder::maxTrainTime,
              "time to train, such as 2h; then save and stop"),
          row(
              "learning_rate",
              numberFrom(0),
              TrainingArguments::learningRate,
              TrainingArguments.Builder::learningRate,
              "peak learning rate"),
          row(
              "lr_scheduler_type",
              oneOf(SchedulerType.class),
              TrainingArguments::lrSchedulerType,
              TrainingArguments.Builder::lrSchedulerType,
              "how the learning rate moves"),
          row(
              "lr_scheduler_kwargs",
              KWARGS,
              TrainingArguments::lrSchedulerKwargs,
              TrainingArguments.Builder::lrSchedulerKwargs,
              "what else the schedule takes, as JSON"),
          row(
              "warmup_steps",
              steps(),
              TrainingArguments::warmupSteps,
              TrainingArguments.Builder::warmupSteps,
              "updates of warmup; below 1 a share of all"),
          row(
              "optim",
              oneOf(OptimizerName.class),
              TrainingArguments::optim,
              TrainingArguments.Builder::optim,
              "optimizer"),
          row(
              "optim_args",
              KEYS_AND_VALUES,
              TrainingArguments::optimArgs,
              TrainingArguments.Builder::optimArgs,
              "what else the optimizer takes, as k=v,k2=v2"),
          row(
              "weight_decay",
              numberFrom(0),
              TrainingArguments::weightDecay,
              TrainingArguments.Builder::weightDecay,
              "weight decay, not on biases and norms"),
          row(
              "adam_beta1",
              numberFromToBelow(0, 1),
              TrainingArguments::adamBeta1,
              TrainingArguments.Builder::adamBeta1,
              "what Adam keeps of the gradient"),
          row(
              "adam_beta2",
              numberFromToBelow(0, 1),
              TrainingArguments::adamBeta2,
              TrainingArguments.Builder::adamBeta2,
              "what Adam keeps of the squared gradient"),
          row(
              "adam_epsilon",
              numberFrom(0),
              TrainingArguments::adamEpsilon,
              TrainingArguments.Builder::adamEpsilon,
              "what keeps Adam from dividing by zero"),
          row(
              "gradient_accumulation_steps",
              wholeFrom(1),
              TrainingArguments::gradientAccumulationSteps,
              TrainingArguments.Builder::gradientAccumulationSteps,
              "micro batches of one update"),
          row(
              "max_grad_norm",
              numberFrom(0),
              TrainingArguments::maxGradNorm,
              TrainingArguments.Builder::maxGradNorm,
              "largest global gradient norm; 0 for no clipping"),
          row(
              "label_smoothing_factor",
              numberFromTo(0, 1),
              TrainingArguments::labelSmoothingFactor,
              TrainingArguments.Builder::labelSmoothingFactor,
              "share of a label spread over all classes"),
          row(
              "nan_policy",
              oneOf(NanPolicy.class),
              TrainingArguments::nanPolicy,
              TrainingArguments.Builder::nanPolicy,
              "what a NaN or infinite loss does"),
          row(
              "bf16",
              FLAG,
              TrainingArguments::bf16,
              TrainingArguments.Builder::bf16,
              "matrix products in bfloat16"),
          row(
              "fp16",
              FLAG,
              TrainingArguments::fp16,
              TrainingArguments.Builder::fp16,
              "matrix products in float16, with a scaled loss"),
          row(
              "bf16_full_eval",
              FLAG,
              TrainingArguments::bf16FullEval,
              TrainingArguments.Builder::bf16FullEval,
              "evaluate in bfloat16 throughout"),
          row(
              "fp16_full_eval",
              FLAG,
              TrainingArguments::fp16FullEval,
              TrainingArguments.Builder::fp16FullEval,
              "evaluate in float16 throughout"),
          row(
              "tf32",
              optional(FLAG),
              TrainingArguments::tf32,
              TrainingArguments.Builder::tf32,
              "what TF32 must be on a GPU"),
          row(
              "gradient_checkpointing",
              FLAG,
              TrainingArguments::gradientCheckpointing,
              TrainingArguments.Builder::gradientCheckpointing,
              "compute activations again and do not keep them"),
          row(
              "torch_empty_cache_steps",
              optionalInt(wholeFrom(1)),
              TrainingArguments::torchEmptyCacheSteps,
              TrainingArguments.Builder::torchEmptyCacheSteps,
              "give a GPU's reserve of memory back every so many updates"),
          row(
              "auto_find_batch_size",
              FLAG,
              TrainingArguments::autoFindBatchSize,
              TrainingArguments.Builder::autoFindBatchSize,
              "smaller micro batches when memory runs out"),
          row(
              "logging_strategy",
              oneOf(IntervalStrategy.class),
              TrainingArguments::loggingStrategy,
              TrainingArguments.Builder::loggingStrategy,
              "when to log"),
          row(
              "logging_steps",
              steps(),
              TrainingArguments::loggingSteps,
              TrainingArguments.Builder::loggingSteps,
              "updates between log lines; below 1 a share of all"),
          row(
              "logging_first_step",
              FLAG,
              TrainingArguments::loggingFirstStep,
              TrainingArguments.Builder::loggingFirstStep,
              "log the first update too"),
          row(
              "include_num_input_tokens_seen",
              InputTokenCount.TYPE,
              TrainingArguments::includeNumInputTokensSeen,
              TrainingArguments.Builder::includeNumInputTokensSeen,
              "count the tokens that training sees"),
          row(
              "log_level",
              oneOf(LogLevel.class),
              TrainingArguments::logLevel,
              TrainingArguments.Builder::logLevel,
              "how much the main process says"),
          row(
              "log_level_replica",
              oneOf(LogLevel.class),
              TrainingArguments::logLevelReplica,
              TrainingArguments.Builder::logLevelReplica,
              "how much other processes say"),
          row(
              "report_to",
              CompoundTypes.REPORT_TO,
              TrainingArguments::reportTo,
              TrainingArguments.Builder::reportTo,
              "callbacks by name, such as tensorboard csv; or all, or none"),
          row(
              "run_name",
              optional(TEXT),
              TrainingArguments::runName,
              TrainingArguments.Builder::runName,
              "what callbacks call this run"),
          row(
              "logging_dir",
              optional(PATH),
              TrainingArguments::loggingDir,
              TrainingArguments.Builder::loggingDir,
              "folder for what callbacks write"),
          row(
              "eval_strategy",
              oneOf(IntervalStrategy.class),
              TrainingArguments::evalStrategy,
              TrainingArguments.Builder::evalStrategy,
              "when to evaluate"),
          row(
              "eval_steps",
              optionalDouble(steps()),
              TrainingArguments::evalSteps,
              TrainingArguments.Builder::evalSteps,
              "updates between evaluations; unset means logging_steps"),
          row(
              "eval_delay",
              numberFrom(0),
              TrainingArguments::evalDelay,
              TrainingArguments.Builder::evalDelay,
              "epochs or updates before the first evaluation"),
          row(
              "per_device_eval_batch_size",
              wholeFrom(1),
              TrainingArguments::perDeviceEvalBatchSize,
              TrainingArguments.Builder::perDeviceEvalBatchSize,
              "samples of one evaluation batch"),
          row(
              "prediction_loss_only",
              FLAG,
              TrainingArguments::predictionLossOnly,
              TrainingArguments.Builder::predictionLossOnly,
              "keep no predictions of an evaluation"),
          row(
              "eval_on_start",
              FLAG,
              TrainingArguments::evalOnStart,
              TrainingArguments.Builder::evalOnStart,
              "evaluate before the first update"),
          row(
              "include_for_metrics",
              setOf("inputs", "loss"),
              TrainingArguments::includeForMetrics,
              TrainingArguments.Builder::includeForMetrics,
              "what metrics see besides predictions and labels"),
          row(
              "save_strategy",
              oneOf(IntervalStrategy.class),
              TrainingArguments::saveStrategy,
              TrainingArguments.Builder::saveStrategy,
              "when to save"),
          row(
              "save_steps",
              steps(),
              TrainingArguments::saveSteps,
              TrainingArguments.Builder::saveSteps,
              "updates between checkpoints; below 1 a share of all"),
          row(
              "save_interval",
              optional(Durations.TYPE),
              TrainingArguments::saveInterval,
              TrainingArguments.Builder::saveInterval,
              "time between checkpoints, such as 30min, beside save_strategy"),
          row(
              "save_only_model",
              FLAG,
              TrainingArguments::saveOnlyModel,
              TrainingArguments.Builder::saveOnlyModel,
              "save no training state; such a run cannot resume"),
          row(
              "save_total_limit",
              optionalInt(wholeFrom(1)),
              TrainingArguments::saveTotalLimit,
              TrainingArguments.Builder::saveTotalLimit,
              "checkpoints to keep; unset keeps all"),
          row(
              "save_keep_every",
              optionalInt(wholeFrom(1)),
              TrainingArguments::saveKeepEvery,
              TrainingArguments.Builder::saveKeepEvery,
              "never delete a checkpoint whose step is a multiple of this"),
          row(
              "max_shard_size",
              ByteSizes.TYPE,
              TrainingArguments::maxShardSize,
              TrainingArguments.Builder::maxShardSize,
              "tensors in one file of a saved model, such as 5GB"),
          row(
              "async_save",
              FLAG,
              TrainingArguments::asyncSave,
              TrainingArguments.Builder::asyncSave,
              "write checkpoints in the background"),
          row(
              "enable_jit_checkpoint",
              FLAG,
              TrainingArguments::enableJitCheckpoint,
              TrainingArguments.Builder::enableJitCheckpoint,
              "save and stop on SIGTERM and SIGINT"),
          row(
              "load_best_model_at_end",
              FLAG,
              TrainingArguments::loadBestModelAtEnd,
              TrainingArguments.Builder::loadBestModelAtEnd,
              "end with the best weights, not the last"),
          row(
              "metric_for_best_model",
              optional(TEXT),
              TrainingArguments::metricForBestModel,
              TrainingArguments.Builder::metricForBestModel,
              "metric of the best model; unset means loss where one is needed"),
          row(
              "greater_is_better",
              optional(FLAG),
              TrainingArguments::greaterIsBetter,
              TrainingArguments.Builder::greaterIsBetter,
              "unset means true unless the metric ends in loss"),
          row(
              "full_determinism",
              FLAG,
              TrainingArguments::fullDeterminism,
              TrainingArguments.Builder::fullDeterminism,
              "deterministic kernels, or an error where there is none"),
          row(
              "seed",
              LONG,
              TrainingArguments::seed,
              TrainingArguments.Builder::seed,
              "seed of everything random"),
          row(
              "data_seed",
              optionalLong(LONG),
              TrainingArguments::dataSeed,
              TrainingArguments.Builder::dataSeed,
              "seed of the sample order; unset means seed"),
          row(
              "use_cpu",
              FLAG,
              TrainingArguments::useCpu,
              TrainingArguments.Builder::useCpu,
              "stay on the CPU"),
          row(
              "torch_num_threads",
              optionalInt(wholeFrom(1)),
              TrainingArguments::torchNumThreads,
              TrainingArguments.Builder::torchNumThreads,
              "threads that libtorch computes with; unset means chosen by a rule"),
          row(
              "dataloader_drop_last",
              FLAG,
              TrainingArguments::dataloaderDropLast,
              TrainingArguments.Builder::dataloaderDropLast,
              "drop the last batch when it is not full"),
          row(
              "dataloader_num_workers",
              wholeFrom(0),
              TrainingArguments::dataloaderNumWorkers,
              TrainingArguments.Builder::dataloaderNumWorkers,
              "background threads that prepare batches"),
          row(
              "dataloader_pin_memory",
              FLAG,
              TrainingArguments::dataloaderPinMemory,
              TrainingArguments.Builder::dataloaderPinMemory,
              "copy batches to a GPU from pinned memory"),
          row(
              "dataloader_prefetch_factor",
              wholeFrom(1).orNull(),
              TrainingArguments::dataloaderPrefetchFactor,
              TrainingArguments.Builder::dataloaderPrefetchFactor,
              "micro batches ahead per thread"),
          row(
              "label_names",
              TEXTS.orNull(),
              TrainingArguments::labelNames,
              TrainingArguments.Builder::labelNames,
              "inputs that are labels; none means labels"),
          row(
              "train_sampling_strategy",
              oneOf(SamplingStrategy.class),
              TrainingArguments::trainSamplingStrategy,
              TrainingArguments.Builder::trainSamplingStrategy,
              "order of the samples"),
          row(
              "length_column_name",
              TEXT,
              TrainingArguments::lengthColumnName,
              TrainingArguments.Builder::lengthColumnName,
              "field with the length of a sample"));

  private static <T> SupportedArgument<T> row(
      String name,
      ValueType<T> type,
      Function<TrainingArguments, T> get,
      BiConsumer<TrainingArguments.Builder, T> set,
      String help) {
    return new SupportedArgument<>(name, type, get, set, help);
  }

  private static Map<String, SupportedArgument<?>> table(SupportedArgument<?>... rows) {
    Map<String, SupportedArgument<?>> table = new LinkedHashMap<>();
    for (SupportedArgument<?> row : rows) {
      table.put(row.name(), row);
    }
    return Collections.unmodifiableMap(table);
  }
}
